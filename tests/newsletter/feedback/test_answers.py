"""What servers' answers say of a mailbox where another passes them on, by the table of real answers."""

import pytest

from newsletter.feedback.answers import OF_THE_SENDER, answer_in, is_gone, is_of_the_sender
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
        assert is_of_the_sender(*passed_on)
    if answer.concern in {Concern.GONE, Concern.MAILBOX}:
        assert not is_of_the_sender(*passed_on)
