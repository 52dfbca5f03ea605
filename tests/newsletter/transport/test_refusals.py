"""Real answers of mail servers, each with whom it concerns; and words that only look alike."""

import pytest

from newsletter.transport.failures import failure_of
from newsletter.transport.refusals import Concern, concern_of
from newsletter.transport.smtp import Phase
from tests.newsletter.transport.real_answers import REAL_ANSWERS, RealAnswer, refused


@pytest.mark.parametrize("answer", REAL_ANSWERS, ids=str)
def test_what_servers_really_write_means(answer: RealAnswer) -> None:
    action = failure_of(answer.error, is_fresh=True).action

    assert (concern_of(answer.error), action) == (answer.concern, answer.action)


def test_the_table_of_answers_is_large_and_none_stands_twice() -> None:
    assert len({(answer.phase, answer.said) for answer in REAL_ANSWERS}) == len(REAL_ANSWERS) >= 80
    assert {answer.concern for answer in REAL_ANSWERS} >= set(Concern)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("450 4.2.1 <ann@corporate.example>: come again", id="the name corporate is no rate"),
        pytest.param("450 <spam.rate.limit@virus.example>: come again", id="an address says nothing"),
        pytest.param("450 come again: https://example.com/rate-limited?p=Reputation", id="nor does a link"),
        pytest.param("450 Prefix elaborate unlimited", id="a word within another is none"),
    ],
)
def test_only_whole_words_of_the_server_itself_count(said: str) -> None:
    assert concern_of(refused(Phase.RCPT, said)) is None


def test_an_address_of_the_network_is_no_enhanced_status() -> None:
    assert refused(Phase.RCPT, "550 [5.4.3.2] no").enhanced == ""
    assert refused(Phase.RCPT, "550-5.7.1 [192.0.2.1] no").enhanced == "5.7.1"


def test_a_slow_pattern_is_not_met_by_a_long_answer() -> None:
    """A server may write what it likes; of its answer 300 characters are read."""
    for piece in ("mailbox ", "message exceeds ", "user a ", "exceeded ", "messages to "):
        assert len(refused(Phase.RCPT, "450 " + piece * 1_000).text) == 300
