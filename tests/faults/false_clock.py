"""A clock that is wrong, for every process that is started with its environment; it can be set while they run."""

from datetime import UTC, datetime
from pathlib import Path

import libfaketime


class FalseClock:
    """`shift` is like +3h; monotonic clocks, by which processes wait, stay right."""

    def __init__(self, file: Path, shift: str) -> None:
        self._file = file
        self.set(shift)

    def set(self, shift: str) -> None:
        # As one write: a reader in between would find no time at all.
        new = self._file.with_suffix(".new")
        new.write_text(shift)
        new.replace(self._file)

    def set_to(self, moment: datetime) -> None:
        """From now on it goes on from there."""
        self.set(f"{(moment - datetime.now(UTC)).total_seconds():+.3f}")

    def environment(self) -> dict[str, str]:
        _, environment = libfaketime.get_reload_information()
        return {**environment, "FAKETIME_TIMESTAMP_FILE": str(self._file)}
