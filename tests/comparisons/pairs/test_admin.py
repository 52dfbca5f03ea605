"""What curators see and may do on the pages of comparisons."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.admin.models import BulkRow
from catalog.models import MAX_FITS, Tool
from comparisons.models import Comparison, PairFit
from tests.desk import act, count_queries, errors_of, messages_of, open_desk, submit
from tests.factories import (
    AHEAD,
    ComparisonFactory,
    ConditionFactory,
    HeadToHeadFactory,
    PairFitFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VerdictChangeFactory,
    review,
)

pytestmark = pytest.mark.django_db

COMPARISONS = "/admin/comparisons/comparison/"


def page_of(comparison: Comparison) -> str:
    return f"{COMPARISONS}{comparison.pk}/change/"


@pytest.mark.parametrize("rows", [5, 50])
def test_the_list_costs_nine_queries(rows: int) -> None:
    ComparisonFactory.create_batch(rows)

    # Session, curator; the categories to filter by; all, those found, the page's ids, its rows; two for the dates.
    assert count_queries(open_desk(), COMPARISONS) == 9


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("q=showdown", id="title"),
        pytest.param("q=aider", id="first tool"),
        pytest.param("q=zed-1", id="second tool"),
        pytest.param("outcome=winner", id="outcome"),
        pytest.param("category=editors", id="category of one side"),
        pytest.param("status__exact=archived", id="status"),
    ],
)
def test_a_comparison_is_found_by(words: str) -> None:
    first = ToolFactory(name="Aider", slug="aider")
    second = ToolFactory(name="Zed", slug="zed-1", category__slug="editors")
    review(first, ship=3)
    review(second, skip=3)
    comparison = ComparisonFactory(first_tool=first, second_tool=second, title="Showdown", status="archived")
    ComparisonFactory()

    response: Any = open_desk().get(f"{COMPARISONS}?{words}")

    assert [found.pk for found in response.context["cl"].result_list] == [comparison.pk]


def test_the_list_shows_the_outcome() -> None:
    ComparisonFactory()

    page = open_desk().get(COMPARISONS).content.decode()

    assert '<td class="field-verdict">Insufficient</td>' in page


def test_a_pair_entered_in_the_wrong_order_is_kept_in_the_right_one() -> None:
    late, early = ToolFactory(slug="zed"), ToolFactory(slug="aider")

    response = submit(open_desk(), f"{COMPARISONS}add/", first_tool=late.pk, second_tool=early.pk)

    comparison = Comparison.objects.get()
    assert (comparison.first_tool, comparison.second_tool) == (early, late)
    assert "aider-vs-zed" in messages_of(response)[0]


@pytest.mark.parametrize("turned", [False, True], ids=["as it stands", "turned round"])
def test_a_pair_that_exists_is_refused_and_named(turned: bool) -> None:
    twin = ComparisonFactory(first_tool__slug="aider", second_tool__slug="zed")
    pair = [twin.second_tool.pk, twin.first_tool.pk] if turned else [twin.first_tool.pk, twin.second_tool.pk]

    response = submit(open_desk(), f"{COMPARISONS}add/", first_tool=pair[0], second_tool=pair[1])

    link = f'<a href="{page_of(twin)}">aider-vs-zed</a>'
    assert errors_of(response) == {"second_tool": [f"This pair exists already: {link}."]}
    assert link in response.content.decode()
    assert Comparison.objects.count() == 1


def test_a_pair_can_be_turned_round_on_its_own_form() -> None:
    comparison = ComparisonFactory(first_tool__slug="aider", second_tool__slug="zed", status="draft")

    submit(
        open_desk(), page_of(comparison),
        first_tool=comparison.second_tool.pk, second_tool=comparison.first_tool.pk, title="Turned",
    )  # fmt: skip

    kept = Comparison.objects.get()
    assert (kept.first_tool, kept.title) == (comparison.first_tool, "Turned")


@pytest.mark.parametrize("status", ["published", "archived"])
def test_the_tools_of_a_pair_that_was_public_stay_whatever_the_form_is_sent(status: str) -> None:
    comparison = ComparisonFactory(status=status)
    sent = {"second_tool": str(ToolFactory().pk), "title": "New"}

    response = submit(open_desk(), page_of(comparison), **sent)

    kept = Comparison.objects.get()
    assert (kept.first_tool, kept.second_tool) == (comparison.first_tool, comparison.second_tool)
    assert kept.title == "New"
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, set()),
        ({"status": "draft"}, {"first_tool", "second_tool"}),
        ({"published_at": AHEAD}, {"first_tool", "second_tool"}),
    ],
    ids=["public", "draft", "scheduled"],
)
def test_the_form_offers_other_tools_until_the_pair_is_public(
    values: dict[str, Any], fields: set[str]
) -> None:
    page = open_desk().get(page_of(ComparisonFactory(**values)))

    assert page.context["adminform"].form.fields.keys() & {"first_tool", "second_tool"} == fields


def test_a_tool_is_not_compared_with_itself() -> None:
    tool = ToolFactory()

    response = submit(open_desk(), f"{COMPARISONS}add/", first_tool=tool.pk, second_tool=tool.pk)

    assert errors_of(response) == {"second_tool": ["A comparison needs two different tools."]}
    assert not Comparison.objects.exists()


def test_a_pair_with_a_draft_is_not_published_on_the_form() -> None:
    comparison = ComparisonFactory(
        first_tool__status="draft", first_tool__name="Aider", status="draft", published_at=None
    )

    response = submit(open_desk(), page_of(comparison), status="published")

    assert errors_of(response) == {"status": ["Aider is not published yet: publish the tool first."]}


def test_a_pair_that_goes_public_on_the_form_gets_its_date() -> None:
    comparison = ComparisonFactory(status="draft", published_at=None)

    submit(open_desk(), page_of(comparison), _move="publish", why="Reviews follow.")

    comparison.refresh_from_db()
    assert comparison.status == "published"
    assert comparison.published_at is not None


@pytest.mark.parametrize("field", ["title", "editor_note", "source_url"])
def test_a_nul_in_a_text_is_refused(field: str) -> None:
    comparison = ComparisonFactory()

    response = submit(open_desk(), page_of(comparison), **{field: "a\x00b"})

    assert "Null characters are not allowed." in errors_of(response)[field]


@pytest.mark.parametrize("field", ["first_tool", "second_tool"])
def test_an_empty_side_is_refused(field: str) -> None:
    comparison = ComparisonFactory(status="draft")

    response = submit(open_desk(), page_of(comparison), **{field: ""})

    assert errors_of(response) == {field: ["This field is required."]}


def test_publishing_says_how_many_and_why_others_were_left() -> None:
    draft = ComparisonFactory(status="draft", published_at=None)
    for tool in (draft.first_tool, draft.second_tool):
        ReviewFactory.create_batch(3, tool=tool)
    public = ComparisonFactory()
    early = ComparisonFactory(first_tool__status="draft", status="draft", published_at=None)

    told = act(open_desk(), COMPARISONS, "publish", [draft, public, early])

    assert told[0] == "1 comparison published."
    assert sorted(told[1:]) == [
        f"Not published (a tool of the pair is not published): {early.slug}.",
        f"Not published (already published): {public.slug}.",
    ]


def test_archiving_says_how_many_and_why_others_were_left() -> None:
    public = ComparisonFactory()
    draft = ComparisonFactory(status="draft", published_at=None)

    told = act(open_desk(), COMPARISONS, "archive", [public, draft])

    assert told == ["1 comparison archived."]
    assert BulkRow.objects.values_list("row_id", "reason").get(outcome="left") == (draft.pk, "not published")


def test_a_public_pair_leads_to_its_page_and_a_draft_does_not() -> None:
    desk = open_desk()
    public, draft = ComparisonFactory(), ComparisonFactory(status="draft", published_at=None)

    assert ">As readers get it</a>" in desk.get(page_of(public)).content.decode()
    assert "Nothing is public yet." in desk.get(page_of(draft)).content.decode()


def test_a_draft_of_a_comparison_can_be_deleted() -> None:
    comparison = ComparisonFactory(status="draft")

    open_desk().post(f"{COMPARISONS}{comparison.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert not Comparison.objects.exists()


def test_a_comparison_that_was_public_stays_with_its_history() -> None:
    comparison = VerdictChangeFactory().comparison

    page = open_desk().post(f"{COMPARISONS}{comparison.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert "It is published: you can delete drafts only." in page.content.decode()
    assert "It has 1 verdict change." in page.content.decode()
    assert Comparison.objects.get().verdict_changes.count() == 1


def test_a_pair_with_the_slug_of_another_is_refused_in_the_form() -> None:
    tools = {slug: ToolFactory(slug=slug) for slug in ("aa", "bb-vs-cc", "aa-vs-bb", "cc")}
    ComparisonFactory(first_tool=tools["aa"], second_tool=tools["bb-vs-cc"])
    other = ComparisonFactory(first_tool=tools["aa-vs-bb"], status="draft")

    response = submit(open_desk(), page_of(other), second_tool=str(tools["cc"].pk))

    assert errors_of(response) == {
        "second_tool": ["aa-vs-bb-vs-cc leads to another pair already: rename one of the tools first."]
    }


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        pytest.param({"title": "A\u202eB"}, "title", "invisible characters", id="an override of direction"),
        pytest.param(
            {"source_url": "https://me:secret@a.example"},
            "source_url",
            "Enter a valid URL.",
            id="credentials",
        ),
    ],
)
def test_what_looks_like_something_else_is_refused_in_the_form(
    values: dict[str, str], field: str, message: str
) -> None:
    response = submit(open_desk(), page_of(ComparisonFactory()), **values)

    assert list(errors_of(response)) == [field]
    assert message in " ".join(errors_of(response)[field])


# --- Conditions -----------------------------------------------------------------------------------


def fit_row(number: int, tool: Tool, **values: Any) -> dict[str, Any]:
    """What the form sends of one condition."""
    row = {"position": 0, "evidence": "https://example.com/docs", "checked_on": "2026-10-20", **values}
    return {f"fits-{number}-{name}": value for name, value in {"tool": tool.pk, **row}.items()}


def fit_errors(response: Any) -> list[dict[str, list[str]]]:
    return [form.errors for form in response.context["inline_admin_formsets"][0].formset.forms]


def test_conditions_of_a_new_pair_are_written_with_it() -> None:
    first, second = ToolFactory(slug="b"), ToolFactory(slug="a")

    submit(
        open_desk(), f"{COMPARISONS}add/", first_tool=first.pk, second_tool=second.pk,
        **{"fits-TOTAL_FORMS": 2},
        **fit_row(0, first, condition=ConditionFactory().pk),
        **fit_row(1, second, condition=ConditionFactory().pk),
    )  # fmt: skip

    assert {fit.tool for fit in PairFit.objects.all()} == {first, second}


def test_a_condition_of_a_third_tool_is_named_and_nothing_is_stored() -> None:
    pair, third = ComparisonFactory(), ToolFactory(name="Third")

    response = submit(
        open_desk(), page_of(pair), title="New",
        **{"fits-TOTAL_FORMS": 1}, **fit_row(0, third, condition=ConditionFactory().pk),
    )  # fmt: skip

    assert fit_errors(response) == [{"tool": ["Third is not one of the two tools."]}]
    assert not PairFit.objects.exists()
    assert Comparison.objects.get().title == ""


def test_a_condition_of_a_stored_pair_is_offered_its_two_tools() -> None:
    pair = PairFitFactory().comparison
    ToolFactory()

    formset = open_desk().get(page_of(pair)).context["inline_admin_formsets"][0].formset

    tools = ["", str(pair.first_tool_id), str(pair.second_tool_id)]
    for form in (*formset.forms, formset.empty_form):
        assert [value for value, _ in form.fields["tool"].widget.choices] == tools


def test_a_new_condition_of_a_pair_without_a_place_comes_last() -> None:
    first = PairFitFactory(position=1)
    pair, condition = first.comparison, ConditionFactory()

    submit(
        open_desk(), page_of(pair), **{"fits-TOTAL_FORMS": 2},
        **fit_row(1, pair.second_tool, condition=condition.pk, position=""),
    )  # fmt: skip

    assert [(fit.condition, fit.position) for fit in PairFit.objects.in_order()] == [
        (first.condition, 1),
        (condition, 2),
    ]


def test_the_page_of_a_pair_names_the_winner() -> None:
    pair = ComparisonFactory(first_tool__name="Aider")
    draft = ComparisonFactory(status="draft")
    review(pair.first_tool, ship=3)
    review(pair.second_tool, skip=3)
    desk = open_desk()

    assert "Aider wins (" in desk.get(page_of(pair)).content.decode()
    assert "Insufficient" in desk.get(page_of(draft)).content.decode()


def test_the_history_of_a_pair_tells_nothing_of_what_stayed_empty() -> None:
    fit = PairFitFactory(condition__slug="offline")

    page = open_desk().get(f"{COMPARISONS}{fit.comparison_id}/history/").content.decode()

    assert "if offline: evidence" in page
    assert "if offline: note" not in page


def test_a_condition_of_both_tools_is_refused_on_the_form_and_nothing_is_stored() -> None:
    pair, condition = ComparisonFactory(first_tool__name="Aider"), ConditionFactory()

    response = submit(
        open_desk(), page_of(pair), title="New", **{"fits-TOTAL_FORMS": 2},
        **fit_row(0, pair.first_tool, condition=condition.pk),
        **fit_row(1, pair.second_tool, condition=condition.pk),
    )  # fmt: skip

    message = "Aider has it too: a condition that both fit does not decide between them."
    assert fit_errors(response) == [{}, {"condition": [message]}]
    assert not PairFit.objects.exists()
    assert Comparison.objects.get().title == ""


def test_a_tool_of_a_pair_gets_no_more_conditions_than_can_be_looked_over() -> None:
    pair = ComparisonFactory()
    rows: dict[str, Any] = {"fits-TOTAL_FORMS": MAX_FITS + 1}
    for number in range(MAX_FITS + 1):
        rows |= fit_row(number, pair.first_tool, condition=ConditionFactory().pk)

    response = submit(open_desk(), page_of(pair), **rows)

    assert fit_errors(response)[-1] == {"tool": [f"A tool has at most {MAX_FITS} conditions."]}
    assert not PairFit.objects.exists()


def test_a_tool_that_leaves_the_pair_takes_its_conditions_along() -> None:
    pair, other = ComparisonFactory(status="draft"), ToolFactory()
    leaves = PairFitFactory(comparison=pair, tool=pair.first_tool)
    stays = PairFitFactory(comparison=pair, tool=pair.second_tool)
    place = next(n for n, fit in enumerate(PairFit.objects.in_order()) if fit == leaves)

    desk = open_desk()

    kept = submit(desk, page_of(pair), first_tool=other.pk)
    assert {"tool": [f"{leaves.tool.name} is not one of the two tools."]} in fit_errors(kept)

    submit(desk, page_of(pair), first_tool=other.pk, **{f"fits-{place}-DELETE": "on"})
    assert list(PairFit.objects.all()) == [stays]


@pytest.mark.parametrize("reviewers", [1, 8])
def test_a_reviewers_answer_stands_beside_their_two_reviews_with_a_form_for_what_is_missing(
    reviewers: int,
) -> None:
    pair = ComparisonFactory(first_tool__name="Aider <1>", second_tool__name="Zed")
    made = ReviewFactory(tool=pair.first_tool, verdict="skip")
    answer = HeadToHeadFactory(
        first_tool=pair.second_tool,
        second_tool=pair.first_tool,
        choice=pair.second_tool,
        reviewer=made.reviewer,
    )
    others = ReviewerFactory.create_batch(reviewers)
    retired = ReviewerFactory(is_active=False, name="The Veteran")
    desk = open_desk()

    with CaptureQueriesContext(connection) as queries:
        page = desk.get(f"{COMPARISONS}{pair.pk}/change/").content.decode()

    assert f'<a href="/admin/reviews/review/{made.pk}/change/">Skip</a>' in page
    assert f'<a href="/admin/reviews/headtohead/{answer.pk}/change/">Zed</a>' in page
    assert f"/admin/reviews/review/add/?reviewer={made.reviewer_id}&amp;tool={pair.second_tool_id}" in page
    missing = (
        f"?reviewer={others[0].pk}&amp;first_tool={pair.first_tool_id}&amp;second_tool={pair.second_tool_id}"
    )
    assert f"/admin/reviews/headtohead/add/{missing}" in page
    assert "Aider &lt;1&gt;" in page
    assert retired.name not in page
    # Session, curator, the pair, its two tools for the form; reviews, answers, reviewers.
    assert len(queries) <= 10


def test_what_is_written_and_not_yet_public_is_linked_and_says_so() -> None:
    pair = ComparisonFactory()
    one, other = ReviewerFactory.create_batch(2)
    draft = ReviewFactory(reviewer=one, tool=pair.first_tool, verdict="ship", status="draft")
    handed_in = ReviewFactory(reviewer=one, tool=pair.second_tool, verdict="skip", status="in_review")
    public = ReviewFactory(reviewer=other, tool=pair.first_tool, verdict="ship")
    ReviewFactory(reviewer=other, tool=pair.first_tool, verdict="skip", status="draft")
    ReviewFactory(reviewer=other, tool=pair.second_tool, verdict="skip", status="retracted")
    answer = HeadToHeadFactory(
        first_tool=pair.first_tool, second_tool=pair.second_tool, reviewer=one, choice=None, status="draft"
    )

    page = open_desk().get(f"{COMPARISONS}{pair.pk}/change/").content.decode()

    assert f'<a href="/admin/reviews/review/{draft.pk}/change/">Ship (draft)</a>' in page
    assert f'<a href="/admin/reviews/review/{handed_in.pk}/change/">Skip (in review)</a>' in page
    assert f'<a href="/admin/reviews/review/{public.pk}/change/">Ship</a>' in page
    assert f"/admin/reviews/review/add/?reviewer={other.pk}&amp;tool={pair.second_tool_id}" in page
    assert f"/admin/reviews/headtohead/{answer.pk}/change/" in page
