"""Runs schemathesis with all its checks against the real server on demo content; needs DATABASE_URL and REDIS_URL."""

import os
import subprocess
import sys

from contract.server import BIN, ROOT, manage, running_server

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "40")
SETTINGS = {
    # The hooks name a network of its own for each request.
    "CLIENT_ADDRESS_HEADER": "ClientAddress",
    "TRUSTED_PROXIES": "127.0.0.1",
    # One voter sends them all.
    "VOTE_LIMITS": "100000/60",
}


def main() -> int:
    manage("migrate", "--verbosity", "0")
    manage("load_demo")
    with running_server(**SETTINGS) as address:
        fuzz = [BIN / "schemathesis", "--config-file", "contract/schemathesis.toml", "run",
                f"{address}/api/openapi.yaml", "--url", address, "--checks", "all", "--max-examples", EXAMPLES,
                "--seed", "2611", "--no-color"]  # fmt: skip
        hooks = {"SCHEMATHESIS_HOOKS": "contract.hooks", "FUZZED_SERVER": address}
        return subprocess.run(fuzz, cwd=ROOT, env={**os.environ, **hooks}).returncode


if __name__ == "__main__":
    sys.exit(main())
