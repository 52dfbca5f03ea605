"""An edition as one mail: whose words it has, and when there is none."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from comparisons.models import Comparison
from newsletter.content.composition import EditorsWords, compose, online_url
from newsletter.content.items import Choices
from reviews.models import Review
from tests.factories import EditionFactory, vote
from tests.newsletter.editions import BEFORE, UNTIL, WITHIN, chosen, new_pair, one_of_each, shelf, tool
from votes.models import PublishedTally
from votes.tallies.day_lines import close_day

pytestmark = pytest.mark.django_db


def test_nothing_to_tell_is_no_mail() -> None:
    assert compose(choices=chosen(), until=UNTIL) is None


def test_the_same_week_gives_the_same_mail_whatever_order_things_were_entered_in() -> None:
    one_of_each(shelf())
    one_of_each(shelf("design", "Design"))

    first, second = (compose(choices=chosen(), until=UNTIL) for _ in range(2))
    # Rows that are written again move to the end of their tables.
    for model in (Comparison, Review, PublishedTally):
        for row in model.objects.order_by("-pk"):
            row.save()
    PublishedTally.objects.update(as_of=WITHIN)
    third = compose(choices=chosen(), until=UNTIL)

    assert first
    assert first == second == third


@pytest.mark.parametrize(
    ("intro", "editor", "signed"),
    [
        pytest.param("A week of `agents`.", "Ada Lovelace", "Ada Lovelace", id="a paragraph with a name"),
        pytest.param("A week of agents.", "", "", id="a paragraph of nobody"),
        pytest.param("", "Ada Lovelace", "", id="what nobody wrote is not signed"),
        pytest.param("A week.", "Ada\r\nBcc: <eve>", "Ada Bcc: <eve>", id="a name of several lines"),
    ],
)
def test_an_editor_signs_what_they_wrote(intro: str, editor: str, signed: str) -> None:
    new_pair()

    composed = compose(choices=chosen(), until=UNTIL, words=EditorsWords(intro=intro, editor=editor))

    assert composed
    assert composed.editor == signed
    assert composed.text.count("— ") == bool(signed)
    for part in (composed.html, composed.text):
        assert intro in part


@pytest.mark.parametrize(
    ("values", "is_linked"),
    [
        pytest.param({"state": "draft"}, False, id="a draft, whose page is not there yet"),
        pytest.param({"state": "draft", "week": "2026-11-25"}, False, id="a day's draft"),
        pytest.param({"state": "frozen", "frozen_at": UNTIL, "archive": {"items": []}}, True, id="kept"),
        pytest.param({"state": "frozen", "frozen_at": UNTIL}, False, id="told to some readers alone"),
    ],
)
def test_a_copy_links_to_the_archive_where_that_has_the_edition(
    settings: Settings, values: dict[str, Any], is_linked: bool
) -> None:
    settings.PUBLIC_BASE_URL = "https://api.example.com"
    new_pair()
    words = EditorsWords.of(EditionFactory(**{"week": "2026-W48", **values}))

    personal = compose(choices=chosen(), until=UNTIL, words=words)
    archived = compose(choices=chosen(), until=UNTIL, words=words, is_personal=False)

    assert personal
    assert archived
    assert online_url("2026-W48") == "https://api.example.com/newsletter/editions/2026-W48"
    for part in (personal.html, personal.text):
        assert (online_url("2026-W48") in part) == is_linked
        assert ("Read online" in part) == is_linked
    assert "Read online" not in archived.html + archived.text


@pytest.mark.parametrize(
    ("readers", "said"),
    [
        pytest.param(chosen(), "Read online", id="what the page tells"),
        pytest.param(chosen("developer-tools"), "The edition for every topic, online", id="some topics"),
        pytest.param(
            replace(chosen(), reviewers=("ada",)), "The edition for every topic, online", id="a reviewer"
        ),
        pytest.param(replace(chosen(), frequency="monthly"), "All editions online", id="a month"),
    ],
)
def test_the_link_to_read_online_says_what_is_there(readers: Choices, said: str) -> None:
    new_pair(first_tool__category=shelf())
    words = EditorsWords(online_url=online_url("2026-W48"))

    composed = compose(choices=readers, until=UNTIL, words=words)

    assert composed
    page = "/newsletter/editions" if said == "All editions online" else "/newsletter/editions/2026-W48"
    assert f">{said}</a>" in composed.html
    assert f'{page}"' in composed.html
    assert f"{said}:\n" in composed.text


def test_the_foot_has_the_root_of_the_last_day_that_was_over_as_the_api_tells_it(api: APIClient) -> None:
    new_pair()
    vote(tool(), ship=3, skip=1, at=BEFORE)
    over = UNTIL.date() - timedelta(days=1)
    for day in (over - timedelta(days=1), over, UNTIL.date()):
        close_day(day=day, now=UNTIL)

    composed = compose(choices=chosen(), until=UNTIL)

    told = {line["day_on"]: line["root"] for line in api.get("/api/v1/tallies/days").json()["results"]}
    assert len(set(told.values())) == 3
    assert composed
    for part in (composed.html, composed.text):
        assert f"whether a vote count up to {over:%-d %B %Y} was changed:" in " ".join(part.split())
        assert "/newsletter/check" in part
        assert [day for day, root in told.items() if root in part] == [str(over)]
