"""What tasks wait in the broker, as workers would take them."""

import base64
import json
from typing import Any

from celery import Task
from django.conf import settings
from redis import Redis

QUEUE = "celery"


def waiting(task: Task) -> list[list[Any]]:
    """The arguments of each call of this task that waits in the queue of all kinds, the earliest first."""
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        messages = [json.loads(each) for each in reversed(redis.lrange(QUEUE, 0, -1))]
    calls = [each for each in messages if each["headers"]["task"] == task.name]
    return [json.loads(base64.b64decode(each["body"]))[0] for each in calls]


def clear() -> None:
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        redis.delete(QUEUE)
