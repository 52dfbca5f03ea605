"""A worker's run: claim copies of one edition, send them over some connections, write down what became of each."""

import mmap
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from functools import lru_cache
from threading import Lock
from types import FrameType
from typing import Protocol, TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from backend.api.group_commit import GroupCommit
from newsletter.deliveries import claims, outcomes
from newsletter.deliveries.claims import Copy
from newsletter.deliveries.database import plan_once
from newsletter.deliveries.outcomes import Outcome, Step
from newsletter.deliveries.totals import too_many_fail
from newsletter.models import Consent, Delivery, Segment, Suppression
from newsletter.readers import consent, links
from newsletter.sending import editions, rates
from newsletter.sending.failpoints import reach
from newsletter.sending.faults import Fault, Meaning, fault_of, malformed
from newsletter.transport.dkim import Signer
from newsletter.transport.letters import Letter, Personal, is_deliverable
from newsletter.transport.providers import ProviderConnection
from newsletter.transport.smtp import BrokenError, Connection, RefusedError, Server

logger = structlog.get_logger(__name__)

MOST_CONNECTION_ERRORS = 50
MOST_SUSPICIOUS = 3
# What the server took is worth waiting for a database that restarts.
DATABASE_PATIENCE_SECONDS = 60
LONGEST_NAP_SECONDS = 1.0
SLOW_DOWN_SECONDS = 5
LETTERS_KEPT = 200

State = Delivery.State

Answer = TypeVar("Answer")

# Celery's main process tells its children, which share this page of memory with it, that it wants to stop.
_stop_page = mmap.mmap(-1, 1)


def ask_to_stop() -> None:
    _stop_page[0] = 1


def is_asked_to_stop() -> bool:
    return _stop_page[0] == 1


class UnwritableError(Exception):
    """Something, a setting maybe, cannot stand in a mail; it would fail for all of them."""


class NotAllowedError(Exception):
    """The reader has left, or the edition was stopped, or somebody else has the copy."""


class NotSentError(Exception):
    """It was allowed and then kept back."""


class Sender:
    """Sends for one edition until nothing is left to claim, the time is over, or somebody asks it to stop.

    It sends over several connections at once; what they write down at the same time shares a commit.
    """

    def __init__(self, edition_id: UUID, *, server: Server, provider: str = "") -> None:
        """`provider`: one of anymail's, whose API is used in place of the server."""
        self.edition_id = edition_id
        self.server = server
        self.provider = provider
        self.letter = lru_cache(maxsize=LETTERS_KEPT)(_letter_of)
        self.ledger = GroupCommit(_allow)
        self._claiming = Lock()
        self._claimed: deque[Copy] = deque()
        self._is_over = False
        # Since a mail last went well, over whichever connection.
        self._counting = Lock()
        self._connection_errors = 0
        self._suspicious = 0

    def run(self, *, until: float) -> None:
        """`until` is a moment of the monotonic clock."""
        with _terminating_politely() as is_terminated:

            def should_stop() -> bool:
                return self._is_over or is_terminated() or is_asked_to_stop() or time.monotonic() >= until

            with ThreadPoolExecutor(settings.SENDING_CONNECTIONS) as threads:
                kind = ProviderLane if self.provider else SmtpLane
                runs = [
                    threads.submit(kind(self).run, should_stop) for _ in range(settings.SENDING_CONNECTIONS)
                ]
                # A server may take minutes to answer a dot: what nobody has begun with must not wait for that.
                wait(runs, timeout=max(0.0, until - time.monotonic()))
                self.lay_down_claimed()
        for run in runs:
            run.result()

    @property
    def route(self) -> str:
        """Whose limits are learned."""
        return self.provider or str(self.server)

    def next_copy(self, should_stop: Callable[[], bool], *, settle: Callable[[], None]) -> Copy | None:
        """None where nothing is left to do, or no more shall be begun; `settle` is called before a wait."""
        while not should_stop():
            with suppress(IndexError):
                return self._claimed.popleft()
            with self._claiming:
                wait_seconds = 0.0 if self._claimed else self._claim()
            if wait_seconds is None:
                break
            if wait_seconds:
                settle()
                time.sleep(wait_seconds)
        else:
            # It may have claimed them just now, and no other connection will begin with them either.
            self.lay_down_claimed()
        return None

    def _claim(self) -> float | None:
        """Seconds after which to ask again, or None where nothing is left to claim."""
        allowance = rates.take_from(
            self.route, wanted=claims.MOST_CLAIMED, most_per_minute=settings.SENDING_PER_MINUTE
        )
        if not allowance.mails:
            return min(allowance.wait_seconds, LONGEST_NAP_SECONDS)
        copies = claims.claim(edition_id=self.edition_id, limit=allowance.mails)
        reach("claimed")
        self._claimed.extend(copies)
        return 0.0 if copies else None

    def lay_down_claimed(self) -> None:
        """Those that no connection has begun with."""
        copies = []
        with suppress(IndexError):
            while True:
                copies.append(self._claimed.popleft())
        if copies:
            _patiently(lambda _: claims.release(copies))
            reach("laid_down")

    def stop(self) -> None:
        self._is_over = True

    def pause(self, fault: Fault, *, comes_back: bool) -> None:
        self.stop()
        editions.pause(edition_id=self.edition_id, reason=fault.detail, comes_back=comes_back)
        logger.error(
            "edition_paused", edition=str(self.edition_id), reason=fault.detail, comes_back=comes_back
        )

    def count_connection_error(self) -> int:
        with self._counting:
            self._connection_errors += 1
            return self._connection_errors

    def count_suspicious(self) -> int:
        with self._counting:
            self._suspicious += 1
            return self._suspicious

    def count_from_zero(self) -> None:
        self._connection_errors = self._suspicious = 0


