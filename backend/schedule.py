"""Celery beat's schedule.

Every task is idempotent: it may run late, twice or not at all, and its next run does the same work.
"""

from celery.schedules import crontab

A_DAY = 86_400


def beat_schedule(*, tally_publish_seconds: int, sending_tick_seconds: int) -> dict[str, dict[str, object]]:
    """An entry for each task that runs by the clock; a number as `schedule` is an interval in seconds.

    Closing a day publishes all tallies, so steps of a whole day need no entry of their own.
    """
    steps = {"publish-tallies": _every(tally_publish_seconds, "votes.tasks.publish_tallies")}
    return (steps if tally_publish_seconds < A_DAY else {}) | {
        # A heartbeat older than its interval would say nothing about the worker's present state.
        "worker-heartbeat": _every(15, "backend.heartbeat"),
        "fold-counts": _every(60, "backend.fold_counts"),
        "raise-alerts": _every(60, "votes.tasks.raise_alerts"),
        "close-yesterday": {"task": "votes.tasks.close_yesterday", "schedule": crontab(minute="*/10")},
        "rescore": {"task": "votes.tasks.rescore", "schedule": crontab(minute="*/15")},
        "reconcile-tallies": {
            "task": "votes.tasks.reconcile_tallies",
            "schedule": crontab(hour="3", minute="20"),
        },
        "mend-listings": {
            "task": "comparisons.tasks.mend_listings",
            "schedule": crontab(hour="3", minute="40"),
        },
        "mail": _every(sending_tick_seconds, "newsletter.tasks.tick"),
        "draw-logos": _every(5, "catalog.tasks.draw_logos"),
        "record-verdicts": {
            "task": "comparisons.tasks.record_verdicts",
            "schedule": crontab(minute="*/3"),
            "options": {"expires": 180},
        },
        # What the desk shows, and the API of reviewers.
        "calibrate": _every(600, "comparisons.tasks.calibrate"),
        "count-first-page": _every(300, "backend.admin.tasks.count_first_page"),
        "take-up-lost-bulk-actions": _every(60, "backend.admin.tasks.take_up_lost"),
        "send-due-mail": _every(5, "newsletter.tasks.send_due_jobs"),
        # Where there is such a mailbox.
        "read-bounces": _every(60, "newsletter.tasks.read_bounces"),
        # Of all apps.
        "purge-expired": {"task": "newsletter.tasks.forget", "schedule": crontab(minute="50")},
    }


def _every(seconds: int, task: str) -> dict[str, object]:
    """One that no worker has taken when the next is there is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}
