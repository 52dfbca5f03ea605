"""One connection of a round: it sends one copy after the other, and writes down what became of each."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from backend.api.group_commit import GroupCommit
from newsletter.deliveries import bounces, claims, outcomes
from newsletter.deliveries.claims import Copy
from newsletter.deliveries.database import plan_once
from newsletter.deliveries.outcomes import Outcome, Step
from newsletter.failpoints import reach
from newsletter.models import Delivery
from newsletter.readers import links
from newsletter.sending.breaker import CircuitBreaker
from newsletter.sending.queue import CopyQueue
from newsletter.sending.retries import retried
from newsletter.transport.failures import DeliveryError, DeliveryFailure, FailureAction
from newsletter.transport.mailer import Mailer
from newsletter.transport.messages import Message, MessageTemplate, Recipient
from newsletter.transport.return_addresses import copy_return_path, unsubscribe_address
from newsletter.transport.smtp import Phase

SLOW_DOWN_SECONDS = 5
PAUSE_AFTER_ERROR_SECONDS = 0.1
FOR_GOOD = {FailureAction.FAIL, FailureAction.BOUNCE}
# What may go otherwise over another connection.
ELSEWHERE = {FailureAction.RECONNECT, FailureAction.CUT_OFF}

State = Delivery.State


class NotAllowedError(Exception):
    """The reader has left, or the edition was stopped, or another worker has the copy."""


@dataclass(frozen=True)
class SendRound:
    """What the connections of one worker's round share."""

    edition_id: UUID
    queue: CopyQueue
    breaker: CircuitBreaker
    ledger: GroupCommit[Step, bool]
    template_of: Callable[[UUID], MessageTemplate]


