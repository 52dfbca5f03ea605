"""The directory of one stack: its lock, its secrets, its logs, and the record of what runs in it."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, TextIO

from backend.devstack import processes
from backend.devstack.processes import Process


class StackDirectory:
    """Held by one supervisor at a time: the kernel drops the lock with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "log"
        self.media = path / "media"
        self._record_file = path / "running.json"
        self._environment_file = path / "environment.json"
        self._lock: TextIO | None = None
        self._record: dict[str, Any] = {}

    def make(self) -> Self:
        for directory in (self.path, self.logs, self.media):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)
        if os.geteuid() == 0:
            # Root's servers run as another user, who has to pass through; nobody can look in.
            self.path.chmod(0o711)
        return self

    def acquire(self) -> bool:
        """Take the directory, unless another supervisor has it."""
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
        """Write down that we are the supervisor now; the answer is the mark for our children."""
        mark = secrets.token_hex(8)
        supervisor = Process.find(os.getpid())
        self._record = {
            "path": str(self.path),
            "mark": mark,
            "url": url,
            "supervisor": asdict(supervisor) if supervisor else None,
            "children": {},
        }
        self._write_record()
        return mark

    def note(self, name: str, process: Process) -> None:
        """Write down a child, so that the next start finds it even if we are killed."""
        self._record["children"][name] = asdict(process)
        self._write_record()

    def supervisor(self) -> tuple[Process | None, str]:
        """Who holds the directory, and the address it serves."""
        record = self._read_record()
        supervisor = record.get("supervisor")
        return (Process(**supervisor) if supervisor else None), record.get("url", "")

    def leftovers(self) -> dict[str, Process]:
        """What an earlier supervisor started and did not live to stop: a name (or a number) for each."""
        record = self._read_record()
        named = {name: Process(**process) for name, process in record.get("children", {}).items()}
        running = {name: process for name, process in named.items() if process.is_running()}
        orphans = processes.marked(record["mark"]) if "mark" in record else []
        return running | {
            f"process {process.pid}": process for process in orphans if process not in running.values()
        }

    def secret(self, name: str, *, length: int = 24) -> str:
        """A password made once and kept, in a file that its owner alone can read."""
        path = self.path / name
        if not path.exists():
            _write_privately(path, secrets.token_urlsafe(length) + "\n")
        return path.read_text().strip()

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Keep what the product was started with, so that `manage` reaches the same data."""
        _write_privately(self._environment_file, json.dumps(environment))

    def environment(self) -> dict[str, str]:
        environment: dict[str, str] = json.loads(self._environment_file.read_text())
        return environment

    def log(self, name: str) -> Path:
        """A fresh log; the one of the run before stays beside it."""
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(self.logs / f"{name}.log.1")
        return path

    def remove(self) -> None:
        """Remove everything; the lock is held until the end."""
        shutil.rmtree(self.path)
        self.release()

    def _read_record(self) -> dict[str, Any]:
        """The last record; a copied directory brings along one that speaks of the original, so it counts not."""
        try:
            record: dict[str, Any] = json.loads(self._record_file.read_text())
        except (OSError, ValueError):
            return {}
        return record if record.get("path") == str(self.path) else {}

    def _write_record(self) -> None:
        _write_privately(self._record_file, json.dumps(self._record))


def _write_privately(path: Path, text: str) -> None:
    """For its owner's eyes alone, and under a kill either whole or not there."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)
