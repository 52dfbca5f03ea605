"""What curators see on the pages of changed verdicts."""

from typing import Any

import pytest

from tests.desk import count_queries, open_desk
from tests.factories import VerdictChangeFactory

pytestmark = pytest.mark.django_db

CHANGES = "/admin/comparisons/verdictchange/"


@pytest.mark.parametrize("rows", [5, 50])
def test_the_list_of_changed_verdicts_costs_the_same_however_long_it_is(rows: int) -> None:
    VerdictChangeFactory.create_batch(rows)

    # Session, curator; those found, the page's ids, its rows; two for the dates.
    assert count_queries(open_desk(), CHANGES) == 7


def test_a_changed_verdict_is_found_by_its_tool_and_can_only_be_read() -> None:
    desk = open_desk()
    change = VerdictChangeFactory(comparison__first_tool__name="Aider")
    VerdictChangeFactory()

    response: Any = desk.get(f"{CHANGES}?q=aider")

    assert [found.pk for found in response.context["cl"].result_list] == [change.pk]
    page = desk.get(f"{CHANGES}{change.pk}/change/")
    assert "The first verdict on this pair. It says: a tie." in page.content.decode()
    assert desk.post(f"{CHANGES}{change.pk}/change/", {"cause": "votes"}).status_code == 403
    assert desk.post(f"{CHANGES}{change.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code == 403
    assert desk.get(f"{CHANGES}add/").status_code == 403