class Closable(Protocol):
    def close(self) -> None: ...


class Lane:
    """One connection of a sender: it takes copies one after the other, and writes down what became of each."""

    _connection: Closable
    # Whether no mail had gone over the connection before the one that failed.
    _was_fresh = True

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        # What became of the copy before, as long as it isn't written down.
        self._previous: Outcome | None = None

    def run(self, should_stop: Callable[[], bool]) -> None:
        try:
            plan_once()
            while copy := self._sender.next_copy(should_stop, settle=self._settle):
                self._send(copy)
            self._settle()
        except BaseException:
            self._sender.stop()
            # Whatever went wrong, what the server said of the copy before is known.
            with suppress(DatabaseTrouble):
                self._settle()
            raise
        finally:
            self._connection.close()
            # A thread has a connection of its own to the database, too.
            connection.close()

    def _send(self, copy: Copy) -> None:
        # Whoever is erased has no address any more.
        if not copy.is_wanted:
            self._lay_down(copy)
            return
        if not is_deliverable(copy.address):
            self._note(copy, malformed(copy.address))
            return
        try:
            reply = self._transmit(copy, self._sender.letter(copy.segment_id))
        except UnwritableError as error:
            self._note(copy, Fault(Meaning.PAUSE, "", str(error)))
        except (RefusedError, BrokenError) as error:
            self._note(copy, fault_of(error, is_fresh=self._was_fresh))
        except NotSentError as error:
            self._previous = Outcome(copy, State.PENDING, detail=str(error))
        except NotAllowedError:
            self._lay_down(copy)
        else:
            self._sender.count_from_zero()
            self._previous = Outcome(copy, State.ACCEPTED, "250", reply)

    def _transmit(self, copy: Copy, letter: Letter) -> str:
        """What the server said when it took the mail; raises what `_send` handles."""
        raise NotImplementedError

    def _note(self, copy: Copy, fault: Fault) -> None:
        self._settle()
        match fault.meaning:
            case Meaning.UNCERTAIN:
                self._record(Outcome(copy, State.UNCERTAIN, fault.code, fault.detail))
                self._count_connection_error(fault)
            case Meaning.DEFER:
                self._record(outcomes.after_refusal(copy, code=fault.code, detail=fault.detail))
            case Meaning.SUSPICIOUS:
                self._suspect(copy, fault)
            case Meaning.FAIL | Meaning.BOUNCE:
                self._fail(copy, fault)
            case Meaning.SLOW_DOWN:
                self._put_back(copy, fault, seconds=SLOW_DOWN_SECONDS)
                rates.slow_down(self._sender.route, edition_id=self._sender.edition_id)
                self._sender.lay_down_claimed()
            case Meaning.RECONNECT:
                self._put_back(copy, fault)
                self._count_connection_error(fault)
            case Meaning.OUTAGE:
                self._put_back(copy, fault)
                self._sender.pause(fault, comes_back=True)
            case Meaning.PAUSE:
                self._put_back(copy, fault)
                self._sender.pause(fault, comes_back=False)

    def _fail(self, copy: Copy, fault: Fault) -> None:
        self._record(Outcome(copy, State.FAILED, fault.code, fault.detail, counts=True))
        if fault.meaning == Meaning.BOUNCE:
            key = claims.address_key_of(copy)
            consent.suppress(
                keys=[key],
                reason=Suppression.Reason.HARD_BOUNCE,
                source=Consent.Source.PROVIDER,
                now=timezone.now(),
            )
        if too_many_fail(edition_id=self._sender.edition_id):
            fault = Fault(Meaning.PAUSE, fault.code, f"Too many fail, like {fault.detail}")
            self._sender.pause(fault, comes_back=False)

    def _suspect(self, copy: Copy, fault: Fault) -> None:
        if self._sender.count_suspicious() < MOST_SUSPICIOUS:
            self._record(outcomes.after_refusal(copy, code=fault.code, detail=fault.detail))
        else:
            self._put_back(copy, fault)
            self._sender.pause(fault, comes_back=False)

    def _put_back(self, copy: Copy, fault: Fault, *, seconds: float = 0) -> None:
        """It was not sent and is not to blame: no attempt is counted."""
        self._record(Outcome(copy, State.PENDING, fault.code, fault.detail, delay_seconds=seconds))

    def _count_connection_error(self, fault: Fault) -> None:
        errors = self._sender.count_connection_error()
        if errors >= MOST_CONNECTION_ERRORS:
            self._sender.pause(fault, comes_back=True)
        elif errors > 1:
            time.sleep(0.1)

    def _lay_down(self, copy: Copy) -> None:
        if State.PENDING in claims.release([copy]):
            # Its edition was paused.
            self._sender.stop()

    # --- The ledger, whatever the database does -----------------------------------------------

    def _allow(self, copy: Copy) -> None:
        """Raises NotAllowedError."""
        reach("accepted_unrecorded" if self._previous else "first_unallowed")
        is_allowed = self._sender.ledger.submit(Step(copy, after=self._previous))
        self._previous = None
        if not is_allowed:
            raise NotAllowedError

    def _record(self, outcome: Outcome) -> None:
        _patiently(lambda _: outcomes.record(outcome))
        reach(f"recorded_{outcome.state}")

    def _settle(self) -> None:
        if self._previous is not None:
            outcome, self._previous = self._previous, None
            self._record(outcome)


