"""The archive of editions: what is kept when, what anybody may read, and that nobody is in it."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from newsletter.content.archive import keep_for_archive
from newsletter.models import Edition
from tests.factories import EditionFactory, ReviewFactory
from tests.newsletter.editions import SINCE, UNTIL, WITHIN, new_pair, sent, shelf

pytestmark = pytest.mark.django_db

EDITIONS = "/api/v1/newsletter/editions"


def test_an_edition_is_kept_as_a_reader_of_every_topic_gets_it() -> None:
    new_pair(first_tool__name="Aider", second_tool__name="Zed", first_tool__category=shelf())

    edition = sent(subject="The week of Aider", intro="A week of *two*.", editor="Ada Lovelace")

    kept = Edition.objects.get(pk=edition.pk)
    assert kept.archive
    assert kept.archive["subject"] == "The week of Aider"
    assert (kept.archive["intro"], kept.archive["editor"]) == ("A week of two.", "Ada Lovelace")
    assert kept.archive["intro_html"] == "<p>A week of <em>two</em>.</p>"
    assert [item["mark"] for item in kept.archive["items"]] == ["Ship Aider"]
    for part in (kept.html, kept.text):
        assert "Ship Aider" in part
        assert "{{" not in part


def test_what_was_kept_does_not_follow_what_comes_later() -> None:
    pair = new_pair(first_tool__name="Aider")
    before = Edition.objects.get(pk=sent().pk)

    pair.first_tool.name = "Renamed"
    pair.first_tool.save()
    new_pair(at=WITHIN)

    after = Edition.objects.get(pk=before.pk)
    assert (after.archive, after.html, after.text) == (before.archive, before.html, before.text)


def test_an_edition_with_nothing_to_tell_is_not_kept(api: APIClient) -> None:
    edition = EditionFactory(state="frozen", frozen_at=UNTIL)

    kept = keep_for_archive(edition=edition, since=SINCE, until=UNTIL)

    assert kept is False
    assert api.get(EDITIONS).json()["results"] == []


def test_an_edition_that_went_to_nobody_is_not_public(api: APIClient) -> None:
    new_pair()
    sent("2026-W47")
    sent("2026-W48", audience=0)

    listed = [each["slug"] for each in api.get(EDITIONS).json()["results"]]

    assert listed == ["2026-W47"]
    assert api.get(f"{EDITIONS}/2026-W48").status_code == 404
    assert api.get("/newsletter/editions/2026-W48").status_code == 404


def test_followed_reviewers_are_nobodys_business() -> None:
    new_pair()
    ReviewFactory()

    edition = sent()

    assert edition.archive
    assert {item["kind"] for item in edition.archive["items"]} == {"comparison"}
    assert [list(item["because"]["follows"]) for item in edition.archive["items"]] == [[]]


def test_keeping_it_again_takes_what_is_there_now() -> None:
    new_pair()
    edition = sent()
    new_pair(at=UNTIL - timedelta(hours=1))

    keep_for_archive(edition=edition, since=SINCE, until=UNTIL)

    assert edition.archive
    assert len(edition.archive["items"]) == 2
