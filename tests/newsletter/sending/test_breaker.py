"""How many failures in a row pause an edition, and what ends the row."""

import pytest

from newsletter.models import Edition
from newsletter.sending.breaker import MOST_CONNECTION_ERRORS, MOST_SUSPICIOUS, CircuitBreaker
from newsletter.transport.failures import DeliveryFailure, FailureAction
from tests.factories import NOW, EditionFactory

pytestmark = pytest.mark.django_db

FAILURE = DeliveryFailure(FailureAction.RECONNECT, "", "MAIL: gone")


@pytest.fixture
def edition() -> Edition:
    made: Edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=1)
    return made


def test_many_connection_errors_in_a_row_pause_the_edition_for_a_while(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)

    for _ in range(MOST_CONNECTION_ERRORS - 1):
        breaker.count_connection_error(FAILURE)
    was_open = breaker.is_open
    breaker.count_connection_error(FAILURE)

    edition.refresh_from_db()
    assert (was_open, breaker.is_open) == (False, True)
    assert (edition.state, edition.state_reason) == ("paused", "MAIL: gone")
    assert edition.resume_at is not None


def test_the_third_refusal_on_principle_in_a_row_is_about_us(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)

    answers = [breaker.count_suspicious(FAILURE) for _ in range(MOST_SUSPICIOUS)]

    edition.refresh_from_db()
    assert answers == [True, True, False]
    assert (edition.state, edition.resume_at) == ("paused", None)


def test_a_mail_that_goes_well_ends_the_row(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)

    for _ in range(MOST_CONNECTION_ERRORS * 2):
        breaker.count_connection_error(FAILURE)
        breaker.count_suspicious(FAILURE)
        breaker.count_success()

    assert not breaker.is_open
    edition.refresh_from_db()
    assert edition.state == "sending"


def test_it_opens_without_pausing(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)

    breaker.open()

    edition.refresh_from_db()
    assert breaker.is_open
    assert edition.state == "sending"
