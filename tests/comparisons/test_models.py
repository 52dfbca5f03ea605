"""What the database promises of pairs: slug order, one row a pair, two different tools."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ProtectedError

from backend.api.models import Change
from catalog.models import MAX_FITS, Tool
from comparisons.models import (
    CatalogUpload,
    Comparison,
    PairFit,
    PairPanel,
    PreviewLink,
    ToolMerge,
    VerdictChange,
    pair_slug,
)
from reviews.models import HeadToHead, Review, Reviewer
from tests.database import at_once, broken_constraint, constraint_in, constraints_of, execute, start_elsewhere
from tests.factories import (
    AHEAD,
    NOW,
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    PairFitFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VerdictChangeFactory,
    answer_pair,
    review,
)

pytestmark = pytest.mark.django_db

# Each pair in the order of its bytes. A language's own order would pass over hyphens or mix letters and digits.
PAIRS = [
    ("a", "b"),
    ("a", "a-b"),
    ("a-b", "ab"),
    ("a-", "a0"),
    ("a-z", "a0"),
    ("a9", "aa"),
    ("1", "a"),
    ("10", "9"),
    ("a--b", "a-b"),
    ("claw-code", "claw-code-2026"),
    ("mistral-3-small-22b", "mistral-3-small-24b"),
    ("mistral-3-small", "mistral-3-small-22b"),
]


def slugs_of(comparison: Comparison) -> tuple[str, str]:
    first, second = Comparison.objects.values_list("first_tool__slug", "second_tool__slug").get(
        pk=comparison.pk
    )
    return first, second


def rename(tool: Tool, slug: str) -> None:
    Tool.objects.filter(pk=tool.pk).update(slug=slug)


def enter_by_save(first: Tool, second: Tool) -> Comparison:
    return Comparison.objects.create(first_tool=first, second_tool=second)


def enter_by_bulk_create(first: Tool, second: Tool) -> Comparison:
    return Comparison.objects.bulk_create([Comparison(first_tool=first, second_tool=second)])[0]


def enter_by_sql(first: Tool, second: Tool) -> Comparison:
    row = Comparison(first_tool=first, second_tool=second)
    execute(
        "INSERT INTO comparisons_comparison"
        " (id, first_tool_id, second_tool_id, title, editor_note, source_url, status, created_at, updated_at)"
        " VALUES (%s, %s, %s, '', '', '', 'draft', now(), now())",
        row.pk,
        first.pk,
        second.pk,
    )
    return row


def enter_by_update(first: Tool, second: Tool) -> Comparison:
    row = ComparisonFactory(status="draft")
    Comparison.objects.filter(pk=row.pk).update(first_tool=first, second_tool=second)
    return row


Enter = Callable[[Tool, Tool], Comparison]


class TestOrder:
    @pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
    @pytest.mark.parametrize(
        "enter",
        [enter_by_save, enter_by_bulk_create, enter_by_sql, enter_by_update],
        ids=["save", "bulk_create", "sql", "update"],
    )
    def test_a_pair_ends_in_the_order_of_its_slugs_bytes(self, enter: Enter, pair: tuple[str, str]) -> None:
        second, first = ToolFactory(slug=pair[1]), ToolFactory(slug=pair[0])

        wrong_way_round = enter(second, first)

        assert slugs_of(wrong_way_round) == pair
        assert pair[0].encode() < pair[1].encode()

    def test_a_pair_that_is_entered_in_order_stays_as_it_is(self) -> None:
        row = enter_by_save(ToolFactory(slug="a"), ToolFactory(slug="b"))

        assert slugs_of(row) == ("a", "b")

    def test_a_renamed_tool_moves_within_its_pairs_and_no_others(self) -> None:
        left, middle, right = (ToolFactory(slug=slug) for slug in ("b", "m", "y"))
        rows = [enter_by_save(*pair) for pair in ((left, middle), (middle, right), (left, right))]

        rename(middle, "z")
        assert [slugs_of(row) for row in rows] == [("b", "z"), ("y", "z"), ("b", "y")]

        rename(middle, "a")
        assert [slugs_of(row) for row in rows] == [("a", "b"), ("a", "y"), ("b", "y")]

    def test_one_statement_that_renames_both_tools_turns_their_pair_round(self) -> None:
        row = enter_by_save(ToolFactory(slug="a"), ToolFactory(slug="b"))

        execute("UPDATE catalog_tool SET slug = CASE slug WHEN 'a' THEN 'z' ELSE 'y' END")

        assert slugs_of(row) == ("y", "z")

    def test_a_rename_changes_nothing_else_of_a_pair(self) -> None:
        first = ToolFactory(slug="a")
        row = ComparisonFactory(first_tool=first, second_tool=ToolFactory(slug="b"), editor_note="Kept.")

        rename(first, "c")

        after = Comparison.objects.get(pk=row.pk)
        assert (after.editor_note, after.status, after.published_at) == ("Kept.", "published", NOW)
        assert after.updated_at == row.updated_at

    def test_many_pairs_entered_at_once_are_each_put_in_order(self) -> None:
        tools = [ToolFactory(slug=slug) for slug in ("d", "c", "b", "a")]

        Comparison.objects.bulk_create(
            Comparison(first_tool=tools[one], second_tool=tools[other])
            for one in range(4)
            for other in range(one + 1, 4)
        )

        stored = set(Comparison.objects.values_list("first_tool__slug", "second_tool__slug"))
        assert stored == {("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")}


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Tools are renamed while their pair is made, or both in the same moment."""

    def test_a_pair_that_is_made_during_a_rename_waits_for_the_new_slug(self) -> None:
        one, other = ToolFactory(slug="a"), ToolFactory(slug="b")

        with transaction.atomic():
            rename(one, "c")
            pair = start_elsewhere(lambda: enter_by_save(one, other))
        pair.result(timeout=30)

        assert slugs_of(Comparison.objects.get()) == ("b", "c")

    def test_a_rename_during_the_making_of_a_pair_waits_for_it(self) -> None:
        one, other = ToolFactory(slug="a"), ToolFactory(slug="b")

        with transaction.atomic():
            enter_by_save(one, other)
            renaming = start_elsewhere(lambda: rename(one, "c"))
        renaming.result(timeout=30)

        assert slugs_of(Comparison.objects.get()) == ("b", "c")

    def test_renames_of_both_tools_wait_for_each_other_at_their_pair(self) -> None:
        one, other = ToolFactory(slug="a"), ToolFactory(slug="b")
        enter_by_save(one, other)

        with transaction.atomic():
            rename(one, "aa")
            second = start_elsewhere(lambda: rename(other, "a-z"))
        second.result(timeout=30)

        assert slugs_of(Comparison.objects.get()) == ("a-z", "aa")

    def test_renames_of_both_tools_leave_their_pair_in_order_even_where_one_is_refused(self) -> None:
        one, other = ToolFactory(slug="a"), ToolFactory(slug="b")
        row = enter_by_save(one, other)

        errors = at_once(lambda: rename(one, "z"), lambda: rename(other, "y"))

        assert all(error is None or "deadlock detected" in str(error) for error in errors)
        assert slugs_of(row) in {("b", "z"), ("a", "y"), ("y", "z")}

    def test_a_rename_and_a_new_pair_in_the_same_moment_end_in_order(self) -> None:
        category = CategoryFactory()
        for n in range(25):
            one = ToolFactory(slug=f"one-{n}", category=category)
            other = ToolFactory(slug=f"other-{n}", category=category)

            errors = at_once(
                lambda n=n, one=one: rename(one, f"zebra-{n}"),  # type: ignore[misc]
                lambda one=one, other=other: enter_by_save(one, other),  # type: ignore[misc]
            )

            assert errors == [None, None]
            assert slugs_of(Comparison.objects.latest("id")) == (f"other-{n}", f"zebra-{n}")


