"""Reads a `.env` file, and prints a new one with secrets in it: `make -s secrets`, which needs no virtual environment."""

import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"
LINE = re.compile(r"(?:export )?([A-Za-z_][A-Za-z0-9_]*)=([^\0]*)")
KEY_RINGS = {"VOTER_KEYS", "NEWSLETTER_KEYS"}
SECRETS = {"SECRET_KEY", "VOTER_PEPPER", "NEWSLETTER_PEPPER", "POSTGRES_PASSWORD"}
SECRET_BYTES = 33


class EnvFileError(Exception):
    """The file can't be read; the message is one sentence that names the file, and the line if it is one."""


def env_file(named: str | None, *, default: Path) -> Path | None:
    """The file that ENV_FILE names, None if that is empty; if it is not set, `default`, if there."""
    if named is None:
        return default if default.exists() else None
    return Path(named) if named else None


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of the file. Raises EnvFileError for a file that can't be read, and a line that sets no variable."""
    variables: dict[str, str] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
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


def read_text(path: Path) -> str:
    """What a text file in UTF-8 holds. Raises EnvFileError, which says why it can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        reason = "is not there"
    except PermissionError:
        reason = f"may not be read by user {os.geteuid()}, as whom this runs"
    except IsADirectoryError:
        reason = "is a folder, which Docker makes where a file that it is to mount is not there"
    except UnicodeDecodeError:
        reason = "is no text in UTF-8"
    except (OSError, ValueError) as error:
        reason = f"can't be read ({error})"
    raise EnvFileError(f"{path} must be a text file in UTF-8, and {reason}.")


def is_open_to_everybody(path: Path) -> bool:
    """Whether any user of this machine may read the file, as far as its own mode says."""
    return bool(path.stat().st_mode & stat.S_IROTH)


def close_to_others(descriptor: int) -> None:
    """Have a file that this process writes readable by its owner alone. Anything else, such as a pipe, stays as it is."""
    # A file that belongs to somebody else is theirs to close.
    with suppress(PermissionError):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, stat.S_IRUSR | stat.S_IWUSR)


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
    # A shell makes the file that it writes to readable by everybody, unless its umask says otherwise.
    close_to_others(sys.stdout.fileno())
    sys.stdout.write(new_env_file())
