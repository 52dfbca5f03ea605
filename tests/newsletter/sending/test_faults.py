"""What a failed attempt means, as a table: by phase, by code, by the server's words."""

import pytest

from newsletter.sending.faults import Meaning, fault_of, malformed
from newsletter.transport.smtp import BrokenError, Phase, RefusedError

GREETING = [Phase.CONNECT, Phase.LOGIN]
TALKING = [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.BODY]


@pytest.mark.parametrize(
    ("phase", "meaning"),
    [
        *((phase, Meaning.OUTAGE) for phase in GREETING),
        *((phase, Meaning.RECONNECT) for phase in TALKING),
        (Phase.DOT, Meaning.UNCERTAIN),
    ],
    ids=lambda value: value.name,
)
@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "used"])
def test_a_connection_that_broke_may_have_taken_the_mail_after_the_dot_alone(
    phase: Phase, meaning: Meaning, is_fresh: bool
) -> None:
    assert fault_of(BrokenError(phase, "timed out"), is_fresh=is_fresh).meaning == meaning


REFUSALS = [
    # We must log in, and may not.
    (Phase.LOGIN, 535, "5.7.8 Error: authentication failed", Meaning.PAUSE),
    (Phase.MAIL, 530, "5.7.0 Must issue a STARTTLS command first", Meaning.PAUSE),
    # For a while.
    (Phase.CONNECT, 421, "Service not available", Meaning.OUTAGE),
    (Phase.CONNECT, 450, "4.7.1 Too many connections", Meaning.OUTAGE),
    (Phase.LOGIN, 454, "4.7.0 Temporary authentication failure", Meaning.OUTAGE),
    (Phase.MAIL, 451, "4.3.0 Try again", Meaning.OUTAGE),
    (Phase.MAIL, 452, "4.3.1 Insufficient system storage", Meaning.OUTAGE),
    (Phase.MAIL, 450, "4.7.1 Rejected", Meaning.SLOW_DOWN),
    (Phase.RCPT, 450, "4.2.1 The user is receiving mail too fast", Meaning.SLOW_DOWN),
    (Phase.RCPT, 450, "4.2.1 THROTTLED", Meaning.SLOW_DOWN),
    (Phase.RCPT, 450, "4.2.1 Mailbox busy", Meaning.DEFER),
    (Phase.RCPT, 452, "4.2.2 Over quota", Meaning.DEFER),
    (Phase.DOT, 451, "4.3.0 Local error in processing", Meaning.DEFER),
    # For good.
    (Phase.CONNECT, 554, "5.7.1 Access denied", Meaning.PAUSE),
    (Phase.MAIL, 550, "5.7.1 Sender refused", Meaning.PAUSE),
    (Phase.MAIL, 553, "Sender unknown", Meaning.PAUSE),
    (Phase.RCPT, 550, "5.1.1 User unknown", Meaning.BOUNCE),
    (Phase.RCPT, 550, "5.1.10 Recipient not found", Meaning.BOUNCE),
    (Phase.RCPT, 550, "5.2.1 Mailbox disabled", Meaning.BOUNCE),
    (Phase.RCPT, 552, "5.2.2 Mailbox full", Meaning.FAIL),
    (Phase.RCPT, 550, "5.7.1 Blocked", Meaning.SUSPICIOUS),
    (Phase.RCPT, 550, "No such user here", Meaning.BOUNCE),
    (Phase.RCPT, 552, "Mailbox full", Meaning.FAIL),
    (Phase.DATA, 554, "No valid recipients", Meaning.FAIL),
    (Phase.DOT, 554, "5.6.0 Malformed message", Meaning.FAIL),
    (Phase.DOT, 550, "5.7.1 Message refused as spam", Meaning.PAUSE),
]


@pytest.mark.parametrize(
    ("phase", "code", "text", "meaning"),
    REFUSALS,
    ids=[f"{phase.name} {code} {text}" for phase, code, text, _ in REFUSALS],
)
@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "used"])
def test_a_refusal_means(phase: Phase, code: int, text: str, meaning: Meaning, is_fresh: bool) -> None:
    assert fault_of(RefusedError(phase, code, text), is_fresh=is_fresh).meaning == meaning


@pytest.mark.parametrize("phase", TALKING, ids=lambda phase: phase.name)
@pytest.mark.parametrize(
    ("text", "when_fresh"),
    [
        pytest.param("Closing connection", Meaning.OUTAGE, id="plainly"),
        pytest.param("4.7.0 Too many messages", Meaning.SLOW_DOWN, id="for too many mails"),
    ],
)
def test_a_421_of_a_used_connection_is_its_end_and_of_a_fresh_one_about_us(
    phase: Phase, text: str, when_fresh: Meaning
) -> None:
    error = RefusedError(phase, 421, text)

    assert fault_of(error, is_fresh=False).meaning == Meaning.RECONNECT
    assert fault_of(error, is_fresh=True).meaning == when_fresh


@pytest.mark.parametrize(
    ("text", "code"), [("5.1.1 User unknown", "5.1.1"), ("User unknown", "550"), ("", "550")]
)
def test_the_enhanced_code_is_kept_where_there_is_one(text: str, code: str) -> None:
    fault = fault_of(RefusedError(Phase.RCPT, 550, text), is_fresh=True)

    assert (fault.code, fault.detail) == (code, f"RCPT: 550 {text}")


def test_an_address_that_cannot_be_mailed_is_a_mailbox_that_does_not_exist() -> None:
    fault = malformed("ädа" + "x" * 200)

    assert (fault.meaning, fault.code) == (Meaning.BOUNCE, "5.1.3")
    assert fault.detail.isascii()
    assert len(fault.detail) < 300