# --- What the database refuses ------------------------------------------------------------------


def pair_twice() -> None:
    row = ComparisonFactory()
    enter_by_save(row.first_tool, row.second_tool)


def pair_of_one_tool() -> None:
    tool = ToolFactory()
    enter_by_save(tool, tool)


def two_pairs_of_one_slug() -> None:
    tools = {slug: ToolFactory(slug=slug) for slug in ("aa", "bb-vs-cc", "aa-vs-bb", "cc")}
    enter_by_save(tools["aa"], tools["bb-vs-cc"])
    enter_by_save(tools["cc"], tools["aa-vs-bb"])


def later_change(**values: Any) -> VerdictChange:
    """A change from a tie to a tie under another rule, but for the values given."""
    before = {"before_outcome": "tie", "before_margin": 0, "before_rule": "2026-01"}
    change: VerdictChange = VerdictChangeFactory(**{"number": 2, "cause": "rule", **before, **values})
    return change


def change_twice() -> None:
    first = VerdictChangeFactory()
    VerdictChangeFactory(comparison=first.comparison)


def won(prefix: str = "", **values: Any) -> dict[str, Any]:
    """A winner by the panel, but for the values given."""
    winner = {"outcome": "winner", "winner": ToolFactory(), "decided_by": "panel", "strength": "clear"}
    return {f"{prefix}{name}": value for name, value in {**winner, **values}.items()}


