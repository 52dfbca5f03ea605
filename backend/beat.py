"""Celery's beat, but for a clock that is set back: it would wait until the clock is again as late as it was."""

from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    def tick(self, *args: Any, **options: Any) -> float:
        """Do what is due, and say for how many seconds nothing will be."""
        self._believe_the_clock()
        delay: float = super().tick(*args, **options)
        return delay

    def _believe_the_clock(self) -> None:
        """What was done in the future was done just now."""
        from_the_future = [
            entry for entry in self.schedule.values() if entry.last_run_at > entry.default_now()
        ]
        for entry in from_the_future:
            entry.last_run_at = entry.default_now()
        if from_the_future:
            # It holds the moments of the next runs, and is made anew from the entries.
            self._heap = None
