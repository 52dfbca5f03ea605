"""`python -m tests.faults.health PORT SECONDS`: asks `/healthz` ten times a second, and prints each answer's seconds."""

import json
import sys
import time

from tests.faults.clients import seconds_of_health


def ask(port: int, seconds: float) -> list[float]:
    until, taken = time.monotonic() + seconds, []
    while time.monotonic() < until:
        taken.append(seconds_of_health(port))
        time.sleep(0.1)
    return taken


if __name__ == "__main__":
    json.dump(ask(int(sys.argv[1]), float(sys.argv[2])), sys.stdout)
