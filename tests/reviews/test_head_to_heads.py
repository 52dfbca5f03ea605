"""Which of two tools a reviewer would ship with: what the database, the desk, the API and a catalog file promise of it."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from backend.api.models import Change
from catalog.models import Tool
from comparisons.catalog_file.importing import ImportReport, import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.upsert import Count
from reviews.models import HeadToHead, Reviewer
from tests.comparisons.catalog_file.files import source, tool
from tests.database import broken_constraint, constraints_of, execute
from tests.desk import act, count_queries, errors_of, open_desk, submit
from tests.factories import AHEAD, NOW, HeadToHeadFactory, ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db

DESK = "/admin/reviews/headtohead/"


def two_tools() -> tuple[Tool, Tool]:
    """In the order of their ids; their slugs stand the other way round."""
    first, second = sorted(ToolFactory.create_batch(2), key=lambda each: each.pk)
    Tool.objects.filter(pk=first.pk).update(slug="zebra", name="Zebra")
    Tool.objects.filter(pk=second.pk).update(slug="aardvark", name="Aardvark")
    return Tool.objects.get(pk=first.pk), Tool.objects.get(pk=second.pk)


def revisions_of(answer: HeadToHead) -> list[tuple[int, Any, str]]:
    return list(answer.revisions.order_by("number").values_list("number", "choice", "quote"))


# --- The database ------------------------------------------------------------------------------


def test_whichever_tool_is_named_first_the_pair_is_kept_in_the_order_of_ids() -> None:
    first, second = two_tools()

    made = HeadToHeadFactory(first_tool=second, second_tool=first, choice=second)

    assert (made.first_tool, made.second_tool, made.choice) == (first, second, second)
    assert [each.slug for each in made.tools] == ["aardvark", "zebra"]


def test_a_rename_swaps_nothing() -> None:
    first, second = two_tools()
    made = HeadToHeadFactory(first_tool=first, second_tool=second, choice=first)

    Tool.objects.filter(pk=first.pk).update(slug="aaa")

    made.refresh_from_db()
    assert (made.first_tool_id, made.second_tool_id, made.choice_id) == (first.pk, second.pk, first.pk)
    assert (made.revision, made.corrected_at) == (1, None)


def of_one_tool() -> HeadToHead:
    one = ToolFactory()
    return HeadToHeadFactory(first_tool=one, second_tool=one)


def twice_by_one_reviewer() -> HeadToHead:
    live = HeadToHeadFactory()
    return HeadToHeadFactory(
        reviewer=live.reviewer, first_tool=live.second_tool, second_tool=live.first_tool, choice=None
    )


def on_another_pair() -> int:
    return HeadToHead.objects.filter(pk=HeadToHeadFactory().pk).update(second_tool=ToolFactory())


def a_draft_again() -> int:
    return HeadToHead.objects.filter(pk=HeadToHeadFactory().pk).update(status="draft")


BROKEN: dict[str, Callable[[], object]] = {
    "one_live_head_to_head_per_reviewer_and_pair": twice_by_one_reviewer,
    "a_head_to_head_has_two_tools_in_order": of_one_tool,
    "a_head_to_head_chooses_one_of_its_pair": lambda: HeadToHeadFactory(choice=ToolFactory()),
    "a_head_to_head_stays_with_its_reviewer_and_pair": on_another_pair,
    "what_was_public_is_no_draft_again": a_draft_again,
    "a_head_to_head_is_by_an_active_reviewer": lambda: HeadToHeadFactory(
        reviewer=ReviewerFactory(is_active=False)
    ),
    "head_to_head_status_is_known": lambda: HeadToHeadFactory(status="hidden"),
    "a_head_to_head_has_a_revision": lambda: HeadToHeadFactory(revision=0),
    "head_to_head_text_is_visible": lambda: HeadToHeadFactory(quote="a\u200bb"),
    "head_to_head_basis_is_known": lambda: HeadToHeadFactory(basis="heard"),
    "a_public_head_to_head_has_a_basis": lambda: HeadToHeadFactory(basis=None),
    "a_head_to_head_names_what_was_read": lambda: HeadToHeadFactory(basis="read", evidence=[]),
    "a_head_to_head_has_a_day_from_2000_on": lambda: HeadToHeadFactory(compared_on="1999-12-31"),
    "head_to_head_disclosure_is_visible": lambda: HeadToHeadFactory(disclosure="a\u200bb"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


def test_every_constraint_is_broken_on_purpose() -> None:
    # A revision of at least 1 is at least 0 too, and the database alone writes the rows of earlier ones.
    by_nobody = {
        "head_to_head_revisions_are_numbered_without_repeats",
        "reviews_headtoheadrevision_number_check",
        "reviews_headtohead_revision_check",
    }
    by_triggers = {
        "a_head_to_head_is_by_an_active_reviewer",
        "a_head_to_head_stays_with_its_reviewer_and_pair",
        "what_was_public_is_no_draft_again",
    }
    found = {name for name in constraints_of("reviews") if "head_to_head" in name or "headtohead" in name}
    assert found == BROKEN.keys() - by_triggers | by_nobody


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"choice": None}, id="choice"),
        pytest.param({"quote": "On second thoughts."}, id="quote"),
        pytest.param({"basis": "tested"}, id="basis"),
        pytest.param({"disclosure": "Paid by the maker."}, id="ties"),
        pytest.param({"evidence": ["https://example.com/seen"]}, id="evidence"),
        pytest.param({"compared_on": date(2026, 10, 7)}, id="day"),
    ],
)
def test_all_that_readers_see_of_a_head_to_head_is_corrected(values: dict[str, Any]) -> None:
    made = HeadToHeadFactory(quote="First thoughts.")
    HeadToHead.objects.filter(pk=made.pk).update(choice=made.first_tool)
    made.refresh_from_db()

    HeadToHead.objects.filter(pk=made.pk).update(**values)

    made.refresh_from_db()
    assert made.revision == 3
    assert made.corrected_at > made.published_at
    assert revisions_of(made) == [(1, None, "First thoughts."), (2, made.first_tool_id, "First thoughts.")]


def test_line_ends_alone_are_no_correction() -> None:
    made = HeadToHeadFactory(quote="One.\nTwo.")

    HeadToHead.objects.filter(pk=made.pk).update(quote="One.\r\nTwo.")

    made.refresh_from_db()
    assert (made.quote, made.revision) == ("One.\nTwo.", 1)


def test_what_is_retracted_and_comes_back_as_it_was_has_no_new_revision() -> None:
    made = HeadToHeadFactory()

    for status in ("retracted", "in_review", "published"):
        HeadToHead.objects.filter(pk=made.pk).update(status=status)

    made.refresh_from_db()
    assert (made.revision, made.corrected_at, made.revisions.count()) == (1, None, 1)


def test_what_is_corrected_while_it_is_retracted_counts_once_it_comes_back() -> None:
    made = HeadToHeadFactory()

    steps = ({"status": "retracted"}, {"quote": "New."}, {"status": "in_review"}, {"status": "published"})
    for values in steps:
        HeadToHead.objects.filter(pk=made.pk).update(**values)

    made.refresh_from_db()
    assert made.revision == 2
    assert made.corrected_at


@pytest.mark.parametrize("side", ["first_tool", "second_tool"])
def test_a_head_to_head_is_public_once_both_tools_are(side: str) -> None:
    draft = ToolFactory(status="draft", published_at=None)
    made = HeadToHeadFactory(**{side: draft})
    assert made.published_at is None

    Tool.objects.filter(pk=draft.pk).update(status="published", published_at=NOW)

    made.refresh_from_db()
    assert HeadToHead.objects.get().published_at


def test_a_head_to_head_on_a_tool_that_is_scheduled_is_scheduled() -> None:
    made = HeadToHeadFactory(second_tool=ToolFactory(published_at=AHEAD))

    assert made.published_at == AHEAD
    assert not HeadToHead.objects.published().exists()


def left(answer: HeadToHead) -> HeadToHead:
    """The same after its reviewer has left the panel."""
    Reviewer.objects.filter(pk=answer.reviewer_id).update(is_active=False)
    answer.refresh_from_db()
    return answer


def inserted_by_sql() -> None:
    reviewer, tools = ReviewerFactory(is_active=False), two_tools()
    execute(
        "INSERT INTO reviews_headtohead (id, reviewer_id, first_tool_id, second_tool_id, quote, evidence, status, "
        f"revision, created_at, updated_at) VALUES (gen_random_uuid(), '{reviewer.pk}', '{tools[0].pk}', "
        f"'{tools[1].pk}', '', '{{}}', 'draft', 1, now(), now())"
    )


def inserted_in_bulk() -> None:
    first, second = two_tools()
    reviewer = ReviewerFactory(is_active=False)
    HeadToHead.objects.bulk_create(
        [HeadToHeadFactory.build(reviewer=reviewer, first_tool=first, second_tool=second)]
    )


def published_from(status: str) -> Callable[[], object]:
    def publish() -> int:
        answer = HeadToHeadFactory(status=status)
        HeadToHead.objects.filter(pk=answer.pk, status="retracted").update(status="in_review")
        left(answer)
        return HeadToHead.objects.filter(pk=answer.pk).update(status="published")

    return publish


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(inserted_by_sql, id="a draft, by SQL"),
        pytest.param(inserted_in_bulk, id="in bulk"),
        pytest.param(published_from("draft"), id="a draft that is published"),
        pytest.param(published_from("retracted"), id="a retracted one that comes back"),
    ],
)
def test_who_has_left_the_panel_answers_no_more_pairs_whichever_way(way: Callable[[], object]) -> None:
    assert broken_constraint(way) == "a_head_to_head_is_by_an_active_reviewer"
    assert not HeadToHead.objects.filter(status="published").exists()


def test_a_reviewer_leaves_and_what_they_answered_stays_is_corrected_and_retracted() -> None:
    made = left(HeadToHeadFactory(quote="Frist."))

    HeadToHead.objects.filter(pk=made.pk).update(quote="First.")
    assert list(HeadToHead.objects.published().values_list("quote", "revision")) == [("First.", 2)]
    HeadToHead.objects.filter(pk=made.pk).update(status="retracted")

    assert revisions_of(made) == [(1, None, "Frist."), (2, None, "First.")]


def test_a_reviewer_who_comes_back_answers_pairs_again() -> None:
    made = left(HeadToHeadFactory(status="draft"))

    Reviewer.objects.update(is_active=True)
    HeadToHead.objects.filter(pk=made.pk).update(status="published")

    assert HeadToHead.objects.published().exists()


@pytest.mark.parametrize(
    "sql",
    ["UPDATE reviews_headtoheadrevision SET quote = 'Never said.'", "DELETE FROM reviews_headtoheadrevision"],
)
def test_a_former_answer_is_never_rewritten(sql: str) -> None:
    made = HeadToHeadFactory(quote="Said.")
    HeadToHead.objects.filter(pk=made.pk).update(quote="Said anew.")

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        execute(sql)
    with pytest.raises(ProtectedError):
        made.delete()

    assert revisions_of(made) == [(1, None, "Said.")]


def test_each_change_by_whatever_way_is_in_the_history() -> None:
    made = HeadToHeadFactory()

    HeadToHead.objects.filter(pk=made.pk).update(quote="By SQL.")

    changes = Change.objects.filter(row_id=made.pk).order_by("id").values_list("action", flat=True)
    assert list(changes) == ["insert", "update"]


# --- The desk ----------------------------------------------------------------------------------


def test_a_curator_enters_an_answer_in_either_order() -> None:
    first, second = two_tools()
    reviewer = ReviewerFactory()

    submit(
        open_desk(), f"{DESK}add/", reviewer=reviewer.pk, first_tool=second.pk, second_tool=first.pk,
        choice=second.pk, quote="It starts faster.", evidence="https://example.com/a\nexample.com/b",
    )  # fmt: skip

    made = HeadToHead.objects.get()
    assert (made.reviewer, made.first_tool, made.second_tool, made.choice) == (
        reviewer,
        first,
        second,
        second,
    )
    assert (made.status, made.evidence) == ("draft", ["https://example.com/a", "https://example.com/b"])


def wrong_entries() -> dict[str, tuple[dict[str, Any], str, str]]:
    first, second = ToolFactory(name="One"), ToolFactory(name="Other")
    entry = {"reviewer": ReviewerFactory().pk, "first_tool": first.pk, "second_tool": second.pk}
    retired = ReviewerFactory(name="The Veteran", is_active=False)
    live = HeadToHeadFactory(first_tool=first, second_tool=second)
    return {
        "a third tool": (
            entry | {"choice": ToolFactory().pk},
            "choice",
            "Choose One or Other, or nothing for no difference.",
        ),
        "a pair with itself": (
            entry | {"second_tool": first.pk},
            "second_tool",
            "A head-to-head needs two different tools.",
        ),
        "an inactive reviewer": (
            entry | {"reviewer": retired.pk},
            "reviewer",
            "The Veteran is not active and answers no more pairs.",
        ),
        "twice": (
            entry | {"reviewer": live.reviewer_id, "status": "published", "basis": "tested"},
            "reviewer",
            "This reviewer has a live head-to-head on the pair already: correct or retract it.",
        ),
        "twice, turned round": (
            entry
            | {"reviewer": live.reviewer_id, "status": "published", "basis": "tested"}
            | {"first_tool": second.pk, "second_tool": first.pk},
            "reviewer",
            "This reviewer has a live head-to-head on the pair already: correct or retract it.",
        ),
        "public without a basis": (
            entry | {"status": "published"},
            "basis",
            "Only a draft can do without.",
        ),
        "read, and nothing is named": (
            entry | {"status": "published", "basis": "read"},
            "evidence",
            "Name the documents that were read, or choose another basis.",
        ),
        "a day that lies ahead": (
            entry | {"compared_on": "9999-12-31"},
            "compared_on",
            "Give a day from 2000 on that does not lie ahead.",
        ),
        "a day before there was a web": (
            entry | {"compared_on": "0001-01-01"},
            "compared_on",
            "Give a day from 2000 on that does not lie ahead.",
        ),
        "an invisible character": (
            entry | {"quote": "Ship\u200b it"},
            "quote",
            "invisible characters",
        ),
    }


@pytest.mark.parametrize(
    "mistake",
    [
        "a third tool", "a pair with itself", "an inactive reviewer", "twice", "twice, turned round",
        "public without a basis", "read, and nothing is named", "a day that lies ahead", "a day before there was a web",
        "an invisible character",
    ],
)  # fmt: skip
def test_the_form_names_what_is_wrong_and_stores_nothing(mistake: str) -> None:
    values, field, message = wrong_entries()[mistake]
    before = set(HeadToHead.objects.values_list("pk", "updated_at"))

    response = submit(open_desk(), f"{DESK}add/", **values)

    assert list(errors_of(response)) == [field]
    assert message in " ".join(errors_of(response)[field])
    assert set(HeadToHead.objects.values_list("pk", "updated_at")) == before


def test_a_curator_sees_both_reviews_beside_the_answer_and_corrects_it() -> None:
    made = HeadToHeadFactory(quote="It starts faster.")
    ReviewFactory(reviewer=made.reviewer, tool=made.first_tool, verdict="skip", quote="It is slow <b>.")
    desk = open_desk()

    page = desk.get(f"{DESK}{made.pk}/change/").content.decode()
    submit(
        desk,
        f"{DESK}{made.pk}/change/",
        choice=made.second_tool_id,
        why="Read again",
        note="I read it again.",
    )

    assert "It is slow &lt;b&gt;." in page
    assert "no live review" in page
    made.refresh_from_db()
    assert (made.choice, made.revision) == (made.second_tool, 2)
    assert Change.objects.filter(row_id=made.pk).latest("id").why == "Read again"


def test_the_page_of_an_answer_offers_the_two_tools_and_no_difference() -> None:
    made, other = HeadToHeadFactory(), ToolFactory()
    page = f"{DESK}{made.pk}/change/"
    desk = open_desk()

    widget = desk.get(page).context["adminform"].form.fields["choice"].widget

    assert [value for value, _ in widget.choices] == ["", *(str(tool.pk) for tool in made.tools)]
    assert widget.choices[0][1] == "No difference"
    submit(desk, page, choice=made.second_tool_id, note="I tried both.")
    assert HeadToHead.objects.get().choice == made.second_tool
    assert "choice" in errors_of(submit(desk, page, choice=other.pk))


def test_a_new_answer_offers_the_two_of_its_pair_and_no_other_tool() -> None:
    first, second = ToolFactory.create_batch(2)
    ToolFactory.create_batch(3)
    reviewer, desk = ReviewerFactory(), open_desk()
    pair = {"first_tool": first.pk, "second_tool": second.pk}

    empty = desk.get(f"{DESK}add/").context["adminform"].form.fields["choice"].widget
    linked = desk.get(f"{DESK}add/", pair).context["adminform"].form.fields["choice"].widget
    made_up = desk.post(f"{DESK}add/", {"first_tool": "x", "choice": "first_tool"})
    submit(desk, f"{DESK}add/", reviewer=reviewer.pk, **pair, choice="second_tool")

    assert [label for _, label in empty.choices] == ["No difference", "The first tool", "The second tool"]
    assert [value for value, _ in linked.choices] == ["", str(first.pk), str(second.pk)]
    assert "choice" in errors_of(made_up)
    made = HeadToHead.objects.get()
    assert (made.reviewer, made.choice) == (reviewer, second)


def test_a_draft_without_a_choice_claims_no_difference_to_nobody() -> None:
    draft, live = HeadToHeadFactory(status="draft"), HeadToHeadFactory()

    assert str(draft).endswith(": nothing chosen")
    assert str(live).endswith(": no difference")


def test_a_third_tool_chosen_by_who_has_answered_is_refused_in_words() -> None:
    live = HeadToHeadFactory()

    response = submit(
        open_desk(), f"{DESK}add/", reviewer=live.reviewer_id, first_tool=live.first_tool_id,
        second_tool=live.second_tool_id, choice=ToolFactory().pk, status="published", basis="synthetic",
    )  # fmt: skip

    assert errors_of(response) == {
        "choice": [
            f"Choose {live.first_tool.name} or {live.second_tool.name}, or nothing for no difference."
        ],
        "__all__": ["This reviewer has a live head-to-head on the pair already: correct or retract it."],
    }


def test_a_second_live_answer_is_refused_on_the_page_of_a_draft() -> None:
    live = HeadToHeadFactory()
    draft = HeadToHeadFactory(
        reviewer=live.reviewer, first_tool=live.first_tool, second_tool=live.second_tool, status="draft"
    )

    response = submit(open_desk(), f"{DESK}{draft.pk}/change/", status="published")

    assert "already: correct or retract it" in str(errors_of(response))
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_answers_are_published_and_retracted_from_the_list() -> None:
    draft, live = HeadToHeadFactory(status="draft"), HeadToHeadFactory()
    retired = left(HeadToHeadFactory(status="draft", reviewer__name="The Veteran"))
    desk = open_desk()

    told = act(desk, DESK, "publish", [draft, live, retired])
    act(desk, DESK, "retract", [live])

    assert told[0] == "1 head-to-head published."
    assert "Not published (not a draft)" in " ".join(told)
    assert "Not published (the reviewer is not active): The Veteran on" in " ".join(told)
    statuses = dict(HeadToHead.objects.values_list("pk", "status"))
    assert statuses == {draft.pk: "published", live.pk: "retracted", retired.pk: "draft"}


def test_a_draft_of_who_has_left_is_refused_on_its_page() -> None:
    draft = left(HeadToHeadFactory(status="draft", reviewer__name="The Veteran"))

    response = submit(open_desk(), f"{DESK}{draft.pk}/change/", status="published")

    assert "The Veteran is not active and answers no more pairs." in str(errors_of(response))
    draft.refresh_from_db()
    assert draft.status == "draft"


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_costs_the_same_however_long_it_is(rows: int) -> None:
    HeadToHeadFactory.create_batch(rows)

    # Session, curator; the reviewers to filter by; all, those found, ids, rows; two for the dates.
    assert count_queries(open_desk(), DESK) == 9


def test_the_form_says_what_to_do_instead_of_going_back_to_draft() -> None:
    made = HeadToHead.objects.get(pk=HeadToHeadFactory().pk)
    made.status = "draft"

    with pytest.raises(ValidationError, match="no draft again: retract it"):
        made.full_clean()


# --- The API -----------------------------------------------------------------------------------


def test_answers_are_listed_with_the_pair_in_the_order_of_slugs(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = two_tools()
    made = HeadToHeadFactory(
        first_tool=first, second_tool=second, choice=first, reviewer__slug="skeptic", quote="It holds."
    )
    HeadToHeadFactory(first_tool=first, second_tool=second)
    HeadToHeadFactory(reviewer=made.reviewer)

    # Known slugs, the ids of the tool and of the reviewer, answers with their reviewers and tools.
    with django_assert_num_queries(4):
        rows = api.get("/api/v1/head-to-heads?tool=aardvark&reviewer=skeptic").json()["results"]

    assert rows == [
        {
            "id": str(made.pk),
            "tools": [
                    {"slug": "aardvark", "name": "Aardvark", "status": "published"},
                    {"slug": "zebra", "name": "Zebra", "status": "published"},
                ],
            "reviewer": {
                "slug": "skeptic", "name": made.reviewer.name, "kind": "persona", "lens": "What breaks first",
            },
            "prefers": "zebra",
            "quote": "It holds.",
            "basis": "read",
            "disclosure": None,
            "evidence": ["https://example.com/docs"],
            "compared_on": "2026-10-06",
            "revision": 1,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param({"status": "draft"}, id="a draft"),
        pytest.param({"status": "retracted"}, id="a retracted one"),
        pytest.param({"first_tool__status": "draft", "first_tool__published_at": None}, id="of a draft tool"),
        pytest.param({"second_tool__published_at": AHEAD}, id="of a tool that is scheduled"),
    ],
)
def test_what_is_not_published_is_nowhere(api: APIClient, hidden: dict[str, Any]) -> None:
    made = HeadToHeadFactory(**hidden)

    page = api.get(f"/api/v1/reviewers/{made.reviewer.slug}").json()

    assert api.get("/api/v1/head-to-heads").json()["results"] == []
    assert (page["head_to_head_count"], page["head_to_heads"]) == (0, [])


@pytest.mark.parametrize("rows", [2, 12])
def test_a_reviewers_page_counts_all_and_shows_the_latest_ten(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    reviewer = ReviewerFactory(slug="skeptic")
    ReviewFactory.create_batch(3, reviewer=reviewer)
    made = HeadToHeadFactory.create_batch(rows, reviewer=reviewer)
    HeadToHeadFactory()

    # The reviewer with counts, the latest answers.
    with django_assert_num_queries(2):
        page = api.get("/api/v1/reviewers/skeptic").json()

    assert (page["record"]["ship"], page["head_to_head_count"]) == (3, rows)
    assert [row["id"] for row in page["head_to_heads"]] == [str(each.pk) for each in made[::-1][:10]]
    assert "reviewer" not in page["head_to_heads"][0]
    assert page["head_to_heads"][0]["prefers"] is None


# --- The catalog file --------------------------------------------------------------------------


def answer(**keys: Any) -> dict[str, Any]:
    return {"tools": ["beta", "alpha"], "reviewer": "builder", "prefers": "beta", "quote": "Faster."} | keys


def load(*answers: dict[str, Any], **keys: Any) -> ImportReport:
    return import_catalog(source=io.BytesIO(source(head_to_head=list(answers), **keys)), now=NOW)


def test_a_file_brings_answers_which_claim_the_least() -> None:
    report = load(answer())

    made = HeadToHead.objects.get()
    assert report.counts["head_to_head"] == Count(1, 0, 0)
    assert (made.reviewer.slug, made.choice and made.choice.slug, made.quote) == (
        "builder",
        "beta",
        "Faster.",
    )
    assert (made.status, made.basis, made.revision, made.compared_on) == ("published", "synthetic", 1, None)


def test_the_same_file_again_changes_nothing_and_another_answer_is_a_correction() -> None:
    load(answer())

    again = load(answer(tools=["alpha", "beta"]))
    changed = load(answer(prefers=None))

    assert again.is_empty
    assert [(change.name, change.fields) for change in changed.changes] == [
        ("alpha-vs-beta/builder", ("prefers",))
    ]
    made = HeadToHead.objects.get()
    assert (made.choice, made.revision) == (None, 2)


def test_a_file_without_answers_leaves_them() -> None:
    load(answer())

    report = import_catalog(source=io.BytesIO(source()), now=NOW)

    assert report.is_empty
    assert HeadToHead.objects.filter(status="published").count() == 1


REFUSED = {
    "a third tool": (
        [answer(prefers="gamma")],
        'head_to_head[0].prefers: "gamma" is none of the two tools',
    ),
    "a tool that nobody knows": (
        [answer(prefers="delta")],
        'head_to_head[0].prefers: "delta" is none of the two tools',
    ),
    "read, and nothing is named": (
        [answer(basis="read")],
        "head_to_head[0].evidence: Name the documents that were read, or choose another basis.",
    ),
    "a day that lies ahead": (
        [answer(compared_on="9999-12-31")],
        (
            "head_to_head[0].compared_on: must be a day such as 2026-11-02, from 2000 on and not ahead, or null,"
            ' not "9999-12-31"'
        ),
    ),
    "a pair with itself": (
        [answer(tools=["alpha", "alpha"])],
        "head_to_head[0].tools: must be two different tools",
    ),
    "an unknown pair": (
        [answer(tools=["alpha", "delta"])],
        'head_to_head[0].tools[1]: no tool is called "delta"',
    ),
    "an unknown reviewer": (
        [answer(reviewer="nobody")],
        'head_to_head[0].reviewer: no reviewer is called "nobody"',
    ),
    "an inactive reviewer": (
        [answer(reviewer="veteran")],
        'head_to_head[0].reviewer: "veteran" is not active and answers no more pairs',
    ),
    "twice": (
        [answer(), answer(tools=["alpha", "beta"], prefers=None)],
        'head_to_head[1].reviewer: "builder" answers this pair already at head_to_head[0]',
    ),
    "twice, far apart": (
        [answer(), answer(tools=["alpha", "gamma"], prefers=None), answer(prefers=None)],
        'head_to_head[2].reviewer: "builder" answers this pair already at head_to_head[0]',
    ),
    "no preference given": (
        [{"tools": ["alpha", "beta"], "reviewer": "builder"}],
        "head_to_head[0].prefers: is missing",
    ),
    "public without a basis": (
        [answer(basis=None)],
        "head_to_head[0].basis: only a draft can do without",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_file_is_refused_by_its_place_and_nothing_is_stored(mistake: str) -> None:
    ReviewerFactory(slug="veteran", is_active=False)
    answers, line = REFUSED[mistake]

    with pytest.raises(CatalogFileError) as refusal:
        load(*answers, tools=[tool("alpha"), tool("beta"), tool("gamma")])

    assert refusal.value.lines == (line,)
    assert not HeadToHead.objects.exists()
    assert not Tool.objects.exists()


def test_a_file_publishes_no_answer_that_was_retracted() -> None:
    load(answer(status="retracted"))

    with pytest.raises(CatalogFileError) as refusal:
        load(answer(status="published"))

    assert refusal.value.lines == (
        "head_to_head[0].status: What is retracted does not become published. Bring it back to review on its page.",
    )
    assert HeadToHead.objects.get().status == "retracted"


@pytest.mark.parametrize(("status", "quote"), [("draft", "Faster."), ("retracted", "Slower.")])
def test_a_file_publishes_no_answer_of_who_has_left(status: str, quote: str) -> None:
    load(answer(status=status, quote=quote))
    Reviewer.objects.update(is_active=False)

    with pytest.raises(CatalogFileError) as refusal:
        load(answer(status="published"))

    assert refusal.value.lines == (
        'head_to_head[0].reviewer: "builder" is not active and answers no more pairs',
    )
    assert HeadToHead.objects.get().status == status


def test_a_file_in_which_a_reviewer_leaves_brings_what_they_answered_before() -> None:
    load(answer(), reviewers=[{"slug": "builder", "name": "The Builder", "is_active": False}])

    assert list(HeadToHead.objects.values_list("status", "reviewer__is_active")) == [("published", False)]


def test_answers_cost_a_fixed_number_of_queries_a_batch(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    reviewers = [{"slug": f"reviewer-{n}", "name": f"Reviewer {n}"} for n in range(60)]
    answers = [answer(reviewer=each["slug"]) for each in reviewers]
    load(reviewers=[*reviewers, {"slug": "builder", "name": "The Builder"}])

    with django_assert_max_num_queries(30):
        load(*answers)

    assert HeadToHead.objects.count() == 60
