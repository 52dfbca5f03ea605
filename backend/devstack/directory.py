"""The directory of one stack: its lock, its secrets, its logs, and the record of what runs in it."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self, TextIO

from backend.devstack import processes
from backend.devstack.processes import Process


@dataclass(frozen=True)
class Record:
    """What runs in a stack: its supervisor, the address that it serves, its children by name, and their mark."""

    path: str
    mark: str
    url: str
    supervisor: Process | None
    children: dict[str, Process]


class StackDirectory:
    """One supervisor at a time has it: the kernel releases the lock when the process ends, however that happens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "log"
        self.media = path / "media"
        self._record_file = path / "running.json"
        self._environment_file = path / "environment.json"
        self._lock: TextIO | None = None
        self._record = Record(str(path), mark="", url="", supervisor=None, children={})

    def make(self) -> Self:
        for directory in (self.path, self.logs, self.media):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)
        if os.geteuid() == 0:
            # Root's servers run as another user, who can pass through this directory but not list it.
            self.path.chmod(0o711)
        return self

    def acquire(self) -> bool:
        """Take the directory; False if another supervisor has it."""
        lock = (self.path / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def begin(self, *, url: str = "") -> str:
        """Record this process as the supervisor; returns the mark for its children, which nothing else carries."""
        self._record = Record(
            str(self.path),
            mark=secrets.token_hex(8),
            url=url,
            supervisor=Process.find(os.getpid()),
            children={},
        )
        self._write_record()
        return self._record.mark

    def note(self, name: str, process: Process) -> None:
        """Record a child, so that the next start finds it even if this process is killed."""
        self._record = replace(self._record, children={**self._record.children, name: process})
        self._write_record()

    def supervisor(self) -> tuple[Process | None, str]:
        """The process that has the directory, if one was recorded, and the address that it serves."""
        record = self._read_record()
        return (record.supervisor, record.url) if record else (None, "")

    def leftovers(self) -> dict[str, Process]:
        """The running processes that an earlier supervisor started and did not stop, by name or by number."""
        record = self._read_record()
        if record is None:
            return {}
        running = {name: process for name, process in record.children.items() if process.is_running()}
        orphans = [process for process in processes.marked(record.mark) if process not in running.values()]
        return running | {f"process {process.pid}": process for process in orphans}

    def secret(self, name: str, *, length: int = 24) -> str:
        """A password that is made once and kept in a file that only its owner can read."""
        path = self.path / name
        if not path.exists():
            _write_privately(path, secrets.token_urlsafe(length) + "\n")
        return path.read_text().strip()

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Keep the product's environment, so that `manage` reaches the same data."""
        _write_privately(self._environment_file, json.dumps(environment))

    def environment(self) -> dict[str, str]:
        environment: dict[str, str] = json.loads(self._environment_file.read_text())
        return environment

    def log(self, name: str) -> Path:
        """The path of a new log; the one of the run before is kept beside it."""
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(self.logs / f"{name}.log.1")
        return path

    def remove(self) -> None:
        """Remove everything, and release the lock at the end."""
        shutil.rmtree(self.path)
        self.release()

    def _read_record(self) -> Record | None:
        """The last record; None if it can't be read, or came with a copied directory and so is about the original."""
        try:
            read = json.loads(self._record_file.read_text())
            record = Record(
                path=read["path"],
                mark=read["mark"],
                url=read["url"],
                supervisor=Process(**read["supervisor"]) if read["supervisor"] else None,
                children={name: Process(**process) for name, process in read["children"].items()},
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return record if record.path == str(self.path) else None

    def _write_record(self) -> None:
        _write_privately(self._record_file, json.dumps(asdict(self._record)))


def _write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read; after a kill it is either whole or as it was."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)
