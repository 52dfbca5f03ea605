"""A worker's round: claim copies of one edition, send them over one connection, write down what became of each."""

import contextlib
import mmap
import os
import signal
import time
from collections.abc import Callable, Iterator
from email.utils import parseaddr
from types import FrameType
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from newsletter import consent, deliveries, editions, links, rates
from newsletter.deliveries import Copy, Outcome
from newsletter.failpoints import reach
from newsletter.faults import Fault, Meaning, fault_of, malformed
from newsletter.letters import Letter, Personal, is_deliverable
from newsletter.models import Consent, Delivery, Segment, Suppression
from newsletter.smtp import BrokenError, Connection, RefusedError, Server

logger = structlog.get_logger(__name__)

MOST_CONNECTION_ERRORS = 50
MOST_SUSPICIOUS = 3
# What the server took is worth waiting for a database that restarts.
DATABASE_PATIENCE_SECONDS = 60
LONGEST_NAP_SECONDS = 1.0
SLOW_DOWN_SECONDS = 5

State = Delivery.State

# Celery's main process tells its children, which share this page of memory with it, that it wants to stop.
_stop_page = mmap.mmap(-1, 1)


def ask_to_stop() -> None:
    _stop_page[0] = 1


def is_asked_to_stop() -> bool:
    return _stop_page[0] == 1


