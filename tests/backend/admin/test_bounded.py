"""How far a long list is counted, and what its page says then."""

from typing import Any

import pytest
from django.urls import reverse

from backend.admin import bounded
from backend.admin.bounded import BoundedPaginator, MoreThan, counts_of
from catalog.models import Tool
from tests.desk import open_desk
from tests.factories import ToolFactory, new_voters, vote
from votes.models import Voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_COUNTED", 3)


@pytest.mark.parametrize(("rows", "count"), [(0, "0"), (3, "3"), (4, "more than 3"), (9, "more than 3")])
def test_rows_are_counted_up_to_a_bound(rows: int, count: str, three: None) -> None:
    new_voters(rows)

    paginator = BoundedPaginator(Voter.objects.order_by("-pk"), 2)

    assert (str(paginator.count), paginator.num_pages) == (count, (min(rows, 3) + 1) // 2 or 1)


def test_many_kinds_of_rows_are_counted_at_once(django_assert_num_queries: Any) -> None:
    new_voters(3)
    ToolFactory()

    with django_assert_num_queries(1):
        counts = counts_of(
            [Voter.objects.all(), Tool.objects.all(), Tool.objects.filter(slug="x"), Voter.objects.all()[:2]]
        )

    assert counts == [3, 1, 0, 2]
    assert counts_of([]) == []


def test_thousands_are_parted() -> None:
    assert str(MoreThan(10_000)) == "more than 10,000"


def test_the_list_of_votes_says_that_there_are_more(three: None) -> None:
    vote(ToolFactory(), ship=4)

    page = open_desk().get(reverse("admin:votes_vote_changelist")).content.decode()

    assert "more than 3 votes" in page
