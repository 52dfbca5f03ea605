"""Reads a `.env` file, and prints a new one with secrets in it: `make -s secrets`, which needs no virtual environment."""

import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"
LINE = re.compile(r"(?:export )?([A-Za-z_][A-Za-z0-9_]*)=([^\0]*)")
KEY_RINGS = {"VOTER_KEYS", "NEWSLETTER_KEYS"}
SECRETS = {"SECRET_KEY", "VOTER_PEPPER", "NEWSLETTER_PEPPER", "POSTGRES_PASSWORD"}
SECRET_BYTES = 33


class EnvFileError(Exception):
    """The file can't be read; the message is one sentence that names the file, and the line if it is one."""


def variables_of(named: str | None, *, default: Path) -> dict[str, str]:
    """Those of the file that ENV_FILE names, none if that is empty; if it is not set, those of `default`, if there."""
    if named is None:
        return read_env_file(default) if default.exists() else {}
    return read_env_file(Path(named)) if named else {}


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of the file. Raises EnvFileError for a file that can't be read, and a line that sets no variable."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError):
        raise EnvFileError(f"{path} must be a text file in UTF-8, and can not be read.") from None
    variables: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        if not match:
            raise EnvFileError(f"{path}, line {number}, must be like NAME=value.")
        value = _value(match[2].strip())
        if value is None:
            raise EnvFileError(f"{path}, line {number}: a value in quotes ends with its second quote.")
        variables[match[1]] = value
    return variables


def _value(text: str) -> str | None:
    """As docker compose reads it, but without its `$` substitution; None: it begins with a quote that does not end it."""
    if quoted := re.fullmatch(r"'([^']*)'(?:\s+#.*)?", text):
        return quoted[1]
    if quoted := re.fullmatch(r'"((?:[^"\\]|\\.)*)"(?:\s+#.*)?', text):
        # A backslash before r, n or t stays, for the readers of keys to make line breaks of.
        return re.sub(r"\\([^rnt])", r"\1", quoted[1])
    return None if text.startswith(("'", '"')) else re.sub(r"(^|\s+)#.*", "", text)


def new_env_file() -> str:
    """`.env.example` with a new secret wherever one is due."""
    key_id = f"{datetime.now(UTC):%Y-%m}"
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}{_secret(line.removesuffix('='), key_id)}\n" for line in lines)


def _secret(name: str, key_id: str) -> str:
    """Empty unless a secret is due."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return f"{key_id}:{secret}" if name in KEY_RINGS else secret if name in SECRETS else ""


if __name__ == "__main__":
    sys.stdout.write(new_env_file())
