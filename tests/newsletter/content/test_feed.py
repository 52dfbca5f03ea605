"""The archive as a feed."""

from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.newsletter.editions import new_pair, sent

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


def test_a_feed_has_the_editions_with_what_their_editor_wrote(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    new_pair()
    sent("2026-W47", subject="An <older> one")
    sent("2026-W48", subject="Two tools", intro="A *new* week & more.")

    with django_assert_num_queries(1):
        answer = client.get("/newsletter/feed")

    feed = ElementTree.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=60"
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Two tools", "An <older> one"]
    assert entries[0].findtext(f"{ATOM}summary") == "<p>A <em>new</em> week &amp; more.</p>"
    assert [entry.find(f"{ATOM}link").get("href") for entry in entries] == [  # type: ignore[union-attr]
        f"http://127.0.0.1:8000/newsletter/editions/2026-W{week}" for week in (48, 47)
    ]
    assert not answer.cookies


def test_the_index_leads_to_it_and_says_what_it_is(client: Client) -> None:
    text = client.get("/newsletter/editions?before=2026-W10").content.decode()

    assert '<link rel="alternate" type="application/atom+xml"' in text
    assert 'href="http://127.0.0.1:8000/newsletter/feed"' in text
    assert '<link rel="canonical" href="http://127.0.0.1:8000/newsletter/editions?before=2026-W10">' in text
    assert '<meta name="description" content="' in text
