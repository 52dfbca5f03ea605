"""What a failed attempt means for the mail, for its mailbox and for all other mails: pure rules without state."""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.transport.refusals import OF_SETTINGS, Concern, concern_of
from newsletter.transport.smtp import BrokenError, Phase, RefusedError


class FailureAction(StrEnum):
    # This mail waits and is tried again, a bounded number of times.
    DEFER = "defer"
    # This mail is over; the next edition may go through.
    FAIL = "fail"
    # The mailbox does not exist: over, and never again once the refusal proves to be a single one.
    BOUNCE = "bounce"
    # The server may have taken it: only evidence can tell.
    UNCERTAIN = "uncertain"
    # We are too fast: all mails over this route wait a little, and this one longer.
    SLOW_DOWN = "slow_down"
    # The connection had come to its end, as connections do: the same mail at once over a new one.
    RECONNECT = "reconnect"
    # No answer that can be read came to this mail: over another connection first, then it waits as if it was deferred.
    CUT_OFF = "cut_off"
    # The server lets nobody in, or takes no sender: several in a row mean that the edition waits and goes on by itself.
    OUTAGE = "outage"
    # A person must mend something: the edition waits for staff.
    PAUSE = "pause"
    # The server refuses us, not the mailbox: several in a row mean that the edition waits for staff.
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True)
class DeliveryFailure:
    """`code` is the enhanced status (RFC 3463), else the reply's code, else empty; `detail` is for staff.

    `detail` may quote the address; `summary` never does: the phase, and the reply's code or the kind of error.
    """

    action: FailureAction
    code: str
    detail: str
    phase: Phase | None = None
    # `detail` without the phase.
    words: str = ""
    summary: str = ""
    concern: Concern | None = None

    @property
    def may_be_sent(self) -> bool:
        return self.action == FailureAction.UNCERTAIN

    @property
    def is_of_server(self) -> bool:
        """It cannot be reached, or does not let us in: no other mail would fare better."""
        return self.phase is not None and self.phase <= Phase.LOGIN

    @property
    def is_of_mailbox(self) -> bool:
        """There is no such mailbox, or it gets no mail."""
        return self.action in {FailureAction.BOUNCE, FailureAction.FAIL} and self.phase == Phase.RCPT


class DeliveryError(Exception):
    """A mail was not sent, or perhaps not: `failure` says what that means."""

    def __init__(self, failure: DeliveryFailure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def failure_of(error: RefusedError | BrokenError, *, is_fresh: bool) -> DeliveryFailure:
    """`is_fresh`: the connection had carried no mail yet, so that its end has no innocent reason."""
    concern = None
    if isinstance(error, BrokenError):
        action, code, reason = _action_of_break(error.phase, is_fresh=is_fresh), "", error.cause
    else:
        concern = concern_of(error)
        action = _action_of_refusal(error, concern, is_fresh=is_fresh)
        code, reason = error.enhanced or str(error.code), str(error.code)
    return DeliveryFailure(
        action,
        code,
        detail=str(error),
        phase=error.phase,
        words=error.words,
        summary=f"{error.phase.name} {reason}".rstrip(),
        concern=concern,
    )


def malformed(address: str) -> DeliveryFailure:
    """The failure of an address that no server is asked about."""
    words = f"Not an address that mail can be sent to: {address[:100]!a}"
    return DeliveryFailure(
        *(FailureAction.BOUNCE, "5.1.3", words, Phase.RCPT, words),
        summary="RCPT malformed",
        concern=Concern.GONE,
    )


def unwritable(error: ValueError) -> DeliveryFailure:
    """The failure of a mail into which something, a setting maybe, cannot be written; all others would fail too."""
    words = f"The mail cannot be written: {error}"
    return DeliveryFailure(FailureAction.PAUSE, "", words, words=words, summary="unwritable")


def _action_of_break(phase: Phase, *, is_fresh: bool) -> FailureAction:
    if phase == Phase.DOT:
        return FailureAction.UNCERTAIN
    if phase <= Phase.LOGIN:
        return FailureAction.OUTAGE
    if phase <= Phase.RCPT and not is_fresh:
        return FailureAction.RECONNECT
    return FailureAction.OUTAGE if phase == Phase.MAIL else FailureAction.CUT_OFF


def _action_of_refusal(error: RefusedError, concern: Concern | None, *, is_fresh: bool) -> FailureAction:
    if concern == Concern.SETTINGS and (error.code in OF_SETTINGS or error.phase <= Phase.MAIL):
        return FailureAction.OUTAGE if error.code < 500 else FailureAction.PAUSE
    if error.phase <= Phase.MAIL:
        return _before_recipient(error, concern, is_fresh=is_fresh)
    if error.code == 421 and error.phase == Phase.RCPT and not is_fresh:
        # Many say so after a number of mails, whatever else they say; what a fresh connection hears is about us.
        return FailureAction.RECONNECT
    if error.code < 500:
        return _temporary(error, concern)
    return _permanent(error, concern)


def _before_recipient(error: RefusedError, concern: Concern | None, *, is_fresh: bool) -> FailureAction:
    """The server has heard of no mailbox yet."""
    if error.code >= 500:
        return FailureAction.PAUSE
    if error.phase < Phase.MAIL:
        return FailureAction.OUTAGE
    if error.code == 421 and not is_fresh:
        return FailureAction.RECONNECT
    return FailureAction.SLOW_DOWN if concern == Concern.RATE else FailureAction.OUTAGE


def _temporary(error: RefusedError, concern: Concern | None) -> FailureAction:
    """It is about this mailbox, unless the words speak of us or of the server."""
    if concern == Concern.RATE:
        return FailureAction.SLOW_DOWN
    if concern == Concern.SERVER or (concern is None and error.code == 421):
        return FailureAction.CUT_OFF
    return FailureAction.DEFER


def _permanent(error: RefusedError, concern: Concern | None) -> FailureAction:
    match concern:
        case Concern.RATE:
            return FailureAction.SLOW_DOWN
        case Concern.REPUTATION | Concern.SETTINGS:
            return FailureAction.SUSPICIOUS
        case Concern.SIZE if error.phase != Phase.RCPT:
            return FailureAction.PAUSE
        case Concern.GONE if error.phase == Phase.RCPT:
            return FailureAction.BOUNCE
    return FailureAction.FAIL
