"""Starts processes so that none outlives us, knows them again later, and ends them.

A process is known by its id and the moment it started, because ids are used again. On Linux every process we
start also carries a mark in its environment, which its children inherit: so orphans are found whatever happened
to their parents.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "DEVSTACK_MARK"
POLL_SECONDS = 0.03

# Whether the environments and directories of other processes can be read on this system.
HAS_PROC = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if HAS_PROC else None


@dataclass(frozen=True)
class Account:
    """The user and group ids that a process runs as; it is in no other group."""

    user: int
    group: int


@dataclass(frozen=True)
class Process:
    """One process of this machine, never to be taken for a later one with the same id."""

    pid: int
    started: str

    @classmethod
    def find(cls, pid: int) -> "Process | None":
        started = _start_of(pid)
        return cls(pid, started) if started else None

    def is_running(self) -> bool:
        return _start_of(self.pid) == self.started

    def program(self) -> str:
        """The name of the file that it runs, at most 15 characters of it; empty if it has ended. On Linux alone."""
        try:
            return Path(f"/proc/{self.pid}/comm").read_text().rstrip("\n")
        except OSError:
            return ""


@dataclass(frozen=True)
class Child:
    """A process that we started and watch; everything it prints goes to its log."""

    name: str
    popen: subprocess.Popen[bytes]
    process: Process
    log: Path
    stop_signal: int

    def has_ended(self) -> bool:
        return self.popen.poll() is not None

    def how_it_ended(self) -> str:
        status = self.popen.returncode
        return (
            f"was ended by {signal.Signals(-status).name}"
            if status < 0
            else f"ended with exit status {status}"
        )


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    mark: str,
    environment: Mapping[str, str],
    directory: Path,
    stop_signal: int = signal.SIGTERM,
    account: Account | None = None,
    stdin: bytes | None = None,
) -> Child:
    """Start a process in a session of its own, so that a Ctrl-C on the terminal reaches only us.

    It runs as `account`, or as ours if that is None. Raises OSError for a command that can't be run.
    """
    with log.open("ab") as output:
        popen = subprocess.Popen(
            command,
            cwd=directory,
            env={**environment, MARK: mark},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=follow_parent_into_death(stop_signal),
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
    if stdin is not None and popen.stdin is not None:
        # A program that ended before it read says why in its log.
        with suppress(BrokenPipeError), popen.stdin as pipe:
            pipe.write(stdin)
    process = Process.find(popen.pid) or Process(popen.pid, "ended at once")
    return Child(name, popen, process, log, stop_signal)


def follow_parent_into_death(stop_signal: int) -> Callable[[], None] | None:
    """Asks Linux to end the child when we are killed; on other systems the next start ends what was left."""
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def stop(children: Sequence[Child], *, timeout: float) -> None:
    """Ask all children at once to stop, wait `timeout` seconds, and kill those that go on, and what each started."""
    for child in children:
        if not child.has_ended():
            child.popen.send_signal(child.stop_signal)
    until = time.monotonic() + timeout
    while not all(child.has_ended() for child in children) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    for child in children:
        try:
            os.killpg(child.popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    for child in children:
        child.popen.wait()


def end(processes: Iterable[Process], *, first: int = signal.SIGTERM, timeout: float = 5) -> None:
    """End processes that are not (or no longer) our children: with `first`, and after `timeout` seconds with SIGKILL."""
    alive = [process for process in processes if process.is_running()]
    for stop_signal, seconds in ((first, timeout), (signal.SIGKILL, 5.0)):
        for process in alive:
            _send(process, stop_signal)
        until = time.monotonic() + seconds
        while alive and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            alive = [process for process in alive if process.is_running()]


def _send(process: Process, stop_signal: int) -> None:
    try:
        os.kill(process.pid, stop_signal)
    except ProcessLookupError:
        return


def marked(mark: str) -> list[Process]:
    """Every process whose environment carries the mark, or whose title does, as PostgreSQL's; on Linux alone."""
    variable, title = f"{MARK}={mark}".encode(), f"postgres: {mark}: ".encode()
    return _where(
        lambda entry: (
            variable in (entry / "environ").read_bytes().split(b"\0")
            or (entry / "cmdline").read_bytes().startswith(title)
        )
    )


def working_in(directory: Path) -> list[Process]:
    """Every process whose working directory this is, but for those that are ending; on Linux alone."""
    wanted = directory.resolve()
    # A process that is ending gives up its memory, and its mark with it, before its directory.
    return _where(
        lambda entry: (entry / "cwd").readlink() == wanted and (entry / "cmdline").read_bytes() != b""
    )


def _where(condition: Callable[[Path], bool]) -> list[Process]:
    found = []
    for entry in Path("/proc").glob("[0-9]*") if HAS_PROC else ():
        try:
            if condition(entry):
                process = Process.find(int(entry.name))
                found += [process] if process else []
        except OSError:
            # It has ended meanwhile, or it belongs to another user and so is not ours.
            continue
    return found


def _start_of(pid: int) -> str | None:
    """A value that no later process with this id can have; None once it has ended."""
    if not HAS_PROC:
        shown = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        return None if not shown or shown.startswith("Z") else shown.split(maxsplit=1)[1]
    try:
        # The second field is the program's name in brackets and may hold anything, brackets too.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"
