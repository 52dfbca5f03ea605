"""A worker's round: send copies of one edition over several connections until nothing is left or the time is over."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from backend.api.group_commit import GroupCommit
from newsletter.deliveries import outcomes
from newsletter.deliveries.outcomes import Step
from newsletter.models import Segment
from newsletter.sending.breaker import CircuitBreaker
from newsletter.sending.connections import SendConnection, SendRound
from newsletter.sending.queue import CopyQueue
from newsletter.sending.retries import retried
from newsletter.sending.stopping import is_asked_to_stop, sigterm_held_back
from newsletter.transport.mailer import Mailer
from newsletter.transport.messages import MessageTemplate, segment_template

TEMPLATES_KEPT = 200


def send(edition_id: UUID, *, new_mailer: Callable[[], Mailer], until: float) -> None:
    """Send over SENDING_CONNECTIONS connections, each with a mailer of its own.

    `until` is a moment of the monotonic clock; earlier it ends where no copy is left, the edition was paused, or the
    process shall stop. What the connections record at the same time shares a commit. Raises what a connection raises
    that is no failure of a mail, after all of them have ended.
    """
    mailers = [new_mailer() for _ in range(settings.SENDING_CONNECTIONS)]
    breaker = CircuitBreaker(edition_id)
    with sigterm_held_back() as is_terminated:

        def should_stop() -> bool:
            return breaker.is_open or is_terminated() or is_asked_to_stop() or time.monotonic() >= until

        queue = CopyQueue(edition_id, route=mailers[0].route, should_stop=should_stop)

        @lru_cache(maxsize=TEMPLATES_KEPT)
        def template_of(segment_id: UUID) -> MessageTemplate:
            return segment_template(Segment.objects.get(pk=segment_id))

        send_round = SendRound(edition_id, queue, breaker, GroupCommit(_allow), template_of)
        with ThreadPoolExecutor(len(mailers)) as threads:
            runs = [threads.submit(SendConnection(send_round, mailer).run) for mailer in mailers]
            # A server may take minutes to answer a dot: what no connection has begun with must not wait for that.
            wait(runs, timeout=max(0.0, until - time.monotonic()))
            queue.release()
    breaker.flush()
    for run in runs:
        run.result()


def _allow(steps: Sequence[Step]) -> list[bool]:
    return retried(lambda again: outcomes.allow(steps, again=again))
