"""What servers' answers say of a mailbox where another passes them on, by the table of real answers."""

import pytest

from newsletter.feedback.answers import OF_THE_SENDER, answer_in, is_gone, is_no_hard_bounce
from newsletter.transport.refusals import Concern
from newsletter.transport.smtp import Phase
from tests.newsletter.transport.real_answers import REAL_ANSWERS, RealAnswer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("550 5.1.1 No such user", (550, "5.1.1 No such user")),
        ("smtp; 550-5.1.1 The email account", (550, "5.1.1 The email account")),
        ("host mx.example.com[192.0.2.1] said: 452 4.2.2 Full (in reply to RCPT TO command)",
         (452, "4.2.2 Full (in reply to RCPT TO command)")),
        ("550-5.1.1 No such user.\n550-5.1.1 Learn more\n550 5.1.1 here",
         (550, "5.1.1 No such user. 5.1.1 Learn more 5.1.1 here")),
        ("550 5.1.1 No such user.\nReporting-MTA: dns; mx", (550, "5.1.1 No such user.")),
        ("5.1.1 without a code", None),
        ("250 OK", None),
        ("", None),
    ],
)  # fmt: skip
def test_an_answer_is_found_in_what_is_told_of_it(words: str, answer: tuple[int, str] | None) -> None:
    assert answer_in(words) == answer


@pytest.mark.parametrize("answer", REAL_ANSWERS, ids=str)
def test_what_concerns_the_sender_never_ends_a_subscription(answer: RealAnswer) -> None:
    passed_on = answer_in(answer.said)
    assert passed_on

    if answer.concern in OF_THE_SENDER:
        assert not is_gone(*passed_on)
    if answer.concern in OF_THE_SENDER and answer.phase >= Phase.RCPT:
        assert is_no_hard_bounce(*passed_on)
    if answer.concern == Concern.GONE:
        assert not is_no_hard_bounce(*passed_on)


@pytest.mark.parametrize(
    ("said", "gone", "no_hard_bounce"),
    [
        pytest.param("550 5.1.1 No such user", True, False, id="gone"),
        pytest.param("550 Refused", False, False, id="says nothing"),
        pytest.param("552 5.2.2 <a@b.example>: Quota exceeded (mailbox for user is full)", False, True, id="full"),
        pytest.param("550 5.2.2 Over quota", False, True, id="full by its status"),
        pytest.param("550 Mailbox unavailable or access denied", False, True, id="gets too much"),
        pytest.param(
            "550-Requested action not taken: mailbox unavailable\n550 Sender address is not allowed.",
            False, True, id="of our sender, in the second line",
        ),
        pytest.param("554-Transaction failed\n554-Reject due to policy restrictions.", False, True, id="policy"),
        pytest.param("550 5.1.8 Sender domain does not exist", False, True, id="our domain"),
    ],
)  # fmt: skip
def test_a_provider_is_not_believed_against_the_answer(said: str, gone: bool, no_hard_bounce: bool) -> None:
    answer = answer_in(said)
    assert answer

    assert (is_gone(*answer), is_no_hard_bounce(*answer)) == (gone, no_hard_bounce)
