"""Runs schemathesis with all its checks against the real server on demo content; needs DATABASE_URL and REDIS_URL."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "40")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if server.poll() is not None:
            sys.exit(f"The server ended with {server.returncode}.")
        try:
            urllib.request.urlopen(url, timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{url} did not answer.")


def main() -> int:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PUBLIC_BASE_URL": address,
        "LOG_LEVEL": "ERROR",
        # The hooks name a network of its own for each request.
        "CLIENT_ADDRESS_HEADER": "ClientAddress",
    }
    for command in ("migrate", "load_demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=environment, check=True)
    server = subprocess.Popen(
        [BIN / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "16",
         "--no-access-log", "backend.wsgi:application"],
        cwd=ROOT,
        env=environment,
    )  # fmt: skip
    try:
        wait_for(f"{address}/healthz", server)
        fuzz = [BIN / "schemathesis", "--config-file", "contract/schemathesis.toml", "run",
                f"{address}/api/openapi.yaml", "--url", address, "--checks", "all", "--max-examples", EXAMPLES,
                "--seed", "2611", "--no-color"]  # fmt: skip
        return subprocess.run(
            fuzz, cwd=ROOT, env={**environment, "SCHEMATHESIS_HOOKS": "contract.hooks"}
        ).returncode
    finally:
        server.terminate()
        server.wait(timeout=10)


if __name__ == "__main__":
    sys.exit(main())
