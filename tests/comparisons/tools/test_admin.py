"""What curators see and may do on the pages of tools."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.logo_encoding import draw_logo
from catalog.logos import draw_waiting_logos, store_logo
from catalog.models import MAX_FITS, Condition, LogoUpload, Tool, ToolAlias, ToolFit
from reviews.models import Panel
from tests.desk import act, count_queries, errors_of, open_desk, submit
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    review,
    vote,
)
from tests.logos import moving_webp, picture
from votes.models import Tally

pytestmark = pytest.mark.django_db

TOOLS = "/admin/catalog/tool/"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def page_of(tool: Tool) -> str:
    return f"{TOOLS}{tool.pk}/change/"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("rows", [5, 50])
def test_the_tool_list_costs_ten_queries(rows: int) -> None:
    ToolFactory.create_batch(rows)

    # Session, curator; the categories and calls to filter by; all, those found, ids, rows; two for the dates.
    assert count_queries(open_desk(), TOOLS) == 10


def test_the_tool_list_shows_panel_and_community_as_counts() -> None:
    tool = ToolFactory(name="Cursor")
    review(tool, ship=3, skip=1)
    vote(tool, ship=1, skip=2)

    page = open_desk().get(TOOLS).content.decode()

    assert '<td class="field-panel_count">3 of 4</td>' in page
    assert '<td class="field-community">1 of 3</td>' in page


def test_the_tool_list_shows_a_dash_while_nothing_is_counted() -> None:
    ToolFactory()

    page = open_desk().get(TOOLS).content.decode()

    assert '<td class="field-panel_count">–</td>' in page
    assert '<td class="field-community">–</td>' in page


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("q=claude", id="name"),
        pytest.param("q=files-api", id="slug"),
        pytest.param("q=old-claude", id="earlier slug"),
        pytest.param("q=upload", id="tagline"),
        pytest.param("panel__call=ship", id="panel's call"),
        pytest.param("status__exact=archived", id="status"),
        pytest.param("pricing_entry__exact=paid", id="entry price"),
    ],
)
def test_a_tool_is_found_by(words: str) -> None:
    tool = ToolFactory(
        name="Claude Files", slug="old-claude", tagline="Upload once", status="archived", pricing_entry="paid"
    )
    Tool.objects.filter(pk=tool.pk).update(slug="files-api")
    review(tool, ship=1)
    ToolFactory()

    response = open_desk().get(f"{TOOLS}?{words}")

    assert [found.pk for found in response.context["cl"].result_list] == [tool.pk]


@pytest.mark.parametrize(
    ("field", "text", "found"),
    [
        pytest.param("catalog/tool/category", "dev", "Developer Tools", id="category of a tool"),
        pytest.param("reviews/review/tool", "curs", "Cursor (cursor-2)", id="tool of a review"),
        pytest.param("reviews/review/reviewer", "skep", "The Skeptic", id="reviewer of a review"),
        pytest.param("comparisons/comparison/first_tool", "sor-2", "Cursor (cursor-2)", id="tool of a pair"),
        pytest.param("newsletter/subscriber/topics", "tools", "Developer Tools", id="topic of a subscriber"),
    ],
)
def test_foreign_keys_complete_what_is_typed(field: str, text: str, found: str) -> None:
    app_label, model_name, field_name = field.split("/")
    ToolFactory(name="Cursor", slug="cursor-2", category__name="Developer Tools")
    ToolFactory()
    ReviewerFactory(name="The Skeptic")
    ReviewerFactory()

    response = open_desk().get(
        "/admin/autocomplete/",
        {"app_label": app_label, "model_name": model_name, "field_name": field_name, "term": text},
    )

    assert [result["text"] for result in response.json()["results"]] == [found]


def test_a_tool_is_added_as_a_draft() -> None:
    category = CategoryFactory()

    submit(
        open_desk(), f"{TOOLS}add/", name="Cursor", slug="cursor", category=category.pk, pricing_entry="paid",
        website="cursor.example",
    )  # fmt: skip

    tool = Tool.objects.get()
    assert (tool.slug, tool.status, tool.published_at, tool.website) == (
        "cursor", "draft", None, "https://cursor.example",
    )  # fmt: skip


@time_machine.travel(NOW, tick=False)
def test_a_tool_that_goes_public_on_the_form_gets_its_date() -> None:
    tool = ToolFactory(status="draft", published_at=None, pricing_checked_on=NOW)

    submit(open_desk(), page_of(tool), _move="publish")

    tool.refresh_from_db()
    assert (tool.status, tool.published_at) == ("published", NOW)


def test_a_renamed_tool_shows_its_earlier_slugs() -> None:
    desk = open_desk()
    tool = ToolFactory(slug="first")
    submit(desk, page_of(tool), slug="second")
    submit(desk, page_of(tool), slug="third")

    page = desk.get(page_of(tool)).content.decode()

    assert '<div class="readonly">first, second</div>' in page
    assert "Once readers could see the tool, an earlier slug leads here for ever" in page


def test_the_tool_page_leads_to_its_reviews_and_its_public_page() -> None:
    tool = ToolFactory(slug="cursor")

    page = open_desk().get(page_of(tool)).content.decode()

    assert f'href="/admin/reviews/panel/{tool.pk}/rows/"' in page
    assert f'href="/admin/comparisons/previewlink/of/tool/{tool.pk}/">As readers get it' in page


def test_a_drafts_page_is_not_linked() -> None:
    tool = ToolFactory(status="draft", published_at=None)

    page = open_desk().get(page_of(tool)).content.decode()

    assert "Nothing is public yet." in page
    assert "As readers get it" not in page


REFUSED_VALUES = [
    pytest.param({"slug": "earlier"}, "slug", "This slug once belonged to another tool", id="another's alias"),
    pytest.param({"slug": "taken"}, "slug", "Tool with this Slug already exists.", id="another's slug"),
    pytest.param({"slug": "No Spaces"}, "slug", "Use lower-case letters, digits and hyphens.", id="not a slug"),
    pytest.param({"slug": "a" * 256}, "slug", "Ensure this value has at most 255 characters", id="long slug"),
    pytest.param({"description": "a" * 10_001}, "description", "at most 10000 characters", id="long text"),
    pytest.param({"category": ""}, "category", "This field is required.", id="no category"),
    pytest.param({"status": "x"}, "status", "It is published. You cannot take this step from there.", id="no status"),
    pytest.param({"website": "javascript:alert(1)"}, "website", "Enter a valid URL.", id="not a web address"),
    pytest.param(
        {"pricing_starts_at": "20"}, "pricing_currency", "An amount needs a currency.", id="amount alone"
    ),
    pytest.param(
        {"pricing_currency": "USD"}, "pricing_starts_at", "A currency needs an amount.", id="currency alone"
    ),
    pytest.param(
        {"pricing_starts_at": "-1", "pricing_currency": "USD"},
        "pricing_starts_at", "A price can't be negative.", id="negative price",
    ),
    pytest.param(
        {"pricing_starts_at": "1", "pricing_currency": "usd"},
        "pricing_currency", "Use the ISO 4217 code", id="small letters",
    ),
    pytest.param(
        {"pricing_starts_at": "9" * 30, "pricing_currency": "USD"},
        "pricing_starts_at", "no more than 12 digits", id="thirty digits",
    ),
    pytest.param({"name": "Cha\u200btGPT"}, "name", "invisible characters", id="a zero-width space"),
    pytest.param({"name": "\u2800\u0301"}, "name", "that readers see", id="a name of a blank and an accent"),
    pytest.param({"website": "https://good.example\\@evil.example"}, "website", "Enter a valid URL.", id="two hosts"),
    pytest.param({"website": "ftp://a.example/"}, "website", "Enter a valid URL.", id="ftp"),
    pytest.param(
        {"pricing_starts_at": "1", "pricing_currency": "XXQ"}, "pricing_currency", "ISO 4217", id="unknown currency"
    ),
    pytest.param({"pricing_starts_at": "NaN"}, "pricing_starts_at", "Enter a number.", id="no number"),
    pytest.param({"pricing_checked_on": "99999-01-01"}, "pricing_checked_on", "Enter a valid date.", id="far year"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "field", "message"), REFUSED_VALUES)
def test_the_form_says_what_is_wrong(values: dict[str, str], field: str, message: str) -> None:
    other = ToolFactory(slug="earlier")
    Tool.objects.filter(pk=other.pk).update(slug="taken")
    tool = ToolFactory(slug="mine")

    response = submit(open_desk(), page_of(tool), **values)

    assert list(errors_of(response)) == [field]
    assert message in errors_of(response)[field][0]
    assert Tool.objects.filter(pk=tool.pk, updated_at=tool.updated_at).exists()


@pytest.mark.parametrize(
    "field",
    [
        "name", "slug", "tagline", "description", "website",
        "pricing_currency", "pricing_unit", "pricing_note",
    ],
)  # fmt: skip
def test_a_nul_in_a_text_is_refused(field: str) -> None:
    tool = ToolFactory()

    response = submit(open_desk(), page_of(tool), **{field: "a\x00b"})

    assert "Null characters are not allowed." in errors_of(response)[field]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        pytest.param(
            picture(size=(2_001, 2_000), compress_level=1),
            "a.png",
            "2001 by 2000 pixels, more than 4",
            id="pixels",
        ),
        pytest.param(picture("GIF"), "a.png", "This is not a PNG, JPEG or WebP picture.", id="gif named png"),
        pytest.param(b"<svg/>", "a.png", "This is not a PNG, JPEG or WebP picture.", id="svg named png"),
        pytest.param(picture() + bytes(1_000_000), "a.png", "This file is larger than 1 MB.", id="bytes"),
        pytest.param(moving_webp(5_000), "a.webp", "This file holds 5000 pictures", id="5,000 frames"),
        pytest.param(b"", "a.png", "The submitted file is empty.", id="nothing"),
    ],
)
def test_an_unfit_logo_is_refused(content: bytes, name: str, message: str) -> None:
    tool = ToolFactory()

    response = submit(open_desk(), page_of(tool), logo=SimpleUploadedFile(name, content))

    assert message in errors_of(response)["logo"][0]
    tool.refresh_from_db()
    assert not tool.logo
    assert not LogoUpload.objects.exists()


@pytest.mark.parametrize(
    ("kind", "name"), [("PNG", "😀.png"), ("JPEG", "a.webp"), ("WEBP", "A.WEBP"), ("PNG", "logo.svg")]
)
def test_a_logo_is_taken_by_its_content_and_served_once_it_is_drawn(kind: str, name: str) -> None:
    desk, tool = open_desk(), ToolFactory()

    submit(desk, page_of(tool), logo=SimpleUploadedFile(name, picture(kind)))
    waiting = desk.get(page_of(tool)).content.decode()
    draw_waiting_logos(now=NOW)
    drawn = desk.get(page_of(tool)).content.decode()

    assert "Sent, and being drawn." in waiting
    (address,) = re.findall(r'<img src="(/media/logos/[0-9a-f]{32}-256\.png)"', drawn)
    response = Client().get(address)
    assert response.getvalue().startswith(b"\x89PNG")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_page_says_why_a_worker_took_no_logo() -> None:
    desk, tool = open_desk(), ToolFactory()
    half = picture("JPEG", (200, 200))[:-200]

    submit(desk, page_of(tool), logo=SimpleUploadedFile("a.jpg", half))
    draw_waiting_logos(now=NOW)

    assert "Not taken: This picture is damaged." in desk.get(page_of(tool)).content.decode()


def test_a_cleared_logo_takes_along_the_one_that_waits() -> None:
    desk, tool = open_desk(), ToolFactory(logo=store_logo(draw_logo(picture())))
    submit(desk, page_of(tool), logo=SimpleUploadedFile("a.png", picture(colour="#f00")))

    submit(desk, page_of(tool), **{"logo-clear": "on"})

    assert not LogoUpload.objects.exists()
    assert not Tool.objects.get().logo


def test_a_tool_whose_logo_file_is_gone_can_still_be_edited() -> None:
    tool = ToolFactory(logo="logos/gone.png")

    response = submit(open_desk(), page_of(tool), name="Renamed")

    tool.refresh_from_db()
    assert (response.status_code, tool.name, tool.logo.name) == (200, "Renamed", "logos/gone.png")


def test_publishing_says_how_many_and_why_others_were_left() -> None:
    fresh = ToolFactory(status="draft", published_at=None, pricing_checked_on="2026-11-01")
    known = ToolFactory(name="Cursor", slug="cursor")

    told = act(open_desk(), TOOLS, "publish", [fresh, known])

    assert told == ["1 tool published.", "Not published (already published): Cursor (cursor)."]
    assert list(LogEntry.objects.values_list("object_id", "change_message")) == [
        (str(fresh.pk), "Published. A reason.")
    ]
    fresh.refresh_from_db()
    assert fresh.is_published


def test_publishing_says_what_is_scheduled_and_what_was_before() -> None:
    checked = {"pricing_checked_on": "2026-11-01"}
    dated = ToolFactory(status="draft", published_at=datetime(2999, 1, 1, 9, tzinfo=UTC), **checked)
    known = ToolFactory(name="Cursor", slug="cursor", published_at=datetime(2999, 1, 1, tzinfo=UTC))
    desk = open_desk()

    asked = desk.post(TOOLS, {"action": "publish", "_selected_action": [str(dated.pk)]})
    told = act(desk, TOOLS, "publish", [dated, known])

    assert ("Not before", "2999-01-01 09:00 UTC") in asked.context["texts"][0]["said"]
    assert told == [
        "1 tool scheduled for 2999-01-01 09:00 UTC.",
        "Not published (scheduled already: unschedule it first): Cursor (cursor).",
    ]
    assert LogEntry.objects.get().change_message == "Scheduled for 2999-01-01 09:00 UTC. A reason."


def test_a_review_that_is_published_before_its_tool_waits_for_it() -> None:
    draft = ReviewFactory(status="draft", tool=ToolFactory(status="draft", published_at=None))

    told = act(open_desk(), "/admin/reviews/review/", "publish", [draft])

    assert told == ["1 review published, and hidden until every tool in it is public."]


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda tool: review(tool, ship=1), id="review"),
        pytest.param(lambda tool: vote(tool, ship=1), id="vote"),
        pytest.param(lambda tool: PickFactory(first_tool=tool), id="pick"),
        pytest.param(lambda tool: ComparisonFactory(first_tool=tool), id="comparison"),
    ],
)
def test_a_tool_in_use_is_protected(use: Callable[[Tool], None]) -> None:
    tool = ToolFactory()
    use(tool)

    response = open_desk().post(f"{TOOLS}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert "Cannot delete tool" in response.content.decode()
    assert Tool.objects.filter(pk=tool.pk).exists()


def test_a_tool_whose_picks_were_removed_goes_too() -> None:
    pick = PickFactory(first_tool=ToolFactory(status="draft"))
    tool = pick.first_tool
    pick.delete()

    open_desk().post(f"{TOOLS}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert not Tool.objects.filter(pk=tool.pk).exists()


def test_an_unused_tool_goes_with_all_that_is_kept_for_it() -> None:
    tool = ToolFactory(slug="first", status="draft")
    Tool.objects.filter(pk=tool.pk).update(slug="second")

    open_desk().post(f"{TOOLS}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."})

    for model in (Tool, ToolAlias, Panel, Tally):
        assert not model._default_manager.exists()


def test_what_is_seen_at_a_glance_stands_first_on_a_stored_tool_and_not_on_a_new_one() -> None:
    desk = open_desk()

    stored, new = desk.get(page_of(ToolFactory())), desk.get(f"{TOOLS}add/")

    titles = [[fieldset.name for fieldset in page.context["adminform"]] for page in (stored, new)]
    assert titles == [
        ["At a glance", None, "What readers see", "Pricing", None, "Record"],
        [None, "What readers see", "Pricing"],
    ]


def test_a_rename_that_would_give_two_pairs_one_slug_is_refused_in_the_form() -> None:
    ComparisonFactory(first_tool=ToolFactory(slug="aa"), second_tool=ToolFactory(slug="bb-vs-cc"))
    tool = ToolFactory(slug="other")
    ComparisonFactory(first_tool=tool, second_tool=ToolFactory(slug="cc"))

    response = submit(open_desk(), page_of(tool), slug="aa-vs-bb")

    assert errors_of(response) == {
        "slug": ["aa-vs-bb-vs-cc leads to another pair already, and would to one of this tool."]
    }


# --- Conditions -----------------------------------------------------------------------------------


def fit_row(number: int, condition: Condition, **values: Any) -> dict[str, Any]:
    """What the form sends of one condition."""
    row = {"position": number, "evidence": "https://example.com/docs", "checked_on": "2026-10-20", **values}
    return {f"fits-{number}-{name}": value for name, value in {"condition": condition.pk, **row}.items()}


def fit_errors(response: Any) -> list[str]:
    formset = response.context["inline_admin_formsets"][0].formset
    by_field = [error for form in formset.forms for errors in form.errors.values() for error in errors]
    return [*by_field, *formset.non_form_errors()]


def test_conditions_are_written_on_the_page_of_the_tool_and_kept_in_its_history() -> None:
    desk = open_desk()
    tool, offline, cheap = ToolFactory(), ConditionFactory(slug="offline"), ConditionFactory(slug="cheap")

    submit(
        desk, page_of(tool), why="Read today",
        **{"fits-TOTAL_FORMS": 2},
        **fit_row(0, offline, position=2, note="It needs no key.", evidence="a.example\nhttps://b.example"),
        **fit_row(1, cheap, position=1),
    )  # fmt: skip

    fits = [(fit.condition.slug, fit.note, fit.evidence) for fit in ToolFit.objects.in_order()]
    assert fits == [
        ("cheap", "", ["https://example.com/docs"]),
        ("offline", "It needs no key.", ["https://a.example", "https://b.example"]),
    ]
    history = desk.get(f"{TOOLS}{tool.pk}/history/").content.decode()
    assert "if offline: note" in history
    assert "Read today" in history

    submit(desk, page_of(tool), **{"fits-0-DELETE": "on"})

    assert ToolFit.objects.get().condition == offline


def test_a_new_condition_without_a_place_comes_after_all_others() -> None:
    desk, tool = open_desk(), ToolFactory()
    first, second = (ToolFitFactory(tool=tool, position=place).condition for place in (1, 2))
    third, fourth = ConditionFactory.create_batch(2)

    submit(
        desk, page_of(tool), **{"fits-TOTAL_FORMS": 4},
        **fit_row(2, third, position=""), **fit_row(3, fourth, position=""),
    )  # fmt: skip

    fits = ToolFit.objects.in_order()
    assert [(fit.condition, fit.position) for fit in fits] == [
        (first, 1),
        (second, 2),
        (third, 3),
        (fourth, 4),
    ]
    offered = desk.get(page_of(tool)).context["inline_admin_formsets"][0].formset.empty_form
    assert offered["position"].value() is None


def test_a_condition_that_loses_its_place_goes_last() -> None:
    tool = ToolFactory()
    moved, stays = (ToolFitFactory(tool=tool, position=place) for place in (1, 2))

    submit(open_desk(), page_of(tool), **{"fits-0-position": ""})

    assert list(ToolFit.objects.in_order()) == [stays, moved]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"evidence": ""}, "This field is required.", id="no evidence"),
        pytest.param({"evidence": "javascript:alert(1)"}, "Line 1: Enter a valid URL.", id="no address"),
        pytest.param(
            {"evidence": "https://a.example\n" * 6}, "List contains 6 items, it should contain no more than 5.",
            id="six addresses",
        ),
        pytest.param({"checked_on": ""}, "This field is required.", id="no day"),
        pytest.param({"checked_on": "9999-12-31"}, "does not lie ahead", id="a day ahead"),
        pytest.param({"position": 32_768}, "less than or equal to 32767", id="a place that is none"),
        pytest.param({"note": "Cha\u200btGPT"}, "This has invisible characters", id="invisible characters"),
        pytest.param({"note": "x" * 301}, "Ensure this value has at most 300 characters", id="a long note"),
        pytest.param({"position": -1}, "greater than or equal to 0", id="a negative place"),
    ],
)  # fmt: skip
def test_a_condition_that_is_refused_says_why_and_nothing_is_stored(
    values: dict[str, Any], words: str
) -> None:
    tool = ToolFactory(tagline="As it was")

    response = submit(
        open_desk(), page_of(tool), tagline="New", **{"fits-TOTAL_FORMS": 1}, **fit_row(0, ConditionFactory(), **values)
    )  # fmt: skip

    assert any(words in error for error in fit_errors(response)), fit_errors(response)
    assert not ToolFit.objects.exists()
    assert Tool.objects.get().tagline == "As it was"


def test_a_tool_gets_no_condition_twice_and_no_more_than_can_be_looked_over() -> None:
    desk, tool, condition = open_desk(), ToolFactory(), ConditionFactory()

    twice = submit(
        desk, page_of(tool), **{"fits-TOTAL_FORMS": 2}, **fit_row(0, condition), **fit_row(1, condition)
    )  # fmt: skip
    many: dict[str, Any] = {"fits-TOTAL_FORMS": MAX_FITS + 1}
    for number in range(MAX_FITS + 1):
        many |= fit_row(number, ConditionFactory())
    too_many = submit(desk, page_of(tool), **many)

    assert fit_errors(twice)[-1] == "Please correct the duplicate data for condition."
    assert fit_errors(too_many)[-1] == f"Please submit at most {MAX_FITS} forms."
    assert not ToolFit.objects.exists()


@pytest.mark.parametrize("rows", [1, MAX_FITS])
def test_the_page_of_a_tool_costs_the_same_however_many_conditions_it_has(rows: int) -> None:
    tool = ToolFactory()
    ToolFitFactory.create_batch(rows, tool=tool)

    # Session, curator, tool; earlier slugs, panel, category, a logo that waits; conditions.
    assert count_queries(open_desk(), page_of(tool)) == 8


def test_a_release_leads_to_the_others_of_its_product_and_the_list_to_all() -> None:
    one, other = (ToolFactory(name=name, product="Claw") for name in ("Claw 1", "Claw 2"))
    ToolFactory(name="Apart")
    desk = open_desk()

    page = desk.get(page_of(one)).content.decode()
    listed = desk.get(f"{TOOLS}?product__iexact=claw")

    assert f'<a href="{page_of(other)}">{other}</a>' in page
    assert list(listed.context["cl"].result_list) == [one, other]
    assert f'<a href="{TOOLS}?product__iexact=Claw">Claw</a>' in listed.content.decode()
    assert f'<a href="{page_of(one)}">{one}</a>' not in page