def merge(**values: Any) -> ToolMerge:
    made: ToolMerge = ToolMerge.objects.create(**{"kept_tool": ToolFactory(), "merged_at": NOW, **values})
    return made


def tool_merged_into_two() -> None:
    tool = ToolFactory()
    merge(merged_tool=tool)
    merge(merged_tool=tool)


def tool_merged_into_itself() -> None:
    tool = ToolFactory()
    merge(merged_tool=tool, kept_tool=tool)


def row_named_twice() -> None:
    row = ToolFactory().pk
    made = merge(merged_tool=ToolFactory())
    made.note("vote", [row])
    made.note("vote", [row])


def upload(**more: object) -> CatalogUpload:
    sent = {"file_name": "catalog.json", "size": 2, "content": b"{}", "why": "New.", "sent_by": "curator"}
    return CatalogUpload.objects.create(**{**sent, "sent_at": NOW, "state_at": NOW, **more})


BROKEN: dict[str, Callable[[], object]] = {
    "catalog_upload_state_is_known": lambda: upload(state="lost"),
    "a_catalog_upload_has_its_content_until_it_is_done": lambda: upload(content=None),
    "a_catalog_upload_is_confirmed_by_somebody": lambda: upload(state="confirmed", digest="0" * 64),
    "comparisons_catalogupload_size_check": lambda: upload(size=-1),
    "a_tool_is_merged_into_one": tool_merged_into_two,
    "a_tool_is_not_merged_into_itself": tool_merged_into_itself,
    "a_merge_names_a_row_once": row_named_twice,
    "merged_row_kind_is_known": lambda: merge(merged_tool=ToolFactory()).note("tool", [ToolFactory().pk]),
    "one_comparison_per_pair": pair_twice,
    "a_comparison_has_two_tools": pair_of_one_tool,
    "two_pairs_never_share_a_slug": two_pairs_of_one_slug,
    "comparison_text_is_visible": lambda: ComparisonFactory(title="A\u200bB"),
    "comparison_source_is_a_web_address": lambda: ComparisonFactory(source_url="https://a@evil.example"),
    "comparison_status_is_known": lambda: ComparisonFactory(status="hidden"),
    "a_comparison_has_a_date_from_2000_on": lambda: ComparisonFactory(published_at=NOW.replace(year=1)),
    "a_public_comparison_has_a_publication_date": lambda: ComparisonFactory(published_at=None),
    "comparisons_pairfit_has_evidence": lambda: PairFitFactory(evidence=[]),
    "comparisons_pairfit_has_a_day_from_2000_on": lambda: PairFitFactory(checked_on="1999-12-31"),
    "comparisons_pairfit_text_is_visible": lambda: PairFitFactory(note="Cha\u200btGPT"),
    "comparisons_pairfit_position_check": lambda: PairFitFactory(position=-1),
    "a_tool_of_a_pair_has_a_condition_once": lambda: PairFitFactory.create_batch(
        2, comparison=ComparisonFactory(), condition=ConditionFactory()
    ),
    "verdict_changes_are_numbered_without_repeats": change_twice,
    "only_a_first_verdict_has_none_before": lambda: VerdictChangeFactory(number=2),
    "verdict_cause_is_known": lambda: later_change(cause="mood"),
    "verdict_outcome_is_known": lambda: VerdictChangeFactory(outcome="draw"),
    "verdict_is_decided_by_a_known_step": lambda: VerdictChangeFactory(**won(decided_by="coin")),
    "verdict_strength_is_known": lambda: VerdictChangeFactory(**won(strength="mild")),
    "a_winner_won_somehow": lambda: VerdictChangeFactory(outcome="winner"),
    "earlier_outcome_is_known": lambda: later_change(before_outcome="draw"),
    "earlier_verdict_is_decided_by_a_known_step": lambda: later_change(**won("before_", decided_by="coin")),
    "earlier_strength_is_known": lambda: later_change(**won("before_", strength="mild")),
    "comparisons_verdictchange_number_check": lambda: VerdictChangeFactory(number=-1),
    "comparisons_verdictchange_margin_check": lambda: VerdictChangeFactory(**won(margin=-1)),
    "comparisons_verdictchange_before_margin_check": lambda: later_change(**won("before_", margin=-1)),
    "a_preview_link_lasts_for_a_while": lambda: PreviewLink.objects.create(
        path="/tools/a", drafts=[], made_by=User.objects.create(username="ada"), made_at=NOW, expires_at=NOW
    ),
    "an_earlier_winner_won_somehow": lambda: later_change(before_outcome="winner"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_must_never_happen_is_refused(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


def test_every_constraint_is_broken_on_purpose() -> None:
    # What the database alone writes: counts of at least nothing.
    counts = {name for name in constraints_of("comparisons") if name.startswith("comparisons_pairpanel_")}
    assert constraints_of("comparisons") - counts == set(BROKEN)


@pytest.mark.parametrize(
    "enter",
    [enter_by_save, enter_by_bulk_create, enter_by_sql, enter_by_update],
    ids=lambda way: way.__name__,
)
def test_a_pair_has_one_row_whichever_way_it_is_entered(enter: Enter) -> None:
    row = ComparisonFactory(first_tool=ToolFactory(slug="a"), second_tool=ToolFactory(slug="b"))

    in_order = broken_constraint(lambda: enter(row.first_tool, row.second_tool))
    turned_round = broken_constraint(lambda: enter(row.second_tool, row.first_tool))

    assert in_order == turned_round == "one_comparison_per_pair"
    assert list(Comparison.objects.all()) == [row]


def test_a_draft_needs_no_publication_date() -> None:
    assert ComparisonFactory(status="draft", published_at=None).published_at is None


@pytest.mark.parametrize("turned_round", [False, True])
def test_the_form_refuses_a_second_row_of_a_pair(turned_round: bool) -> None:
    row = ComparisonFactory(first_tool=ToolFactory(slug="a"), second_tool=ToolFactory(slug="b"))
    pair = [row.first_tool, row.second_tool]
    second, first = pair if turned_round else pair[::-1]

    with pytest.raises(ValidationError, match="This pair exists already"):
        ComparisonFactory.build(first_tool=first, second_tool=second).full_clean()


def test_the_form_refuses_a_pair_of_one_tool() -> None:
    tool = ToolFactory()

    with pytest.raises(ValidationError, match="A comparison needs two different tools"):
        ComparisonFactory.build(first_tool=tool, second_tool=tool).full_clean()


# --- What the model adds ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "archived"])
def test_cleaning_dates_a_pair_that_becomes_public(status: str) -> None:
    row = ComparisonFactory.build(
        first_tool=ToolFactory(), second_tool=ToolFactory(), status=status, published_at=None
    )

    row.full_clean()

    assert row.published_at is not None


def test_cleaning_leaves_dates_as_they_are() -> None:
    pair = {"first_tool": ToolFactory(), "second_tool": ToolFactory()}
    draft = ComparisonFactory.build(**pair, status="draft", published_at=None)
    public = ComparisonFactory.build(**pair)

    draft.full_clean()
    public.full_clean()

    assert draft.published_at is None
    assert public.published_at == NOW


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_the_slug_names_the_tools_in_order_even_before_the_database_has_put_them_so(
    pair: tuple[str, str],
) -> None:
    second, first = ToolFactory.build(slug=pair[1]), ToolFactory.build(slug=pair[0])

    row = Comparison(first_tool=second, second_tool=first)

    assert row.slug == str(row) == f"{pair[0]}-vs-{pair[1]}"
    assert pair_slug(*pair) == pair_slug(*pair[::-1]) == row.slug


def test_a_tool_that_stands_in_a_pair_cannot_be_deleted() -> None:
    row = ComparisonFactory()

    for tool in (row.first_tool, row.second_tool):
        with pytest.raises(ProtectedError):
            tool.delete()

    assert Tool.objects.count() == 2


def test_the_order_does_not_follow_the_databases_language() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('comparisons_order_pair'::regproc)")
        definition = cursor.fetchone()[0]

    assert definition.count('COLLATE "C"') == 2


def test_a_pair_keeps_its_slug_when_its_tools_are_renamed() -> None:
    pair = ComparisonFactory(first_tool=ToolFactory(slug="a"), second_tool=ToolFactory(slug="b"))

    Tool.objects.filter(slug="a").update(slug="c")
    Comparison.objects.update(pair_slug="forged")

    pair.refresh_from_db()
    assert pair.pair_slug == pair.slug == "b-vs-c"


def test_a_rename_that_would_give_two_pairs_one_slug_is_refused() -> None:
    ComparisonFactory(first_tool=ToolFactory(slug="aa"), second_tool=ToolFactory(slug="bb-vs-cc"))
    ComparisonFactory(first_tool=ToolFactory(slug="other"), second_tool=ToolFactory(slug="cc"))

    refused = broken_constraint(lambda: Tool.objects.filter(slug="other").update(slug="aa-vs-bb"))

    assert refused == "two_pairs_never_share_a_slug"


# --- When it became public ----------------------------------------------------------------------


def publish(item: Tool | Comparison, **values: Any) -> None:
    type(item).objects.filter(pk=item.pk).update(status="published", published_at=NOW, **values)


def test_a_pair_is_public_once_both_its_tools_are() -> None:
    tools = [ToolFactory(status="draft", published_at=None) for _ in range(2)]
    pair = ComparisonFactory(first_tool=tools[0], second_tool=tools[1])

    publish(tools[0])
    assert not Comparison.objects.published().exists()
    publish(tools[1])

    last = Tool.objects.get(pk=tools[1].pk)
    assert Comparison.objects.published().get(pk=pair.pk).public_at == last.public_at


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"published_at": AHEAD}, id="its own date"),
        pytest.param({"first_tool__published_at": AHEAD}, id="one tool's"),
        pytest.param({"second_tool__published_at": AHEAD, "published_at": NOW}, id="the other tool's"),
    ],
)
def test_a_pair_waits_for_the_last_date(values: dict[str, Any]) -> None:
    pair = ComparisonFactory(**values)

    assert pair.public_at == AHEAD
    assert not Comparison.objects.published().exists()