class SmtpLane(Lane):
    """It asks for leave as late as the mail can still be kept back: between recipient and content."""

    _connection: Connection

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        self._from = parseaddr(settings.MAIL_FROM)[1]
        self._connection = Connection(sender.server)

    def _transmit(self, copy: Copy, letter: Letter) -> str:
        try:
            body = letter.to(_personal(copy), now=timezone.now())
        except ValueError as error:
            raise UnwritableError(f"The mail cannot be written: {error}") from error
        self._connection.renew_if_worn()
        self._was_fresh = self._connection.is_fresh
        self._connection.offer(sender=self._from, recipient=copy.address)
        reach("recipient_accepted")
        try:
            self._allow(copy)
        except NotAllowedError:
            self._connection.reset()
            raise
        allowed_at = time.monotonic()
        reach("allowed")
        self._connection.open_data()
        reach("data_opened")
        self._connection.send_body(body)
        reach("body_sent")
        if time.monotonic() - allowed_at > outcomes.sending_lease_seconds() / 2:
            # We were asleep: by now others may think that this copy is lost.
            self._connection.drop()
            raise NotSentError("Held for too long; not sent.")
        reply = self._connection.finish()
        reach("dot_answered")
        return reply


class ProviderLane(Lane):
    """A request is all or nothing, so leave is asked for before it."""

    _connection: ProviderConnection

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        self._connection = ProviderConnection(sender.provider)

    def _transmit(self, copy: Copy, letter: Letter) -> str:
        self._allow(copy)
        reach("allowed")
        provider_id = self._connection.deliver(letter=letter, reader=_personal(copy))
        reach("dot_answered")
        return f"{self._connection} calls it {provider_id}"


def _allow(steps: Sequence[Step]) -> list[bool]:
    return _patiently(lambda again: outcomes.allow(steps, again=again))


def _letter_of(segment_id: UUID) -> Letter:
    segment = Segment.objects.get(pk=segment_id)
    return Letter.of(
        segment, sender=settings.MAIL_FROM, domain=settings.MAIL_DOMAIN, signer=Signer.from_settings()
    )


def _personal(copy: Copy) -> Personal:
    # A copy without a subscriber is never allowed; its links lead nowhere.
    subscriber = copy.subscriber_id or copy.id
    return Personal(
        address=copy.address,
        message_id=copy.message_id,
        unsubscribe_url=links.unsubscribe_url(subscriber),
        preferences_url=links.preferences_url(subscriber),
        delivery_id=copy.id,
    )


def _patiently(deed: Callable[[bool], Answer]) -> Answer:
    """Once more, and again, while the database restarts; the deed hears whether it is a repetition."""
    until = time.monotonic() + DATABASE_PATIENCE_SECONDS
    again = False
    while True:
        try:
            return deed(again)
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            again = True
            time.sleep(0.2)


@contextmanager
def _terminating_politely() -> Iterator[Callable[[], bool]]:
    """A SIGTERM that reaches this very process waits for the mail that is on its way."""
    asked: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        asked.append(number)

    former = signal.signal(signal.SIGTERM, remember)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGTERM, former)
        if asked:
            os.kill(os.getpid(), signal.SIGTERM)