class Sender:
    """Sends for one edition until nothing is left to claim, the time is over, or somebody asks it to stop."""

    def __init__(self, edition_id: UUID, *, server: Server) -> None:
        self._edition_id = edition_id
        self._server = server
        self._sender = parseaddr(settings.MAIL_FROM)[1]
        self._connection = Connection(server)
        self._letters: dict[UUID, Letter] = {}
        self._previous: Outcome | None = None
        self._connection_errors = 0
        self._suspicious: list[Copy] = []
        # The others of this round would fare no better; the next round, or the next run, may.
        self._round_is_over = False
        self._run_is_over = False

    def run(self, *, until: float) -> None:
        """`until` is a moment of the monotonic clock."""
        with _terminating_politely() as is_terminated:
            try:
                while not self._run_is_over and time.monotonic() < until:
                    if not self._round(lambda: is_terminated() or is_asked_to_stop()):
                        break
                self._settle()
            finally:
                self._connection.close()

    def _round(self, should_stop: Callable[[], bool]) -> bool:
        """Whether there may be more to do."""
        if should_stop():
            return False
        allowance = rates.take_from(
            str(self._server), wanted=deliveries.MOST_CLAIMED, most_per_minute=settings.SENDING_PER_MINUTE
        )
        if not allowance.mails:
            self._settle()
            time.sleep(min(allowance.wait_seconds, LONGEST_NAP_SECONDS))
            return True
        copies = deliveries.claim(edition_id=self._edition_id, limit=allowance.mails)
        reach("claimed")
        self._round_is_over = False
        for number, copy in enumerate(copies):
            if self._round_is_over or self._run_is_over or should_stop():
                self._settle()
                deliveries.lay_down(copies[number:])
                reach("laid_down")
                break
            self._send(copy)
        return bool(copies)

    def _send(self, copy: Copy) -> None:
        if not is_deliverable(copy.address):
            self._note(copy, malformed(copy.address))
            return
        try:
            body = self._letter(copy.segment_id).to(_personal(copy), now=timezone.now())
        except ValueError as error:
            # A setting that cannot stand in a mail would fail for all of them.
            self._note(copy, Fault(Meaning.PAUSE, "", f"The mail cannot be written: {error}"))
            return
        self._connection.renew_if_worn()
        is_fresh = self._connection.is_fresh
        try:
            self._connection.offer(sender=self._sender, recipient=copy.address)
            reach("recipient_accepted")
            if not self._allow(copy):
                self._connection.reset()
                self._lay_down(copy)
                return
            allowed_at = time.monotonic()
            reach("allowed")
            self._connection.open_data()
            reach("data_opened")
            self._connection.send_body(body)
            reach("body_sent")
            if time.monotonic() - allowed_at > deliveries.sending_lease_seconds() / 2:
                # We were asleep: by now others may think that this copy is lost.
                self._connection.drop()
                self._previous = Outcome(copy, State.PENDING, detail="Held for too long; not sent.")
                return
            reply = self._connection.finish()
            reach("dot_answered")
        except (RefusedError, BrokenError) as error:
            self._note(copy, fault_of(error, is_fresh=is_fresh))
            return
        self._connection_errors = 0
        self._suspicious = []
        self._previous = Outcome(copy, State.ACCEPTED, "250", reply)

    def _note(self, copy: Copy, fault: Fault) -> None:
        self._settle()
        match fault.meaning:
            case Meaning.UNCERTAIN:
                self._record(Outcome(copy, State.UNCERTAIN, fault.code, fault.detail))
                self._count_connection_error(fault)
            case Meaning.DEFER:
                self._record(deliveries.after_refusal(copy, code=fault.code, detail=fault.detail))
            case Meaning.SUSPICIOUS:
                self._suspect(copy, fault)
            case Meaning.FAIL | Meaning.BOUNCE:
                self._fail(copy, fault)
            case Meaning.SLOW_DOWN:
                self._put_back(copy, fault, seconds=SLOW_DOWN_SECONDS)
                rates.slow_down(str(self._server), edition_id=self._edition_id)
                self._round_is_over = True
            case Meaning.RECONNECT:
                self._put_back(copy, fault)
                self._count_connection_error(fault)
            case Meaning.OUTAGE:
                self._put_back(copy, fault)
                self._pause(fault, comes_back=True)
            case Meaning.PAUSE:
                self._put_back(copy, fault)
                self._pause(fault, comes_back=False)

    def _fail(self, copy: Copy, fault: Fault) -> None:
        self._record(Outcome(copy, State.FAILED, fault.code, fault.detail, counts=True))
        if fault.meaning == Meaning.BOUNCE:
            key = deliveries.address_key_of(copy)
            consent.suppress(
                keys=[key],
                reason=Suppression.Reason.HARD_BOUNCE,
                source=Consent.Source.PROVIDER,
                now=timezone.now(),
            )
        if deliveries.too_many_fail(edition_id=self._edition_id):
            self._pause(
                Fault(Meaning.PAUSE, fault.code, f"Too many fail, like {fault.detail}"), comes_back=False
            )

    def _suspect(self, copy: Copy, fault: Fault) -> None:
        self._suspicious.append(copy)
        if len(self._suspicious) < MOST_SUSPICIOUS:
            self._record(deliveries.after_refusal(copy, code=fault.code, detail=fault.detail))
        else:
            self._put_back(copy, fault)
            self._pause(fault, comes_back=False)

    def _put_back(self, copy: Copy, fault: Fault, *, seconds: float = 0) -> None:
        """It was not sent and is not to blame: no attempt is counted."""
        self._record(Outcome(copy, State.PENDING, fault.code, fault.detail, delay_seconds=seconds))

    def _count_connection_error(self, fault: Fault) -> None:
        self._connection_errors += 1
        if self._connection_errors >= MOST_CONNECTION_ERRORS:
            self._pause(fault, comes_back=True)
        elif self._connection_errors > 1:
            time.sleep(0.1)

    def _pause(self, fault: Fault, *, comes_back: bool) -> None:
        self._run_is_over = True
        editions.pause(edition_id=self._edition_id, reason=fault.detail, comes_back=comes_back)
        logger.error(
            "edition_paused", edition=str(self._edition_id), reason=fault.detail, comes_back=comes_back
        )

    def _lay_down(self, copy: Copy) -> None:
        if State.PENDING in deliveries.lay_down([copy]):
            # Its edition was paused.
            self._round_is_over = True

    # --- The ledger, whatever the database does -----------------------------------------------

    def _allow(self, copy: Copy) -> bool:
        reach("accepted_unrecorded" if self._previous else "first_unallowed")
        allowed = _patiently(lambda again: deliveries.allow(copy, after=self._previous, again=again))
        self._previous = None
        return allowed

    def _record(self, outcome: Outcome) -> None:
        _patiently(lambda _: deliveries.record(outcome))
        reach(f"recorded_{outcome.state}")

    def _settle(self) -> None:
        if self._previous is not None:
            outcome, self._previous = self._previous, None
            self._record(outcome)

    def _letter(self, segment_id: UUID) -> Letter:
        if segment_id not in self._letters:
            segment = Segment.objects.get(pk=segment_id)
            self._letters[segment_id] = Letter.of(
                segment, sender=settings.MAIL_FROM, domain=settings.MAIL_DOMAIN
            )
        return self._letters[segment_id]


def _personal(copy: Copy) -> Personal:
    # A copy without a subscriber is never allowed; its links lead nowhere.
    subscriber = copy.subscriber_id or copy.id
    return Personal(
        address=copy.address,
        message_id=copy.message_id,
        unsubscribe_url=links.unsubscribe_url(subscriber),
        preferences_url=links.preferences_url(subscriber),
        one_click_url=links.one_click_url(subscriber),
    )


def _patiently(deed: Callable[[bool], bool]) -> bool:
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


@contextlib.contextmanager
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
