"""What curators see and may do on the pages of categories, conditions and earlier slugs."""

from typing import Any

import pytest

from catalog.models import Category, Condition, Tool
from tests.desk import count_queries, errors_of, open_desk, submit
from tests.factories import CategoryFactory, ConditionFactory, ToolFactory, ToolFitFactory

pytestmark = pytest.mark.django_db

CATEGORIES = "/admin/catalog/category/"
CONDITIONS = "/admin/catalog/condition/"
ALIASES = "/admin/catalog/toolalias/"


def test_the_index_names_the_product_and_every_model() -> None:
    page = open_desk().get("/admin/").content.decode()

    assert "AI Tool Verdicts" in page
    for name in [
        "Categories",
        "Conditions",
        "Tools",
        "Tool aliases",
        "Reviewers",
        "Reviews",
        "Panels",
        "Voters",
        "Votes",
    ]:
        assert f">{name}</a>" in page
    for name in ["Picks", "Tallies", "Pick tallies", "Comparisons", "Subscribers", "Editions", "Deliveries"]:
        assert f">{name}</a>" in page


@pytest.mark.parametrize("rows", [5, 50])
def test_the_category_list_costs_six_queries(rows: int) -> None:
    for tool in ToolFactory.create_batch(rows):
        ToolFactory(category=tool.category)

    # Session, curator; all, those found, the page's ids, its rows with its counts of tools.
    assert count_queries(open_desk(), CATEGORIES) == 6


@pytest.mark.parametrize("rows", [5, 50])
def test_the_alias_list_costs_seven_queries(rows: int) -> None:
    for tool in ToolFactory.create_batch(rows):
        Tool.objects.filter(pk=tool.pk).update(slug=f"new-{tool.slug}")

    # Session, curator; those found, the page's ids, its rows; two for the dates.
    assert count_queries(open_desk(), ALIASES) == 7


def test_a_category_in_use_is_protected() -> None:
    tool = ToolFactory()

    response = open_desk().post(
        f"{CATEGORIES}{tool.category.pk}/delete/", {"post": "yes", "why": "A mistake.", "instead": ""}
    )

    assert "It has 1 tool." in response.content.decode()
    assert Category.objects.filter(pk=tool.category.pk).exists()


def test_an_alias_can_only_be_read() -> None:
    desk = open_desk()
    tool = ToolFactory(slug="first")
    Tool.objects.filter(pk=tool.pk).update(slug="second")

    assert desk.get(f"{ALIASES}first/change/").status_code == 200
    for answer in (
        desk.post(f"{ALIASES}first/change/", {"slug": "other"}),
        desk.post(f"{ALIASES}first/delete/", {"post": "yes", "why": "A mistake."}),
        desk.get(f"{ALIASES}add/"),
    ):
        assert answer.status_code == 403


def test_a_category_is_added_and_found() -> None:
    desk = open_desk()

    submit(desk, f"{CATEGORIES}add/", name="Developer Tools", slug="developer-tools")

    response: Any = desk.get(f"{CATEGORIES}?q=developer")
    assert [category.slug for category in response.context["cl"].result_list] == ["developer-tools"]


@pytest.mark.parametrize("field", ["name", "slug", "description"])
def test_a_nul_in_a_categorys_text_is_refused(field: str) -> None:
    category = CategoryFactory()

    response = submit(open_desk(), f"{CATEGORIES}{category.pk}/change/", **{field: "a\x00b"})

    assert "Null characters are not allowed." in errors_of(response)[field]


@pytest.mark.parametrize("rows", [5, 50])
def test_the_condition_list_costs_six_queries(rows: int) -> None:
    for _ in range(rows):
        ToolFitFactory()

    # Session, curator; all, those found, the page's ids, its rows with its counts of tools.
    assert count_queries(open_desk(), CONDITIONS) == 6


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("it must be <b>free</b>", "No markup, no colon", id="markup"),
        pytest.param("it must be free.", "no mark at the end.", id="a full stop"),
        pytest.param("a; b: take Cursor", "no colon or semicolon", id="a sentence's own parts"),
        pytest.param("see https://example.com", "no web address", id="a web address"),
        pytest.param("it must run οffline", "no word with letters of two scripts", id="a Greek letter"),
        pytest.param("x" * 61, "Ensure this value has at most 60 characters", id="a long text"),
        pytest.param(
            "It must run without a network",
            "offline says the same: it must run without a network.",
            id="the same under two slugs",
        ),
    ],
)
def test_a_condition_that_is_refused_is_named_on_the_form_and_not_stored(name: str, words: str) -> None:
    ConditionFactory(slug="offline", name="it must run without a network")

    response = submit(open_desk(), f"{CONDITIONS}add/", slug="new", name=name)

    assert any(words in error for error in errors_of(response)["name"])
    assert Condition.objects.count() == 1


def test_the_slug_of_a_condition_is_made_of_the_words_that_were_accepted() -> None:
    desk = open_desk()

    refused = submit(desk, f"{CONDITIONS}add/", name="If your team reads Swedish.")
    submit(desk, f"{CONDITIONS}add/", name="your team reads Swedish")

    assert list(errors_of(refused)) == ["name"]
    assert not refused.context["adminform"].form["slug"].value()
    assert Condition.objects.get().slug == "your-team-reads-swedish"


def test_a_slug_that_was_given_to_a_condition_stays() -> None:
    submit(open_desk(), f"{CONDITIONS}add/", name="your team reads Swedish", slug="swedish")

    assert Condition.objects.get().slug == "swedish"


def test_words_without_a_letter_for_the_slug_need_one_that_is_given() -> None:
    refused = submit(open_desk(), f"{CONDITIONS}add/", name="网络不可用")

    assert errors_of(refused) == {"slug": ["Give one: these words have no letters from a to z."]}
    assert not Condition.objects.exists()


def test_a_condition_keeps_a_slug() -> None:
    condition = ConditionFactory()

    refused = submit(open_desk(), f"{CONDITIONS}{condition.pk}/change/", slug="")

    assert errors_of(refused) == {"slug": ["This field is required."]}


def test_a_condition_in_use_is_protected() -> None:
    fit = ToolFitFactory()

    response = open_desk().post(
        f"{CONDITIONS}{fit.condition.pk}/delete/", {"post": "yes", "why": "A mistake."}
    )

    assert "It has 1 condition of a tool." in response.content.decode()
    assert Condition.objects.exists()