def test_a_pair_follows_a_tool_that_is_dated_anew() -> None:
    pair = ComparisonFactory(first_tool__published_at=AHEAD)

    Tool.objects.filter(pk=pair.first_tool_id).update(published_at=AHEAD + timedelta(days=1))
    pair.refresh_from_db()
    assert pair.public_at == AHEAD + timedelta(days=1)

    Tool.objects.filter(pk=pair.first_tool_id).update(status="draft")
    pair.refresh_from_db()
    assert pair.public_at is None


def test_a_pair_that_gets_a_draft_tool_before_its_day_waits_for_it() -> None:
    pair = ComparisonFactory(published_at=AHEAD)

    Comparison.objects.filter(pk=pair.pk).update(second_tool=ToolFactory(status="draft", published_at=None))

    pair.refresh_from_db()
    assert pair.public_at is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"published_at": AHEAD}, id="scheduled"),
        pytest.param({"first_tool__published_at": AHEAD}, id="with a scheduled tool"),
        pytest.param({"first_tool__status": "draft", "first_tool__published_at": None}, id="with a draft"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False], ids=["entered so", "archived"])
def test_a_pair_that_is_archived_unread_becomes_public_with_no_tool_and_on_no_date(
    values: dict[str, Any], is_new: bool
) -> None:
    pair = ComparisonFactory(**values, status="archived" if is_new else "published")
    Comparison.objects.update(status="archived")

    pair.refresh_from_db()
    assert pair.public_at is None
    Tool.objects.filter(pk=pair.first_tool_id).update(status="published", published_at=NOW)
    pair.refresh_from_db()
    assert pair.public_at is None


