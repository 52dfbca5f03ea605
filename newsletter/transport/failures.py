"""What a failed attempt means for the mail, for its mailbox and for all other mails: pure rules without state."""

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.transport.smtp import BrokenError, Phase, RefusedError

RATE_WORDS = re.compile(r"rate|too many|too fast|throttl|limit|slow down|try again in", re.IGNORECASE)
AUTHENTICATION = {530, 534, 535, 538}


class FailureAction(StrEnum):
    # This mail waits and is tried again.
    DEFER = "defer"
    # This mail is over; the next edition may go through.
    FAIL = "fail"
    # The mailbox does not exist: over, and never again.
    BOUNCE = "bounce"
    # The server may have taken it: only evidence can tell.
    UNCERTAIN = "uncertain"
    # We are too fast, and no attempt is counted.
    SLOW_DOWN = "slow_down"
    # This mail is not to blame and was not sent: it goes back, and the next connection may do.
    RECONNECT = "reconnect"
    # Nothing goes through just now: the edition waits a little and goes on by itself.
    OUTAGE = "outage"
    # A person must mend something: the edition waits for staff.
    PAUSE = "pause"
    # The server refuses this mailbox on principle; several in a row mean that it refuses us.
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
        is_final = self.action in {FailureAction.BOUNCE, FailureAction.FAIL, FailureAction.SUSPICIOUS}
        return is_final and self.phase == Phase.RCPT


class DeliveryError(Exception):
    """A mail was not sent, or perhaps not: `failure` says what that means."""

    def __init__(self, failure: DeliveryFailure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def failure_of(error: RefusedError | BrokenError, *, is_fresh: bool) -> DeliveryFailure:
    """`is_fresh`: the connection had carried no mail yet, so that its end has no innocent reason."""
    if isinstance(error, BrokenError):
        action, code, reason = _action_of_break(error), "", error.cause
    else:
        action = _action_of_refusal(error, is_fresh=is_fresh)
        code, reason = error.enhanced or str(error.code), str(error.code)
    return DeliveryFailure(
        action,
        code,
        detail=str(error),
        phase=error.phase,
        words=error.words,
        summary=f"{error.phase.name} {reason}".rstrip(),
    )


def malformed(address: str) -> DeliveryFailure:
    """The failure of an address that no server is asked about."""
    words = f"Not an address that mail can be sent to: {address[:100]!a}"
    return DeliveryFailure(FailureAction.BOUNCE, "5.1.3", words, Phase.RCPT, words, summary="RCPT malformed")


def unwritable(error: ValueError) -> DeliveryFailure:
    """The failure of a mail into which something, a setting maybe, cannot be written; all others would fail too."""
    words = f"The mail cannot be written: {error}"
    return DeliveryFailure(FailureAction.PAUSE, "", words, words=words, summary="unwritable")


def _action_of_break(error: BrokenError) -> FailureAction:
    if error.phase == Phase.DOT:
        return FailureAction.UNCERTAIN
    if error.phase in {Phase.CONNECT, Phase.LOGIN}:
        return FailureAction.OUTAGE
    return FailureAction.RECONNECT


def _action_of_refusal(error: RefusedError, *, is_fresh: bool) -> FailureAction:
    if error.code in AUTHENTICATION:
        return FailureAction.PAUSE
    return _temporary(error, is_fresh=is_fresh) if error.code < 500 else _permanent(error)


def _temporary(error: RefusedError, *, is_fresh: bool) -> FailureAction:
    if error.phase in {Phase.CONNECT, Phase.LOGIN}:
        return FailureAction.OUTAGE
    if error.code == 421 and not is_fresh:
        # Many say so after a number of mails, whatever else they say; what a fresh connection hears is about us.
        return FailureAction.RECONNECT
    if error.enhanced.startswith("4.7") or RATE_WORDS.search(error.text):
        return FailureAction.SLOW_DOWN
    if error.code == 421:
        return FailureAction.OUTAGE
    return FailureAction.OUTAGE if error.phase == Phase.MAIL else FailureAction.DEFER


def _permanent(error: RefusedError) -> FailureAction:
    if error.phase <= Phase.MAIL:
        return FailureAction.PAUSE
    if error.enhanced.startswith("5.7"):
        return FailureAction.SUSPICIOUS if error.phase == Phase.RCPT else FailureAction.PAUSE
    if error.phase != Phase.RCPT:
        return FailureAction.FAIL
    if error.enhanced:
        is_gone = error.enhanced.startswith("5.1.") or error.enhanced == "5.2.1"
        return FailureAction.BOUNCE if is_gone else FailureAction.FAIL
    return FailureAction.BOUNCE if error.code in {501, 550, 551, 553, 556} else FailureAction.FAIL
