"""How many failures in a row pause an edition, and what ends the row."""

import pytest

from newsletter.deliveries import health
from newsletter.models import Edition, EditionHealth
from newsletter.sending import editions
from newsletter.sending.breaker import (
    MOST_CONNECTION_ERRORS,
    MOST_SUSPICIOUS,
    MOST_UNREACHABLE,
    CircuitBreaker,
)
from newsletter.transport.failures import DeliveryFailure, FailureAction
from newsletter.transport.refusals import Concern
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
        breaker.count_unreachable(FAILURE)
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


def test_one_connection_that_cannot_be_opened_stops_no_other_and_five_in_a_row_wait(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)

    for _ in range(MOST_UNREACHABLE - 1):
        breaker.count_unreachable(FAILURE)
    was_open = breaker.is_open
    breaker.count_unreachable(FAILURE)

    edition.refresh_from_db()
    assert (was_open, breaker.is_open) == (False, True)
    assert (edition.state, edition.resume_at is not None) == ("paused", True)


def test_too_many_failures_among_the_latest_copies_pause_the_edition_and_say_over_what(
    edition: Edition,
) -> None:
    gone = DeliveryFailure(FailureAction.BOUNCE, "5.1.1", "RCPT: 550 5.1.1 no", concern=Concern.GONE)
    breakers = CircuitBreaker(edition.pk), CircuitBreaker(edition.pk)
    for _ in range(1_100):
        breakers[0].count_success()

    for number in range(22):
        breakers[number % 2].count_failure(gone)

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at) == ("paused", None)
    assert edition.state_reason == (
        "21 of about the last 200 copies failed, the latest over a mailbox that does not exist: RCPT: 550 5.1.1 no"
    )


def test_what_went_well_is_counted_at_the_end_of_a_round(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)
    breaker.count_success()
    breaker.count_success()

    breaker.flush()
    breaker.flush()

    assert EditionHealth.objects.get().judged == 2


def test_what_goes_well_is_counted_soon_so_that_no_process_hides_the_failures_of_others(
    edition: Edition,
) -> None:
    breaker = CircuitBreaker(edition.pk)

    for _ in range(120):
        breaker.count_success()

    assert EditionHealth.objects.get().judged == 100


def test_a_process_whose_edition_another_has_paused_stops_at_its_next_failure(edition: Edition) -> None:
    breaker = CircuitBreaker(edition.pk)
    editions.pause(edition_id=edition.pk, reason="by another")

    breaker.count_failure(FAILURE)

    edition.refresh_from_db()
    assert breaker.is_open
    assert edition.state_reason == "by another"


def test_the_reason_of_a_pause_says_in_words_whom_a_refusal_concerns(edition: Edition) -> None:
    refusal = DeliveryFailure(FailureAction.PAUSE, "5.3.4", "MAIL: 552 5.3.4 too large", concern=Concern.SIZE)

    CircuitBreaker(edition.pk).pause(refusal, comes_back=False)

    edition.refresh_from_db()
    assert edition.state_reason == "The server speaks of the size of the mail: MAIL: 552 5.3.4 too large"


def test_too_many_failures_wait_for_staff_though_an_outage_has_paused_the_edition_before(
    edition: Edition,
) -> None:
    health.count(edition_id=edition.pk, judged=21, failed=21)
    editions.pause(edition_id=edition.pk, reason="away", comes_back=True)

    CircuitBreaker(edition.pk).count_failure(FAILURE)

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at) == ("paused", None)
    assert edition.state_reason.startswith("22 of about the last 200 copies failed")