@pytest.mark.parametrize("side", ["first_tool", "second_tool"])
@pytest.mark.parametrize("status", ["published", "archived"])
def test_the_tools_of_a_pair_that_was_public_stay(status: str, side: str) -> None:
    pair = ComparisonFactory(status=status)

    refusal = broken_constraint(
        lambda: Comparison.objects.filter(pk=pair.pk).update(**{side: ToolFactory(slug="other")})
    )

    assert refusal == "a_public_comparison_keeps_its_tools"
    kept = Comparison.objects.get()
    assert (kept.first_tool_id, kept.second_tool_id) == (pair.first_tool_id, pair.second_tool_id)


def test_a_pair_that_was_public_may_be_written_the_other_way_round() -> None:
    pair = ComparisonFactory(first_tool__slug="a", second_tool__slug="b")

    Comparison.objects.filter(pk=pair.pk).update(first_tool=pair.second_tool, second_tool=pair.first_tool)

    assert slugs_of(pair) == ("a", "b")


@pytest.mark.parametrize("values", [{"status": "draft"}, {"published_at": AHEAD}], ids=["draft", "scheduled"])
def test_the_tools_of_a_pair_that_nobody_has_seen_may_be_others(values: dict[str, Any]) -> None:
    pair, other = ComparisonFactory(**values), ToolFactory(slug="zz")

    Comparison.objects.filter(pk=pair.pk).update(second_tool=other)

    assert Comparison.objects.get().second_tool == other


