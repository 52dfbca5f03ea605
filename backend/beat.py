"""Celery's beat, which also goes on when the clock is set back (decision 23)."""

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    def tick(self, *args: object, **options: object) -> float:
        """Send the tasks that are due; returns the seconds until the next one is."""
        delay: float = super().tick(*args, **options)
        # The clock may be set back during a tick too, and then the delay is not worth waiting for.
        return 0.0 if self._reset_future_runs() else delay

    def _reset_future_runs(self) -> bool:
        """Take a last run that lies in the future for one of just now; whether there was any."""
        from_the_future = [
            entry for entry in self.schedule.values() if entry.last_run_at > entry.default_now()
        ]
        for entry in from_the_future:
            entry.last_run_at = entry.default_now()
        if from_the_future:
            # The heap holds the times of the next runs; the base class rebuilds it from the entries.
            self._heap = None
        return bool(from_the_future)
