"""Celery's transport over Redis, but for messages that no Celery wrote: they are dropped and logged, and end no worker."""

import base64
from typing import Any

import structlog
from django.conf import settings
from kombu.transport import redis
from redis import Redis

logger = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 1.0


def connect() -> Redis:
    """A client of the broker for what is counted there beside Celery's messages; waits a second at most."""
    return Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


class QoS(redis.QoS):
    """What a worker has taken and not acknowledged."""

    # Any: kombu has no types.
    def restore_by_tag(self, tag: bytes, client: Any = None, leftmost: bool = False) -> None:
        try:
            super().restore_by_tag(tag, client, leftmost)
        except (ValueError, TypeError, RecursionError):
            logger.error("broker_message_dropped", queue=self.unacked_key)
            self._remove_from_indices(tag).execute()


class Channel(redis.Channel):
    QoS = QoS

    def _brpop_read(self, **options: object) -> object:
        try:
            return super()._brpop_read(**options)
        except (ValueError, RecursionError):
            # Its content may name a person, so it is not logged.
            logger.error("broker_message_dropped", queue="unknown")
            return None


class Transport(redis.Transport):
    Channel = Channel

    def _deliver(self, message: object, queue: str) -> None:
        if is_celery_message(message):
            super()._deliver(message, queue)
        else:
            logger.error("broker_message_dropped", queue=queue)


def is_celery_message(message: object) -> bool:
    """Whether kombu can make a message of it; what Celery makes of its headers and body, Celery refuses kindly itself."""
    match message:
        case {"body": str(body), "headers": dict(), "properties": {"delivery_tag": str(), **properties}}:
            pass
        case _:
            return False
    try:
        base64.b64decode(body, validate=True)
    except ValueError:
        return False
    return properties.get("body_encoding") == "base64" and isinstance(properties.get("delivery_info"), dict)