@pytest.mark.django_db(transaction=True)
def test_a_pair_that_is_entered_while_its_tool_is_published_is_public_too() -> None:
    tool, other = ToolFactory(status="draft", published_at=None), ToolFactory()

    with transaction.atomic():
        publish(tool)
        entering = start_elsewhere(lambda: ComparisonFactory(first_tool=tool, second_tool=other))
    entering.result(timeout=30)

    assert Comparison.objects.published().exists()


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"status": "draft"}, "what_was_public_is_no_draft_again"),
        ({"published_at": AHEAD}, "what_is_public_has_no_date_ahead"),
    ],
)
def test_what_was_public_stays_so(values: dict[str, Any], refusal: str) -> None:
    pair = ComparisonFactory()

    assert broken_constraint(lambda: Comparison.objects.filter(pk=pair.pk).update(**values)) == refusal


@pytest.mark.parametrize(
    ("values", "moment"),
    [
        pytest.param({"status": "draft"}, "now()", id="a draft is published"),
        pytest.param({"first_tool__status": "draft"}, "now()", id="one that waits for a tool is published"),
        pytest.param(
            {"first_tool__published_at": AHEAD}, "now()", id="one that waits for a date is published"
        ),
        pytest.param({}, "NULL", id="what is public is hidden"),
    ],
)
def test_no_pair_is_published_or_hidden_by_its_moment_alone(values: dict[str, Any], moment: str) -> None:
    pair = ComparisonFactory(**values)

    def write() -> None:
        execute(f"UPDATE comparisons_comparison SET public_at = {moment} WHERE id = %s", pair.pk)

    assert broken_constraint(write) == "readers_see_what_the_state_says"


def test_lines_of_a_note_end_alike_whoever_wrote_them() -> None:
    pair = ComparisonFactory(editor_note="One.\r\nTwo.")

    pair.refresh_from_db()

    assert pair.editor_note == "One.\nTwo."


# --- Conditions of a pair -------------------------------------------------------------------------


def test_a_condition_of_a_pair_is_of_one_of_its_two_tools() -> None:
    pair, third = ComparisonFactory(), ToolFactory()
    fit = PairFitFactory(comparison=pair, tool=pair.second_tool)

    entered = broken_constraint(lambda: PairFitFactory(comparison=pair, tool=third))
    changed = broken_constraint(lambda: PairFit.objects.filter(pk=fit.pk).update(tool=third))

    assert entered == changed == "conditions_of_a_pair_are_of_its_tools"
    assert PairFit.objects.get().tool == pair.second_tool


def test_a_condition_of_a_pair_is_of_one_tool_alone() -> None:
    fit = PairFitFactory()
    pair, other = fit.comparison, PairFitFactory(comparison=fit.comparison, tool=fit.comparison.second_tool)

    entered = broken_constraint(
        lambda: PairFitFactory(comparison=pair, tool=pair.second_tool, condition=fit.condition)
    )
    changed = broken_constraint(lambda: PairFit.objects.filter(pk=other.pk).update(condition=fit.condition))

    assert entered == changed == "a_condition_of_a_pair_is_of_one_tool"
    assert PairFit.objects.count() == 2


