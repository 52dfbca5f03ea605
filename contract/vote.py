"""Runs the TypeScript client against the real server, once for each challenge that a program can solve alone."""

import shutil
import subprocess
from datetime import UTC, datetime

from contract.server import ROOT, manage, running_server

# Both runs together ask for no more tokens than one place gets in a minute, so only one is without storage too.
RUNS = [
    ({"VOTER_CHALLENGE": "none"}, ["without-storage"]),
    ({"VOTER_CHALLENGE": "proof_of_work", "PROOF_OF_WORK_BITS": "10"}, []),
]
CLOSE_DAY = (
    "import datetime; from django.utils import timezone; from votes.tallies.day_lines import close_day; "
    "close_day(day=datetime.date.fromisoformat({!r}), now=timezone.now())"
)


def main() -> None:
    manage("migrate", "--verbosity", "0")
    manage("load_demo")
    # The demo ends with yesterday; a chain of digests begins with a second day.
    manage("shell", "--no-imports", "-c", CLOSE_DAY.format(datetime.now(UTC).date().isoformat()))
    for settings, arguments in RUNS:
        print(f"\n{settings}", flush=True)
        with running_server(**settings) as address:
            compiled = "clients/typescript/build/vote.mjs"
            command = [shutil.which("node") or "node", compiled, address, *arguments]
            subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
