"""What a failed attempt means, as a table: by phase, by code, by the server's words."""

import pytest

from newsletter.transport.failures import (
    DeliveryFailure,
    FailureAction,
    failure_of,
    malformed,
    unwritable,
)
from newsletter.transport.smtp import BrokenError, Phase, RefusedError

GREETING = [Phase.CONNECT, Phase.LOGIN]


@pytest.mark.parametrize(
    ("phase", "action"),
    [
        *((phase, FailureAction.OUTAGE) for phase in GREETING),
        *((phase, FailureAction.CUT_OFF) for phase in (Phase.DATA, Phase.BODY)),
        (Phase.DOT, FailureAction.UNCERTAIN),
    ],
    ids=lambda value: value.name,
)
@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "used"])
def test_a_connection_that_broke_may_have_taken_the_mail_after_the_dot_alone(
    phase: Phase, action: FailureAction, is_fresh: bool
) -> None:
    assert failure_of(BrokenError(phase, "timed out"), is_fresh=is_fresh).action == action


@pytest.mark.parametrize(
    ("phase", "when_fresh"), [(Phase.MAIL, FailureAction.OUTAGE), (Phase.RCPT, FailureAction.CUT_OFF)]
)
def test_a_used_connection_ends_for_no_reason_and_a_fresh_one_for_a_reason(
    phase: Phase, when_fresh: FailureAction
) -> None:
    error = BrokenError(phase, "closed")

    assert failure_of(error, is_fresh=False).action == FailureAction.RECONNECT
    assert failure_of(error, is_fresh=True).action == when_fresh


REFUSALS = [
    # We must log in, and may not.
    (Phase.LOGIN, 535, "5.7.8 Error: authentication failed", FailureAction.PAUSE),
    (Phase.MAIL, 530, "5.7.0 Must issue a STARTTLS command first", FailureAction.PAUSE),
    # For a while.
    (Phase.CONNECT, 421, "Service not available", FailureAction.OUTAGE),
    (Phase.CONNECT, 450, "4.7.1 Too many connections", FailureAction.OUTAGE),
    (Phase.LOGIN, 454, "4.7.0 Temporary authentication failure", FailureAction.OUTAGE),
    (Phase.MAIL, 451, "4.3.0 Try again", FailureAction.OUTAGE),
    (Phase.MAIL, 452, "4.3.1 Insufficient system storage", FailureAction.OUTAGE),
    (Phase.MAIL, 450, "4.7.1 Rejected", FailureAction.OUTAGE),
    (Phase.RCPT, 450, "4.2.1 The user is receiving mail too fast", FailureAction.DEFER),
    (Phase.RCPT, 450, "4.2.1 THROTTLED", FailureAction.SLOW_DOWN),
    (Phase.RCPT, 450, "4.2.1 Mailbox busy", FailureAction.DEFER),
    (Phase.RCPT, 452, "4.2.2 Over quota", FailureAction.DEFER),
    (Phase.DOT, 451, "4.3.0 Local error in processing", FailureAction.CUT_OFF),
    # For good.
    (Phase.CONNECT, 554, "5.7.1 Access denied", FailureAction.PAUSE),
    (Phase.MAIL, 550, "5.7.1 Sender refused", FailureAction.PAUSE),
    (Phase.MAIL, 553, "Sender unknown", FailureAction.PAUSE),
    (Phase.RCPT, 550, "5.1.1 User unknown", FailureAction.BOUNCE),
    (Phase.RCPT, 550, "5.1.10 Recipient not found", FailureAction.BOUNCE),
    (Phase.RCPT, 550, "5.2.1 Mailbox disabled", FailureAction.BOUNCE),
    (Phase.RCPT, 552, "5.2.2 Mailbox full", FailureAction.FAIL),
    (Phase.RCPT, 550, "5.7.1 Blocked", FailureAction.SUSPICIOUS),
    (Phase.RCPT, 550, "No such user here", FailureAction.BOUNCE),
    (Phase.RCPT, 552, "Mailbox full", FailureAction.FAIL),
    (Phase.DATA, 554, "No valid recipients", FailureAction.FAIL),
    (Phase.DOT, 554, "5.6.0 Malformed message", FailureAction.FAIL),
    (Phase.DOT, 550, "5.7.1 Message refused as spam", FailureAction.FAIL),
    *((phase, code, "Log in first", FailureAction.PAUSE) for code in (530, 534, 535, 538) for phase in Phase),
    *((Phase.RCPT, code, "No", FailureAction.BOUNCE) for code in (501, 550, 551, 553, 556)),
    *((Phase.RCPT, code, "No", FailureAction.FAIL) for code in (500, 552, 554)),
    (Phase.RCPT, 550, "5.5.0 No", FailureAction.FAIL),
    (Phase.RCPT, 452, "Too many recipients", FailureAction.SLOW_DOWN),
    (Phase.RCPT, 450, "4.7.28 Later", FailureAction.SLOW_DOWN),
    (Phase.LOGIN, 500, "What?", FailureAction.PAUSE),
    (Phase.DATA, 451, "Later", FailureAction.DEFER),
    (Phase.DATA, 554, "5.7.1 Spam", FailureAction.FAIL),
    (Phase.DOT, 550, "No", FailureAction.FAIL),
]