class SendConnection:
    """Runs in a thread of its own, with a mailer and a connection to the database of its own."""

    def __init__(self, send_round: SendRound, mailer: Mailer) -> None:
        self._round = send_round
        self._mailer = mailer
        # What became of the copy before, as long as it isn't written down.
        self._previous: Outcome | None = None

    def run(self) -> None:
        """Send until the queue gives no more copies."""
        try:
            plan_once()
            while copy := self._round.queue.next_copy(before_wait=self._settle):
                self._send(copy)
            self._settle()
        except BaseException:
            self._round.breaker.open()
            # Whatever went wrong, what the server said of the copy before is known.
            with suppress(DatabaseError):
                self._settle()
            raise
        finally:
            self._mailer.close()
            connection.close()

    def _send(self, copy: Copy) -> None:
        # A reader who was erased has no address any more.
        if not copy.is_wanted:
            self._release(copy)
            return
        message = Message(self._round.template_of(copy.segment_id), _recipient_of(copy))
        try:
            answer = self._hand_over(copy, message)
        except DeliveryError as error:
            self._fail(copy, error.failure)
        except NotAllowedError:
            self._release(copy)
        else:
            self._round.breaker.count_success()
            self._previous = Outcome(copy, State.ACCEPTED, "250", answer)

    def _hand_over(self, copy: Copy, message: Message) -> str:
        """A connection that ended before the copy was allowed is no proof against its mailbox: once more over another."""
        is_allowed = False

        def permit() -> float:
            nonlocal is_allowed
            until = self._allow(copy)
            is_allowed = True
            return until

        try:
            return self._mailer.send(message, permit=permit)
        except DeliveryError as error:
            if is_allowed or error.failure.action not in ELSEWHERE:
                raise
        self._settle()
        return self._mailer.send(message, permit=permit)

    # --- After a failure ----------------------------------------------------------------------

    def _fail(self, copy: Copy, failure: DeliveryFailure) -> None:
        self._settle()
        breaker = self._round.breaker
        match failure.action:
            case FailureAction.UNCERTAIN:
                self._record(Outcome(copy, State.UNCERTAIN, failure.code, failure.detail))
                breaker.count_failure(failure)
                self._count_connection_error(failure)
            case FailureAction.DEFER:
                self._defer(copy, failure)
            case FailureAction.CUT_OFF | FailureAction.RECONNECT:
                self._defer(copy, failure)
                self._count_connection_error(failure)
            case FailureAction.SUSPICIOUS:
                if breaker.count_suspicious(failure):
                    self._defer(copy, failure)
                    breaker.count_failure(failure)
                else:
                    self._put_back(copy, failure)
            case FailureAction.FAIL | FailureAction.BOUNCE:
                outcome = Outcome(copy, State.FAILED, failure.code, failure.detail, counts=True)
                self._give_up(outcome, failure)
            case FailureAction.SLOW_DOWN:
                self._slow_down(copy, failure)
            case FailureAction.OUTAGE:
                self._put_back(copy, failure)
                self._wait_after(breaker.count_unreachable(failure))
            case FailureAction.PAUSE:
                self._put_back(copy, failure)
                breaker.pause(failure, comes_back=False)

    def _defer(self, copy: Copy, failure: DeliveryFailure) -> None:
        """It waits for its next try; after the last it has failed."""
        outcome = outcomes.after_refusal(copy, code=failure.code, detail=failure.detail)
        if outcome.state == State.FAILED:
            self._give_up(outcome, failure)
        else:
            self._record(outcome)

    def _give_up(self, outcome: Outcome, failure: DeliveryFailure) -> None:
        is_hard = failure.action == FailureAction.BOUNCE
        retried(lambda _: bounces.record_failure(outcome, is_hard=is_hard))
        reach(f"recorded_{outcome.state}")
        is_exhausted = failure.action not in FOR_GOOD
        self._round.breaker.count_failure(failure, is_exhausted=is_exhausted)

    def _slow_down(self, copy: Copy, failure: DeliveryFailure) -> None:
        if failure.phase is not None and failure.phase >= Phase.RCPT:
            # Should a server say so of one mailbox again and again, its copy must not slow all others down for ever.
            self._defer(copy, failure)
        else:
            self._put_back(copy, failure, seconds=SLOW_DOWN_SECONDS)
        self._round.queue.slow_down()

    def _put_back(self, copy: Copy, failure: DeliveryFailure, *, seconds: float = 0) -> None:
        """It was not sent and is not to blame: no attempt is counted."""
        self._record(Outcome(copy, State.PENDING, failure.code, failure.detail, delay_seconds=seconds))

    def _count_connection_error(self, failure: DeliveryFailure) -> None:
        self._wait_after(self._round.breaker.count_connection_error(failure))

    def _wait_after(self, errors: int) -> None:
        """Of several in a row."""
        if errors > 1 and not self._round.breaker.is_open:
            time.sleep(PAUSE_AFTER_ERROR_SECONDS)

    # --- The ledger, whatever the database does -----------------------------------------------

    def _allow(self, copy: Copy) -> float:
        """Raises NotAllowedError. The permit ends long before others take the copy for lost."""
        reach("accepted_unrecorded" if self._previous else "first_unallowed")
        is_allowed = self._round.ledger.submit(Step(copy, after=self._previous))
        self._previous = None
        if not is_allowed:
            raise NotAllowedError
        until = time.monotonic() + outcomes.sending_lease_seconds() / 2
        reach("allowed")
        return until

    def _release(self, copy: Copy) -> None:
        if State.PENDING in claims.release([copy]):
            # Its edition was paused.
            self._round.breaker.open()

    def _record(self, outcome: Outcome) -> None:
        retried(lambda _: outcomes.record(outcome))
        reach(f"recorded_{outcome.state}")

    def _settle(self) -> None:
        if self._previous is not None:
            outcome, self._previous = self._previous, None
            self._record(outcome)


def _recipient_of(copy: Copy) -> Recipient:
    # A copy without a subscriber is never allowed; its links lead nowhere.
    subscriber = copy.subscriber_id or copy.id
    return Recipient(
        address=copy.address,
        message_id=copy.message_id,
        unsubscribe_url=links.unsubscribe_url(subscriber),
        unsubscribe_address=unsubscribe_address(subscriber),
        preferences_url=links.preferences_url(subscriber),
        delivery_id=copy.id,
        return_path=copy_return_path(copy.id, now=timezone.now()),
    )
