"""Generates two Python clients, has all make their ten calls to the real server on demo content, runs the quick starts.

Then some hundred live answers are held to their schemas.
"""

import os
import shutil
import subprocess
import sys

from contract.server import BIN, ROOT, manage, running_server

GENERATED = ROOT / "var" / "generated"
# The TypeScript ones are generated and compiled by `npm run check`.
TYPESCRIPT = ["openapi-fetch", "hey-api", "orval"]

FORGET_COUNTS = "from backend.api.models import RateCounter; RateCounter.objects.all().delete()"


def main() -> None:
    generate()
    manage("migrate", "--verbosity", "0")
    manage("load_demo")
    with running_server() as address:
        for client in TYPESCRIPT:
            run(shutil.which("node") or "node", f"contract/build/calls/{client}.mjs", address)
        run(sys.executable, "contract/calls/openapi_python_client.py", address)
        # It asks for the fifth token, and more than five a minute no network gets.
        run(shutil.which("node") or "node", "clients/typescript/build/quick-start.mjs", address)
    # As if the minute of those five were over.
    manage("shell", "--no-imports", "-c", FORGET_COUNTS)
    with running_server(VOTER_CHALLENGE="proof_of_work", PROOF_OF_WORK_BITS="8") as address:
        run(sys.executable, "clients/python/quick_start.py", address)
    with running_server(VOTER_CHALLENGE="none") as address:
        run(shutil.which("node") or "node", "contract/build/calls/valid-answers.mjs", address)


def generate() -> None:
    GENERATED.mkdir(parents=True, exist_ok=True)
    run(BIN / "openapi-python-client", "generate", "--path", "openapi.yaml", "--meta", "none", "--overwrite",
        "--output-path", GENERATED / "ai_tool_verdicts_client")  # fmt: skip
    run(BIN / "datamodel-codegen", "--input", "openapi.yaml", "--input-file-type", "openapi", "--formatters", "builtin",
        "--output-model-type", "pydantic_v2.BaseModel", "--output", GENERATED / "pydantic_models.py")  # fmt: skip


def run(*command: object) -> None:
    # The generators find their formatter among the programs of this environment.
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(GENERATED),
    }
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