@pytest.mark.parametrize(
    ("phase", "code", "text", "action"),
    REFUSALS,
    ids=[f"{phase.name} {code} {text}" for phase, code, text, _ in REFUSALS],
)
@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "used"])
def test_a_refusal_means(phase: Phase, code: int, text: str, action: FailureAction, is_fresh: bool) -> None:
    assert failure_of(RefusedError(phase, code, text), is_fresh=is_fresh).action == action


@pytest.mark.parametrize(
    ("phase", "text", "when_fresh", "when_used"),
    [
        (Phase.MAIL, "Closing connection", FailureAction.OUTAGE, FailureAction.RECONNECT),
        (Phase.MAIL, "4.7.0 Too many messages", FailureAction.SLOW_DOWN, FailureAction.RECONNECT),
        (Phase.RCPT, "Closing connection", FailureAction.CUT_OFF, FailureAction.RECONNECT),
        (Phase.RCPT, "4.7.0 Too many messages", FailureAction.SLOW_DOWN, FailureAction.RECONNECT),
        (Phase.RCPT, "Goodbye", FailureAction.CUT_OFF, FailureAction.RECONNECT),
        # The copy was allowed: it can't be offered again at once.
        (Phase.DATA, "Closing connection", FailureAction.CUT_OFF, FailureAction.CUT_OFF),
        (Phase.DOT, "Goodbye", FailureAction.CUT_OFF, FailureAction.CUT_OFF),
    ],
)
def test_a_421_of_a_used_connection_is_its_end_and_of_a_fresh_one_means_what_it_says(
    phase: Phase, text: str, when_fresh: FailureAction, when_used: FailureAction
) -> None:
    error = RefusedError(phase, 421, text)

    assert failure_of(error, is_fresh=True).action == when_fresh
    assert failure_of(error, is_fresh=False).action == when_used


@pytest.mark.parametrize(
    ("text", "code"), [("5.1.1 User unknown", "5.1.1"), ("User unknown", "550"), ("", "550")]
)
def test_the_enhanced_code_is_kept_where_there_is_one(text: str, code: str) -> None:
    failure = failure_of(RefusedError(Phase.RCPT, 550, text), is_fresh=True)

    assert (failure.code, failure.detail) == (code, f"RCPT: 550 {text}")


def test_an_address_that_cannot_be_mailed_is_a_mailbox_that_does_not_exist() -> None:
    failure = malformed("ädа" + "x" * 200)

    assert (failure.action, failure.code) == (FailureAction.BOUNCE, "5.1.3")
    assert failure.detail.isascii()
    assert len(failure.detail) < 300


@pytest.mark.parametrize("phase", Phase, ids=lambda phase: phase.name)
def test_only_after_the_dot_may_a_mail_be_sent_without_an_answer(phase: Phase) -> None:
    failure = failure_of(BrokenError.by(ConnectionResetError("gone"), phase), is_fresh=False)

    assert failure.may_be_sent == (phase == Phase.DOT)
    assert failure.summary == f"{phase.name} ConnectionResetError"


@pytest.mark.parametrize(
    ("failure", "is_of_server", "is_of_mailbox"),
    [
        (failure_of(RefusedError(Phase.LOGIN, 535, "no"), is_fresh=True), True, False),
        (failure_of(RefusedError(Phase.RCPT, 450, "later"), is_fresh=True), False, False),
        (failure_of(RefusedError(Phase.RCPT, 530, "log in"), is_fresh=True), False, False),
        (
            failure_of(RefusedError(Phase.RCPT, 550, "5.7.1 blocked using a list"), is_fresh=True),
            False,
            False,
        ),
        (failure_of(RefusedError(Phase.RCPT, 552, "5.2.2 full"), is_fresh=True), False, True),
        (failure_of(RefusedError(Phase.DOT, 550, "5.6.0 foul"), is_fresh=True), False, False),
        (malformed("ada"), False, True),
        (unwritable(ValueError("ü")), False, False),
    ],
    ids=lambda value: value.summary if isinstance(value, DeliveryFailure) else None,
)
def test_whom_a_failure_concerns(failure: DeliveryFailure, is_of_server: bool, is_of_mailbox: bool) -> None:
    assert (failure.is_of_server, failure.is_of_mailbox) == (is_of_server, is_of_mailbox)


def test_a_summary_never_quotes_the_address() -> None:
    refusal = RefusedError(Phase.RCPT, 550, "5.1.1 <ada@example.com> is unknown")

    failure = failure_of(refusal, is_fresh=True)

    assert (failure.code, failure.summary) == ("5.1.1", "RCPT 550")
    assert failure.detail == "RCPT: 550 5.1.1 <ada@example.com> is unknown"
    assert "ada" not in malformed("ada").summary
