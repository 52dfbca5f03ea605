"""Celery beat's schedule.

Every task is idempotent: it may run late, twice or not at all, and its next run does the same work.
"""

from celery.schedules import crontab

A_DAY = 86_400


def beat_schedule(*, tally_publish_seconds: int, sending_tick_seconds: int) -> dict[str, dict[str, object]]:
    """An entry for each task that runs by the clock; a number as `schedule` is an interval in seconds.

    Closing a day publishes all tallies, so steps of a whole day need no entry of their own.
    """
    steps: dict[str, dict[str, object]] = {
        "publish-tallies": {
            "task": "votes.tasks.publish_tallies",
            "schedule": tally_publish_seconds,
            "options": {"expires": tally_publish_seconds},
        }
    }
    return (steps if tally_publish_seconds < A_DAY else {}) | {
        # A heartbeat older than its interval would say nothing about the worker's present state.
        "worker-heartbeat": {"task": "backend.heartbeat", "schedule": 15, "options": {"expires": 15}},
        "raise-alerts": {"task": "votes.tasks.raise_alerts", "schedule": 60, "options": {"expires": 60}},
        "close-yesterday": {"task": "votes.tasks.close_yesterday", "schedule": crontab(minute="*/10")},
        "rescore": {"task": "votes.tasks.rescore", "schedule": crontab(minute="*/15")},
        "reconcile-tallies": {
            "task": "votes.tasks.reconcile_tallies",
            "schedule": crontab(hour="3", minute="20"),
        },
        "mail": {
            "task": "newsletter.tasks.tick",
            "schedule": sending_tick_seconds,
            "options": {"expires": sending_tick_seconds},
        },
        "draw-logos": {"task": "catalog.tasks.draw_logos", "schedule": 5, "options": {"expires": 5}},
        "record-verdicts": {
            "task": "comparisons.tasks.record_verdicts",
            "schedule": crontab(minute="*/3"),
            "options": {"expires": 180},
        },
        "send-due-mail": {
            "task": "newsletter.tasks.send_due_jobs",
            "schedule": 5,
            "options": {"expires": 5},
        },
        # Where there is such a mailbox.
        "read-bounces": {
            "task": "newsletter.tasks.read_bounces",
            "schedule": 60,
            "options": {"expires": 60},
        },
        # Of all apps.
        "purge-expired": {"task": "newsletter.tasks.forget", "schedule": crontab(minute="50")},
    }
