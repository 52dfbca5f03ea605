"""The archive's endpoints and pages: what was sent, to everybody alike, at a known cost."""

import re
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from newsletter.content import archive_views
from newsletter.models import Edition
from tests.newsletter.editions import new_pair, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]

EDITIONS = "/api/v1/newsletter/editions"


def test_the_list_names_editions_the_latest_first(api: APIClient) -> None:
    new_pair(first_tool__name="Aider", second_tool__name="Zed")
    sent("2026-W47")
    sent("2026-W48", subject="Two tools")

    answer = api.get(EDITIONS)

    assert answer.json()["results"] == [
        {
            "slug": "2026-W48",
            "subject": "Two tools",
            "sent_at": "2026-11-24T07:00:00Z",
            "item_count": 1,
            "page_url": "http://127.0.0.1:8000/newsletter/editions/2026-W48",
        },
        {
            "slug": "2026-W47",
            "subject": "Ship Aider over Zed: all 4 reviewers ship it, 2 the other",
            "sent_at": "2026-11-24T07:00:00Z",
            "item_count": 1,
            "page_url": "http://127.0.0.1:8000/newsletter/editions/2026-W47",
        },
    ]
    assert answer["Cache-Control"] == "public, max-age=60"


def test_an_edition_says_what_it_told(api: APIClient, settings: Any) -> None:
    settings.SITE_URL = "https://www.example.com"
    pair = new_pair(first_tool__name="Aider", second_tool__name="Zed", editor_note="Both are free.")
    sent()

    answer = api.get(f"{EDITIONS}/2026-W48").json()

    assert answer == {
        "slug": "2026-W48",
        "subject": "Ship Aider over Zed: all 4 reviewers ship it, 2 the other",
        "sent_at": "2026-11-24T07:00:00Z",
        "item_count": 1,
        "page_url": "http://127.0.0.1:8000/newsletter/editions/2026-W48",
        "intro": "In this edition: 1 new comparison.",
        "intro_html": "<p>In this edition: 1 new comparison.</p>",
        "editor": None,
        "items": [
            {
                "kind": "comparison",
                "title": "Aider vs Zed",
                "mark": "Ship Aider",
                "detail": "Clearly, by the 4 who reviewed both: all would ship it, 2 the other.",
                "quote": "Both are free.",
                "about": {"kind": "comparison", "slug": pair.slug},
                "url": f"https://www.example.com/comparisons/{pair.slug}",
            }
        ],
    }


def test_its_page_is_the_mail_and_may_load_nothing(api: APIClient) -> None:
    new_pair(first_tool__name="Aider")
    edition = sent()

    answer: Any = api.get("/newsletter/editions/2026-W48")

    assert answer.content.decode() == Edition.objects.get(pk=edition.pk).html
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=60"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert not answer.cookies


@pytest.mark.parametrize("state", ["draft", "frozen", "preparing", "cancelled"])
def test_what_was_not_sent_is_not_in_the_archive(api: APIClient, state: str) -> None:
    new_pair()
    sent(state=state)

    assert api.get(EDITIONS).json()["results"] == []
    answer = api.get(f"{EDITIONS}/2026-W48")
    assert (answer.status_code, answer.json()["code"]) == (404, "edition_not_found")
    assert api.get("/newsletter/editions/2026-W48").status_code == 404


@pytest.mark.parametrize("state", ["sending", "paused", "done"])
def test_what_is_being_sent_is_in_the_archive(api: APIClient, state: str) -> None:
    new_pair()
    sent(state=state)

    assert [row["slug"] for row in api.get(EDITIONS).json()["results"]] == ["2026-W48"]


@pytest.mark.parametrize("editions", [1, 50])
def test_the_list_costs_one_query(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, editions: int
) -> None:
    new_pair()
    for n in range(editions):
        sent(f"2025-W{n + 1:02}", state="paused")

    with django_assert_num_queries(1):
        answer = api.get(f"{EDITIONS}?limit=100")

    assert len(answer.json()["results"]) == editions


def test_an_edition_and_its_page_cost_one_query_each(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    new_pair()
    sent()

    with django_assert_num_queries(1):
        api.get(f"{EDITIONS}/2026-W48")
    with django_assert_num_queries(1):
        api.get("/newsletter/editions/2026-W48")


def test_its_text_is_there_too(api: APIClient) -> None:
    new_pair(first_tool__name="Aider")
    edition = sent()

    answer: Any = api.get("/newsletter/editions/2026-W48.txt")

    assert answer.content.decode() == Edition.objects.get(pk=edition.pk).text
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=60"
    assert api.get("/newsletter/editions/2026-W47.txt").status_code == 404


def test_who_has_no_site_has_an_index_of_the_archive(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    new_pair()
    sent("2026-W47", subject="An <older> one")
    sent("2026-W48", subject="Two tools")
    sent("2026-W49", subject="Not sent", state="frozen")

    with django_assert_num_queries(1):
        answer: Any = api.get("/newsletter/editions")

    text = answer.content.decode()
    assert re.findall(r'<a href="(?:http://127.0.0.1:8000)?(/newsletter[^"]*)"', text) == [
        "/newsletter",
        "/newsletter/feed",
        *(f"/newsletter/editions/2026-W{week}{suffix}" for week in (48, 47) for suffix in ("", ".txt")),
    ]
    assert "An &lt;older&gt; one" in text
    assert "Not sent" not in text
    assert "noindex" not in text
    assert answer["Cache-Control"] == "public, max-age=60"


def test_the_index_goes_on_with_earlier_editions(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_views, "ON_A_PAGE", 2)
    new_pair()
    for week in range(1, 6):
        sent(f"2026-W{week:02}")

    weeks, address = [], "/newsletter/editions"
    while address:
        page: Any = api.get(address)
        text = page.content.decode()
        weeks.append(re.findall(r'/newsletter/editions/2026-(W\d\d)"', text))
        onward = re.search(r'href="(\?before=[^"]+)"', text)
        address = f"/newsletter/editions{onward[1]}" if onward else ""

    assert weeks == [["W05", "W04"], ["W03", "W02"], ["W01"]]


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "No edition has been sent yet."), ("?before=2020-W01", "No edition has been sent before that.")],
)
def test_an_index_without_editions_says_so(api: APIClient, query: str, words: str) -> None:
    answer: Any = api.get(f"/newsletter/editions{query}")

    assert (answer.status_code, words in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("before", ["%00", "x" * 5000, "%27;--", "2026-W48%00"])
def test_nonsense_is_no_error_of_the_index(api: APIClient, before: str) -> None:
    assert api.get(f"/newsletter/editions?before={before}").status_code in {200, 400, 414}
