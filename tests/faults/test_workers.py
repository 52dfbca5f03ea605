"""Workers that take nothing any more, and tasks that no worker survives."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from backend.devstack import processes
from backend.devstack.processes import Child
from backend.watchdog import STALLS_KEY
from tests.faults.stack import FaultStack, worker_command
from tests.ports import wait_until

APP = ("-m", "celery", "-A", "tests.faults.strange_tasks")
WATCHDOG_SECONDS = 3


@contextmanager
def watched_worker(stack: FaultStack, directory: Path) -> Iterator[Child]:
    """At work on nothing, and ready for more."""
    command = worker_command("watched", queues="celery", processes=1)
    worker = stack.start("watched", *APP, *command, WATCHDOG_SECONDS=str(WATCHDOG_SECONDS))
    try:
        require_work(stack, directory / "first")
        yield worker
    finally:
        processes.stop([worker], timeout=5)


def call(stack: FaultStack, task: str, *values: object) -> None:
    stack.desk("call", task, *values)


def require_work(stack: FaultStack, file: Path) -> None:
    """Somebody takes what is published."""
    call(stack, "touch", str(file))
    wait_until(file.exists)


def waiting(stack: FaultStack) -> int:
    with Redis.from_url(stack.redis.url) as broker:
        return int(broker.llen("celery"))


def test_a_worker_that_is_busy_or_without_a_broker_is_let_live(stack: FaultStack, tmp_path: Path) -> None:
    with watched_worker(stack, tmp_path) as worker:
        call(stack, "wait_for", str(tmp_path / "go on"))
        call(stack, "touch", str(tmp_path / "second"))
        time.sleep(WATCHDOG_SECONDS * 1.5)
        waited = waiting(stack)
        (tmp_path / "go on").touch()
        wait_until(lambda: waiting(stack) == 0)
        stack.stop_redis()
        time.sleep(WATCHDOG_SECONDS * 1.5)

        assert waited > 0
        assert not worker.has_ended()


def test_a_stalled_worker_ends_itself_though_it_answers_pings(stack: FaultStack, tmp_path: Path) -> None:
    with watched_worker(stack, tmp_path) as worker:
        cancelled = stack.desk("broadcast", "cancel_consumer", {"queue": "celery"})
        ping = stack.desk("broadcast", "ping", {})
        time.sleep(WATCHDOG_SECONDS * 1.5)
        ended_with_nothing_to_do = worker.has_ended()
        call(stack, "touch", str(tmp_path / "never"))
        wait_until(worker.has_ended, seconds=WATCHDOG_SECONDS * 10)

    assert "no longer consuming" in str(cancelled)
    assert "pong" in str(ping)
    assert not ended_with_nothing_to_do
    assert worker.popen.returncode == 1
    assert "worker_stalled" in worker.log.read_text()
    with Redis.from_url(stack.redis.url) as broker:
        assert broker.get(STALLS_KEY) == b"1"
    stack.flush_redis()


def test_a_task_that_no_worker_survives_is_given_up_after_three_tries(
    stack: FaultStack, tmp_path: Path
) -> None:
    victims = tmp_path / "victims"
    victims.touch()

    with watched_worker(stack, tmp_path) as worker:
        call(stack, "die", str(victims))
        wait_until(lambda: "task_given_up" in worker.log.read_text())
        require_work(stack, tmp_path / "last")

        assert len(set(victims.read_text().split())) == 3
        assert not worker.has_ended()
        with Redis.from_url(stack.redis.url) as broker:
            # A task is acknowledged a moment after it has done its work.
            wait_until(lambda: broker.llen("celery") == broker.hlen("unacked") == 0)
    assert "tests.faults.strange_tasks.die" in worker.log.read_text()
