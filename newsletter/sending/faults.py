"""What a failed attempt means: for the copy, for the mailbox, for the whole edition. Pure rules, no state."""

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.transport.smtp import BrokenError, Phase, RefusedError

RATE_WORDS = re.compile(r"rate|too many|too fast|throttl|limit|slow down|try again in", re.IGNORECASE)
AUTHENTICATION = {530, 534, 535, 538}


class Meaning(StrEnum):
    # This copy waits and is tried again.
    DEFER = "defer"
    # This copy is over; the next edition may go through.
    FAIL = "fail"
    # The mailbox does not exist: over, and never again.
    BOUNCE = "bounce"
    # The server may have taken it: only evidence can tell.
    UNCERTAIN = "uncertain"
    # We are too fast: nobody's fault, no attempt is counted.
    SLOW_DOWN = "slow_down"
    # Not this copy's fault and not sent: the copy goes back, the next connection may do.
    RECONNECT = "reconnect"
    # Nothing goes through just now: the edition waits a little and goes on by itself.
    OUTAGE = "outage"
    # Somebody must mend something: the edition waits for staff.
    PAUSE = "pause"
    # The server refuses this mailbox on principle; several in a row mean that it refuses us.
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True)
class Fault:
    meaning: Meaning
    code: str
    detail: str


def fault_of(error: RefusedError | BrokenError, *, is_fresh: bool) -> Fault:
    """`is_fresh`: the connection has carried no mail yet, so that its end has no innocent reason."""
    if isinstance(error, BrokenError):
        return Fault(_meaning_of_broken(error), "", str(error))
    return Fault(_meaning_of_refused(error, is_fresh=is_fresh), error.enhanced or str(error.code), str(error))


def malformed(address: str) -> Fault:
    return Fault(Meaning.BOUNCE, "5.1.3", f"Not an address that mail can be sent to: {address[:100]!a}")


def _meaning_of_broken(error: BrokenError) -> Meaning:
    if error.phase == Phase.DOT:
        return Meaning.UNCERTAIN
    if error.phase in {Phase.CONNECT, Phase.LOGIN}:
        return Meaning.OUTAGE
    return Meaning.RECONNECT


def _meaning_of_refused(error: RefusedError, *, is_fresh: bool) -> Meaning:
    if error.code in AUTHENTICATION:
        return Meaning.PAUSE
    return _temporary(error, is_fresh=is_fresh) if error.code < 500 else _permanent(error)


def _temporary(error: RefusedError, *, is_fresh: bool) -> Meaning:
    if error.phase in {Phase.CONNECT, Phase.LOGIN}:
        return Meaning.OUTAGE
    if error.code == 421 and not is_fresh:
        # Many say so after a number of mails, whatever else they say; what a fresh connection hears is about us.
        return Meaning.RECONNECT
    if error.enhanced.startswith("4.7") or RATE_WORDS.search(error.text):
        return Meaning.SLOW_DOWN
    if error.code == 421:
        return Meaning.OUTAGE
    return Meaning.OUTAGE if error.phase == Phase.MAIL else Meaning.DEFER


def _permanent(error: RefusedError) -> Meaning:
    if error.phase <= Phase.MAIL:
        return Meaning.PAUSE
    if error.enhanced.startswith("5.7"):
        return Meaning.SUSPICIOUS if error.phase == Phase.RCPT else Meaning.PAUSE
    if error.phase != Phase.RCPT:
        return Meaning.FAIL
    if error.enhanced:
        is_gone = error.enhanced.startswith("5.1.") or error.enhanced == "5.2.1"
        return Meaning.BOUNCE if is_gone else Meaning.FAIL
    return Meaning.BOUNCE if error.code in {501, 550, 551, 553, 556} else Meaning.FAIL
