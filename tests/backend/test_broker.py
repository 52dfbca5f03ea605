"""Messages in Redis that no Celery wrote: the worker that meets them goes on to the next one."""

import json
from collections.abc import Iterator

import pytest
from django.conf import settings
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.message import Message
from kombu.messaging import Consumer
from redis import Redis

from backend.broker import Transport
from backend.celery import app

GOOD = {
    "body": "e30=",
    "content-encoding": "utf-8",
    "content-type": "application/json",
    "headers": {},
    "properties": {
        "delivery_tag": "good",
        "delivery_info": {"exchange": "", "routing_key": "broker-test"},
        "body_encoding": "base64",
    },
}
QUEUE = Queue("broker-test")


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.delete("broker-test", "unacked", "unacked_index", "unacked_mutex")
        yield client
        client.delete(
            "broker-test", "unacked", "unacked_index", "unacked_mutex", "_kombu.binding.broker-test"
        )


def with_properties(**changes: object) -> bytes:
    return json.dumps({**GOOD, "properties": {**GOOD["properties"], **changes}}).encode()  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello", id="no JSON"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"17", id="a number"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(json.dumps({**GOOD, "properties": None}).encode(), id="no properties"),
        pytest.param(json.dumps({**GOOD, "headers": []}).encode(), id="headers in a list"),
        pytest.param(json.dumps({**GOOD, "body": 5}).encode(), id="a body that is a number"),
        pytest.param(json.dumps({**GOOD, "body": "e30"}).encode(), id="a body that is not base64"),
        pytest.param(json.dumps({**GOOD, "body": "ä"}).encode(), id="a body beyond ASCII"),
        pytest.param(with_properties(body_encoding="rot13"), id="an unknown encoding"),
        pytest.param(with_properties(body_encoding=3), id="an encoding that is a number"),
        pytest.param(with_properties(delivery_tag=None), id="no delivery tag"),
        pytest.param(with_properties(delivery_info="x"), id="no delivery information"),
        pytest.param(b"[" * 100_000, id="deeper than Python reads"),
    ],
)
def test_a_frame_that_is_no_message_is_dropped_and_the_next_one_arrives(redis: Redis, frame: bytes) -> None:
    redis.lpush("broker-test", frame, json.dumps(GOOD))

    assert messages_taken() == ["good"]
    assert redis.llen("broker-test") == 0


def test_what_waits_for_an_acknowledgement_and_is_no_message_is_dropped(redis: Redis) -> None:
    redis.hset("unacked", "broken", "hello")
    redis.zadd("unacked_index", {"broken": 1})

    with Connection(settings.CELERY_BROKER_URL, transport=Transport) as connection:
        connection.default_channel.qos.restore_visible()

    assert redis.hexists("unacked", "broken") is False
    assert redis.zscore("unacked_index", "broken") is None


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_the_product_uses_this_transport(scheme: str) -> None:
    connection = app.connection(f"{scheme}://127.0.0.1/0")

    assert connection.get_transport_cls() is Transport


def messages_taken() -> list[str]:
    """The tags of the messages that a consumer gets before the good one, and its own; all are acknowledged."""
    taken: list[str] = []

    def take(message: Message) -> None:
        taken.append(message.delivery_tag)
        message.ack()

    with (
        Connection(settings.CELERY_BROKER_URL, transport=Transport) as connection,
        Consumer(connection, [QUEUE], on_message=take, accept=["json"]),
    ):
        while "good" not in taken:
            connection.drain_events(timeout=10)
    return taken
