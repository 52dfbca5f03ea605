"""Celery's beat, which also goes on when the clock is set back (decision 23)."""

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    def tick(self, *args: object, **options: object) -> float:
        """Send the tasks that are due; returns the seconds until the next one is."""
        self._reset_future_runs()
        delay: float = super().tick(*args, **options)
        return delay

    def _reset_future_runs(self) -> None:
        """Take a last run that lies in the future for one of just now."""
        from_the_future = [
            entry for entry in self.schedule.values() if entry.last_run_at > entry.default_now()
        ]
        for entry in from_the_future:
            entry.last_run_at = entry.default_now()
        if from_the_future:
            # The heap holds the times of the next runs; the base class rebuilds it from the entries.
            self._heap = None
