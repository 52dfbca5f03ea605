"""The window over an edition's latest copies, and what in it pauses the edition."""

import pytest

from newsletter.deliveries import health
from newsletter.deliveries.health import MOST_FAILED, WINDOW, Health
from newsletter.models import Edition
from tests.factories import NOW, EditionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition() -> Edition:
    made: Edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=1)
    return made


def count(edition: Edition, *, accepted: int = 0, failed: int = 0, complaints: int = 0) -> Health:
    """One failure after the other, as workers count them, after so many copies were accepted."""
    found = health.count(edition_id=edition.pk, judged=accepted, complaints=complaints)
    for _ in range(failed):
        found = health.count(edition_id=edition.pk, judged=1, failed=1)
    return found


@pytest.mark.parametrize("before", [0, 10, 1_100, 100_000])
def test_a_server_that_refuses_everybody_is_noticed_at_once_however_many_it_has_taken(
    edition: Edition, before: int
) -> None:
    calm = count(edition, accepted=before, failed=MOST_FAILED)
    trouble = count(edition, failed=2)

    assert calm.trouble == ""
    assert trouble.trouble == "21 of about the last 200 copies failed"


@pytest.mark.parametrize(("one_in", "is_paused"), [(5, True), (8, True), (15, False), (50, False)], ids=str)
def test_what_counts_is_the_share_of_the_latest_copies(
    edition: Edition, one_in: int, is_paused: bool
) -> None:
    troubles = [count(edition, accepted=one_in - 1, failed=1).trouble for _ in range(400)]

    assert any(troubles) == is_paused


def test_failures_of_long_ago_are_forgotten(edition: Edition) -> None:
    count(edition, failed=MOST_FAILED)

    assert count(edition, accepted=5 * WINDOW).failed < 1


@pytest.mark.parametrize(
    ("judged", "exhausted", "is_paused"),
    [
        pytest.param(2_000, 70, False, id="full mailboxes that come together at the end"),
        pytest.param(100, 20, False, id="a few of a few"),
        pytest.param(100, 21, True, id="a fifth"),
        pytest.param(2_000, 900, True, id="a server that never took half of them"),
    ],
)
def test_copies_whose_tries_are_used_up_count_by_their_share_of_all(
    edition: Edition, judged: int, exhausted: int, is_paused: bool
) -> None:
    found = health.count(edition_id=edition.pk, judged=judged, exhausted=exhausted)

    assert bool(found.trouble) == is_paused


@pytest.mark.parametrize(
    ("judged", "complaints", "is_paused"),
    [
        pytest.param(213, 213, True, id="everybody who got it complains"),
        pytest.param(0, 6, True, id="before any round has ended"),
        pytest.param(213, 5, False, id="a handful of few"),
        pytest.param(10_000, 30, False, id="three in a thousand of many"),
        pytest.param(10_000, 31, True, id="more than three in a thousand"),
    ],
)
def test_complaints_pause_by_their_share(
    edition: Edition, judged: int, complaints: int, is_paused: bool
) -> None:
    assert bool(count(edition, accepted=judged, complaints=complaints).trouble) == is_paused
    assert [key for key, _ in health.troubles()] == [edition.pk] * is_paused


def test_staff_who_resume_expect_twice_as_many_failures_and_never_all(edition: Edition) -> None:
    count(edition, failed=30)
    allowed = []
    for _ in range(5):
        health.begin_anew(edition_id=edition.pk)
        allowed.append(count(edition, failed=1).most_failed)

    assert allowed == [40, 80, 160, 160, 160]
    assert count(edition, failed=400).trouble


def test_of_an_edition_that_is_over_nothing_is_said(edition: Edition) -> None:
    count(edition, failed=100)
    Edition.objects.update(state="paused")

    assert health.troubles() == []