def test_a_condition_that_an_earlier_row_has_of_both_tools_keeps_no_other_from_being_written() -> None:
    fit = PairFitFactory()
    pair = fit.comparison
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE comparisons_pairfit DISABLE TRIGGER inserted_fits_are_of_the_pair")
    twin = PairFitFactory(comparison=pair, tool=pair.second_tool, condition=fit.condition)
    execute("ALTER TABLE comparisons_pairfit ENABLE TRIGGER inserted_fits_are_of_the_pair")

    other = PairFitFactory(comparison=pair, tool=pair.second_tool)
    twin.delete()

    assert set(PairFit.objects.all()) == {fit, other}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_a_condition_to_either_tool_at_once_one_is_refused() -> None:
    pair, condition = ComparisonFactory(), ConditionFactory()

    raised = at_once(
        *(
            lambda tool=tool: PairFitFactory(comparison=pair, tool=tool, condition=condition)
            for tool in (pair.first_tool, pair.second_tool)
        )
    )

    assert [constraint_in(error) for error in raised if error] == ["a_condition_of_a_pair_is_of_one_tool"]
    assert PairFit.objects.count() == 1


def test_a_pair_has_at_most_as_many_conditions_of_a_tool_as_can_be_looked_over() -> None:
    pair = ComparisonFactory()
    for tool in (pair.first_tool, pair.second_tool):
        PairFitFactory.create_batch(MAX_FITS, comparison=pair, tool=tool)

    refusal = broken_constraint(lambda: PairFitFactory(comparison=pair))

    assert refusal == "conditions_of_a_pair_can_be_looked_over"
    assert PairFit.objects.count() == 2 * MAX_FITS


def test_conditions_follow_their_tool_when_a_rename_turns_the_pair_and_leave_with_it() -> None:
    pair = ComparisonFactory(first_tool__slug="a", second_tool__slug="b", status="draft")
    first, second = pair.first_tool, pair.second_tool
    for tool in (first, second):
        PairFitFactory(comparison=pair, tool=tool)

    rename(first, "z")
    assert slugs_of(pair) == ("b", "z")
    assert {fit.tool for fit in PairFit.objects.all()} == {first, second}

    Comparison.objects.filter(pk=pair.pk).update(first_tool=ToolFactory(slug="c"), second_tool=second)
    assert {fit.tool for fit in PairFit.objects.all()} == {second}


def test_the_history_of_a_pair_tells_what_became_of_its_conditions() -> None:
    fit = PairFitFactory(comparison__first_tool__slug="aider", condition__slug="offline")

    PairFit.objects.update(checked_on="2026-11-01")

    change = Change.objects.filter(row_id=fit.comparison_id, table_name="comparisons_pairfit").latest("id")
    assert change.columns == {"aider if offline: checked_on": ["2026-10-20", "2026-11-01"]}


# --- What reviewers say of both tools of a pair -------------------------------------------------


def counted(comparison: Comparison) -> tuple[int, ...]:
    row = PairPanel.objects.get(comparison=comparison)
    shared = (row.shared_total, row.shared_first, row.shared_second)
    return (*shared, row.choose_first, row.choose_second, row.choose_neither)


def test_a_new_pair_is_counted_as_it_stands_then() -> None:
    first, second = ToolFactory(slug="b"), ToolFactory(slug="a")
    review(first, ship=3)
    review(second, ship=1, skip=3)
    answer_pair(first, second, a=2, b=1, neither=4)

    assert counted(ComparisonFactory(first_tool=first, second_tool=second)) == (3, 1, 3, 1, 2, 4)


def test_a_pair_that_turns_round_is_counted_anew() -> None:
    first, second = ToolFactory(slug="a"), ToolFactory(slug="b")
    comparison = ComparisonFactory(first_tool=first, second_tool=second)
    review(first, ship=3)
    review(second, skip=3)
    answer_pair(first, second, a=2, b=1)
    assert counted(comparison) == (3, 3, 0, 2, 1, 0)

    Tool.objects.filter(pk=first.pk).update(slug="z")

    assert counted(comparison) == (3, 0, 3, 1, 2, 0)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        pytest.param(lambda reviews: reviews.update(verdict="skip"), (2, 0, 2), id="both say otherwise"),
        pytest.param(lambda reviews: reviews.update(status="retracted"), (0, 0, 0), id="retracted"),
        pytest.param(lambda reviews: reviews.update(quote="New."), (2, 2, 2), id="another text"),
        pytest.param(lambda reviews: reviews.update(tool=ToolFactory()), (0, 0, 0), id="of another tool"),
        pytest.param(
            lambda reviews: reviews.filter(reviewer__slug="panel-0").delete(), (1, 1, 1), id="deleted"
        ),
        pytest.param(
            lambda reviews: reviews.filter(reviewer__slug="panel-0").update(reviewer=ReviewerFactory()),
            (1, 1, 1),
            id="by another reviewer",
        ),
    ],
)
def test_each_change_of_a_review_moves_its_pairs(
    change: Callable[[Any], object], counts: tuple[int, int, int]
) -> None:
    comparison, other = ComparisonFactory(), ComparisonFactory()
    for tool in (comparison.first_tool, comparison.second_tool, other.first_tool, other.second_tool):
        review(tool, ship=2)

    change(Review.objects.filter(tool=comparison.first_tool))

    assert counted(comparison)[:3] == counts
    assert counted(other)[:3] == (2, 2, 2)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        pytest.param(lambda rows: rows.update(choice=None), (0, 0, 4), id="all see no difference"),
        pytest.param(lambda rows: rows.update(status="retracted"), (0, 0, 0), id="retracted"),
        pytest.param(lambda rows: rows.filter(choice=None).delete(), (2, 1, 0), id="deleted"),
        pytest.param(lambda rows: rows.update(quote="New."), (2, 1, 1), id="another text"),
    ],
)
def test_each_change_of_a_head_to_head_moves_its_pair(
    change: Callable[[Any], object], counts: tuple[int, int, int]
) -> None:
    comparison = ComparisonFactory()
    first, second = comparison.first_tool, comparison.second_tool
    other = ComparisonFactory(first_tool=first)
    answer_pair(first, second, a=2, b=1, neither=1)
    answer_pair(first, other.second_tool, a=1)

    change(HeadToHead.objects.filter(first_tool__in=[first, second], second_tool__in=[first, second]))

    assert counted(comparison)[3:] == counts
    assert sum(counted(other)[3:]) == 1


@pytest.mark.django_db(transaction=True)
def test_reviewers_who_publish_on_both_tools_at_once_are_all_counted() -> None:
    comparison = ComparisonFactory()
    reviewers = ReviewerFactory.create_batch(3)
    drafts = [
        ReviewFactory(tool=tool, reviewer=reviewer, status="draft")
        for tool in (comparison.first_tool, comparison.second_tool)
        for reviewer in reviewers
    ]

    errors = at_once(
        *(lambda row=row: Review.objects.filter(pk=row.pk).update(status="published") for row in drafts)
    )

    assert errors == [None] * 6
    assert counted(comparison) == (3, 3, 3, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_pair_that_is_made_while_a_reviewer_publishes_counts_them() -> None:
    for _ in range(10):
        first, second = ToolFactory.create_batch(2)
        review(first, ship=1)
        draft = ReviewFactory(tool=second, reviewer=Reviewer.objects.get(slug="panel-0"), status="draft")

        errors = at_once(
            lambda row=draft: Review.objects.filter(pk=row.pk).update(status="published"),  # type: ignore[misc]
            lambda one=first, other=second: enter_by_save(one, other),  # type: ignore[misc]
        )

        assert errors == [None, None]
        assert counted(Comparison.objects.latest("id"))[:3] == (1, 1, 1)


def test_a_recorder_of_an_earlier_rule_writes_nothing_over_a_later_one() -> None:
    """It still runs while the next version starts."""
    first = VerdictChangeFactory(rule="2026-12")

    VerdictChange.objects.bulk_create(
        [
            VerdictChange(
                comparison=first.comparison,
                number=2,
                changed_at=NOW,
                cause="rule",
                outcome="tie",
                margin=0,
                rule="2026-11",
                before_outcome="tie",
                before_margin=0,
                before_rule="2026-12",
            )
        ],
        ignore_conflicts=True,
    )

    assert VerdictChange.objects.get() == first


def test_an_upload_is_called_by_its_files_name() -> None:
    assert str(upload()) == "catalog.json"
