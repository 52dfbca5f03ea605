"""What the database promises of the catalog: earlier slugs, plain slugs, honest prices."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from backend.api.models import Change
from catalog import services
from catalog.models import (
    MAX_CONDITIONS,
    MAX_FITS,
    Category,
    Condition,
    ConditionCount,
    LogoUpload,
    Tool,
    ToolAlias,
    ToolFit,
    validate_slug,
)
from reviews.models import Review
from tests.database import (
    at_once,
    broken_constraint,
    constraint_in,
    constraints_of,
    database_now,
    execute,
    move_moment,
    start_elsewhere,
)
from tests.factories import (
    AHEAD,
    NOW,
    CategoryFactory,
    ConditionFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
)

pytestmark = pytest.mark.django_db

CHANGES_HANDS = "a_slug_never_changes_hands"


def rename_by_save(tool: Tool, slug: str) -> None:
    tool.slug = slug
    tool.save()


def rename_by_update(tool: Tool, slug: str) -> None:
    Tool.objects.filter(pk=tool.pk).update(slug=slug)


def rename_by_bulk_update(tool: Tool, slug: str) -> None:
    tool.slug = slug
    Tool.objects.bulk_update([tool], ["slug"])


def rename_by_upsert(tool: Tool, slug: str) -> None:
    tool.slug = slug
    Tool.objects.bulk_create([tool], update_conflicts=True, unique_fields=["id"], update_fields=["slug"])


def rename_by_sql(tool: Tool, slug: str) -> None:
    execute("UPDATE catalog_tool SET slug = %s WHERE id = %s", slug, tool.pk)


Rename = Callable[[Tool, str], None]
every_way_to_rename = pytest.mark.parametrize(
    "rename",
    [rename_by_save, rename_by_update, rename_by_bulk_update, rename_by_upsert, rename_by_sql],
    ids=["save", "update", "bulk_update", "upsert", "sql"],
)


def aliases_of(tool: Tool) -> set[str]:
    return set(tool.aliases.values_list("slug", flat=True))


class TestEarlierSlugs:
    @every_way_to_rename
    def test_a_renamed_tool_leaves_its_earlier_slug_behind(self, rename: Rename) -> None:
        tool = ToolFactory(slug="before")

        rename(tool, "after")

        tool.refresh_from_db()
        assert tool.slug == "after"
        assert aliases_of(tool) == {"before"}

    def test_a_tool_that_is_saved_under_its_own_slug_leaves_nothing_behind(self) -> None:
        tool = ToolFactory(slug="same")

        tool.save()
        rename_by_update(tool, "same")

        assert aliases_of(tool) == set()

    def test_every_slug_that_a_tool_ever_had_leads_to_it(self) -> None:
        tool = ToolFactory(slug="a")

        for slug in ("b", "c", "d"):
            rename_by_update(tool, slug)

        assert aliases_of(tool) == {"a", "b", "c"}

    @every_way_to_rename
    def test_a_tool_may_take_back_a_slug_of_its_own(self, rename: Rename) -> None:
        tool = ToolFactory(slug="a")
        rename(tool, "b")

        rename(tool, "a")

        assert aliases_of(tool) == {"b"}

    def test_one_statement_may_rename_many_tools(self) -> None:
        tools = [ToolFactory(slug=f"tool-{name}") for name in "abc"]

        execute("UPDATE catalog_tool SET slug = slug || '-2'")

        assert [aliases_of(tool) for tool in tools] == [{"tool-a"}, {"tool-b"}, {"tool-c"}]

    @every_way_to_rename
    def test_no_tool_can_take_over_an_earlier_slug_of_another(self, rename: Rename) -> None:
        owner, other = ToolFactory(slug="a"), ToolFactory(slug="other")
        rename_by_update(owner, "b")

        refusal = broken_constraint(lambda: rename(other, "a"))

        other.refresh_from_db()
        assert refusal == CHANGES_HANDS
        assert other.slug == "other"
        assert aliases_of(owner) == {"a"}
        assert aliases_of(other) == set()

    def test_no_new_tool_can_take_an_earlier_slug(self) -> None:
        owner = ToolFactory(slug="a")
        rename_by_update(owner, "b")

        refusal = broken_constraint(lambda: ToolFactory(slug="a"))

        assert refusal == CHANGES_HANDS
        assert list(Tool.objects.all()) == [owner]

    @every_way_to_rename
    @pytest.mark.parametrize(
        "unread",
        [
            {"status": "draft", "published_at": None},
            {"status": "in_review", "published_at": None},
            {"status": "published", "published_at": datetime(2999, 1, 1, tzinfo=UTC)},
        ],
        ids=["draft", "in review", "scheduled"],
    )
    def test_an_earlier_slug_of_what_nobody_could_read_goes_to_the_tool_that_takes_it(
        self, rename: Rename, unread: dict[str, Any]
    ) -> None:
        owner, other = ToolFactory(slug="a", **unread), ToolFactory(slug="other")
        rename_by_update(owner, "b")
        assert aliases_of(owner) == {"a"}

        Tool(pk=other.pk, slug="a").clean()
        rename(other, "a")

        other.refresh_from_db()
        assert (other.slug, aliases_of(owner), aliases_of(other)) == ("a", set(), {"other"})

    def test_an_earlier_slug_of_what_is_archived_stays_with_it(self) -> None:
        owner = ToolFactory(slug="a")
        Tool.objects.filter(pk=owner.pk).update(slug="b", status="archived")

        assert broken_constraint(lambda: ToolFactory(slug="a")) == CHANGES_HANDS
        assert aliases_of(owner) == {"a"}

    def test_two_tools_cannot_swap_slugs(self) -> None:
        one, other = ToolFactory(slug="one"), ToolFactory(slug="other")

        def swap() -> None:
            rename_by_update(one, "meanwhile")
            rename_by_update(other, "one")

        assert broken_constraint(swap) == CHANGES_HANDS
        assert aliases_of(one) == aliases_of(other) == set()

    def test_an_alias_cannot_be_the_slug_of_a_tool(self) -> None:
        one, other = ToolFactory(slug="one"), ToolFactory(slug="other")
        alias = ToolAlias.objects.create(slug="free", tool=one)

        assert broken_constraint(lambda: ToolAlias.objects.create(slug="other", tool=one)) == CHANGES_HANDS
        assert broken_constraint(lambda: ToolAlias.objects.create(slug="one", tool=one)) == CHANGES_HANDS
        assert (
            broken_constraint(lambda: ToolAlias.objects.filter(pk=alias.pk).update(slug="other"))
            == CHANGES_HANDS
        )
        assert aliases_of(one) == {"free"}
        assert aliases_of(other) == set()

    def test_a_deleted_tool_takes_its_aliases_along(self) -> None:
        tool = ToolFactory(slug="a")
        rename_by_update(tool, "b")

        tool.delete()

        assert not ToolAlias.objects.exists()
        assert ToolFactory(slug="a").slug == "a"

    def test_a_transaction_holds_one_lock_however_many_tools_it_writes(self) -> None:
        category = CategoryFactory()
        tools = ToolFactory.build_batch(50, category=category)

        Tool.objects.bulk_create(tools)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            assert cursor.fetchone() == (1,)

    def test_the_form_says_kindly_that_a_slug_is_taken(self) -> None:
        rename_by_update(ToolFactory(slug="a"), "b")
        tool = ToolFactory.build(slug="a", category=CategoryFactory())

        with pytest.raises(ValidationError) as refusal:
            tool.full_clean()

        assert refusal.value.message_dict == {
            "slug": ["This slug once belonged to another tool and still leads there."]
        }

    def test_the_form_lets_a_tool_take_back_a_slug_of_its_own(self) -> None:
        tool = ToolFactory(slug="a")
        rename_by_save(tool, "b")

        tool.slug = "a"

        tool.full_clean()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Several connections want the same slug."""

    def test_who_wants_the_slug_of_a_tool_that_is_being_renamed_waits_and_is_refused(self) -> None:
        owner, category = ToolFactory(slug="a"), CategoryFactory()

        with transaction.atomic():
            rename_by_update(owner, "b")
            newcomer = start_elsewhere(lambda: ToolFactory(slug="a", category=category))
        refusal = newcomer.exception(timeout=30)

        assert isinstance(refusal, IntegrityError)
        assert constraint_in(refusal) == CHANGES_HANDS
        assert list(Tool.objects.values_list("slug", flat=True)) == ["b"]

    def test_who_wants_a_slug_while_an_alias_of_that_name_is_made_waits_and_is_refused(self) -> None:
        owner, category = ToolFactory(slug="a"), CategoryFactory()

        with transaction.atomic():
            ToolAlias.objects.create(slug="wanted", tool=owner)
            newcomer = start_elsewhere(lambda: ToolFactory(slug="wanted", category=category))
        refusal = newcomer.exception(timeout=30)

        assert isinstance(refusal, IntegrityError)
        assert constraint_in(refusal) == CHANGES_HANDS
        assert list(Tool.objects.all()) == [owner]

    def test_who_wants_an_alias_while_a_tool_takes_that_slug_waits_and_is_refused(self) -> None:
        owner, other = ToolFactory(slug="a"), ToolFactory(slug="other")

        with transaction.atomic():
            rename_by_update(other, "wanted")
            alias = start_elsewhere(lambda: ToolAlias.objects.create(slug="wanted", tool=owner))
        refusal = alias.exception(timeout=30)

        assert isinstance(refusal, IntegrityError)
        assert constraint_in(refusal) == CHANGES_HANDS
        assert aliases_of(owner) == set()

    def test_a_slug_that_is_left_and_wanted_at_once_never_leads_two_ways(self) -> None:
        category = CategoryFactory()
        for n in range(40):
            owner = ToolFactory(slug=f"left-{n}", category=category)
            other = ToolFactory(slug=f"other-{n}", category=category)

            errors = at_once(
                lambda n=n, owner=owner: rename_by_update(owner, f"new-{n}"),  # type: ignore[misc]
                lambda n=n: ToolFactory(slug=f"left-{n}", category=category),  # type: ignore[misc]
                lambda n=n, other=other: rename_by_update(other, f"left-{n}"),  # type: ignore[misc]
            )

            # The rename always succeeds, and the one who wanted the slug is refused, never stopped by a deadlock.
            assert [type(error) for error in errors] == [type(None), IntegrityError, IntegrityError]
            assert not Tool.objects.filter(slug=f"left-{n}").exists()
            assert aliases_of(owner) == {f"left-{n}"}

    def test_two_tools_that_want_each_others_slugs_keep_their_own(self) -> None:
        for n in range(20):
            one, other = ToolFactory(slug=f"one-{n}"), ToolFactory(slug=f"other-{n}")

            at_once(
                lambda n=n, one=one: rename_by_update(one, f"other-{n}"),  # type: ignore[misc]
                lambda n=n, other=other: rename_by_update(other, f"one-{n}"),  # type: ignore[misc]
            )

            one.refresh_from_db()
            other.refresh_from_db()
            assert (one.slug, other.slug) == (f"one-{n}", f"other-{n}")


# --- What the database refuses ------------------------------------------------------------------

BROKEN: dict[str, Callable[[], object]] = {
    "category_slug_is_plain": lambda: CategoryFactory(slug="Not plain"),
    "catalog_category_slug_key": lambda: CategoryFactory.create_batch(2, slug="twice"),
    "tool_slug_is_plain": lambda: ToolFactory(slug="Not plain"),
    "catalog_tool_slug_key": lambda: ToolFactory.create_batch(2, slug="twice"),
    "tool_status_is_known": lambda: ToolFactory(status="hidden"),
    "tool_entry_price_is_known": lambda: ToolFactory(pricing_entry="cheap"),
    "tool_pricing_model_is_known": lambda: ToolFactory(pricing_model="barter"),
    "a_public_tool_has_a_publication_date": lambda: ToolFactory(status="archived", published_at=None),
    "a_price_is_not_negative": lambda: ToolFactory(
        pricing_starts_at=Decimal("-0.01"), pricing_currency="USD"
    ),
    "an_amount_has_a_currency": lambda: ToolFactory(pricing_starts_at=Decimal(20)),
    "tool_currency_is_known": lambda: ToolFactory(pricing_starts_at=Decimal(20), pricing_currency="XXQ"),
    "a_tool_has_a_name": lambda: ToolFactory(name="\u2800 \u2800"),
    "tool_text_is_visible": lambda: ToolFactory(name="Cha\u200btGPT"),
    "tool_product_is_visible": lambda: ToolFactory(product="Mist\u200bral"),
    "tool_website_is_a_web_address": lambda: ToolFactory(website="https://good.example\\@evil.example"),
    "a_category_has_a_name": lambda: CategoryFactory(name="\u0301\u0302"),
    "category_text_is_visible": lambda: CategoryFactory(description="\ufeffEditors"),
    "condition_slug_is_plain": lambda: ConditionFactory(slug="Not plain"),
    "catalog_condition_slug_key": lambda: ConditionFactory.create_batch(2, slug="twice"),
    "a_condition_has_a_name": lambda: ConditionFactory(name="\u2800"),
    "condition_text_is_visible": lambda: ConditionFactory(name="you type Cha\u200btGPT"),
    "a_condition_is_words_after_if": lambda: ConditionFactory(name="it must be <b>free</b>"),
    "one_condition_for_the_same_words": lambda: (
        ConditionFactory(name="it must run offline"),
        ConditionFactory(name="It  must run óffline"),
    ),
    "catalog_conditioncount_tools_check": lambda: ConditionCount.objects.filter(
        condition=ConditionFactory()
    ).update(tools=-1),
    "catalog_toolfit_has_evidence": lambda: ToolFitFactory(evidence=[]),
    "catalog_toolfit_has_a_day_from_2000_on": lambda: ToolFitFactory(checked_on="1999-12-31"),
    "a_price_has_a_day_from_2000_on": lambda: ToolFactory(pricing_checked_on="0001-01-01"),
    "a_tool_has_a_date_from_2000_on": lambda: ToolFactory(published_at=NOW.replace(year=1)),
    "catalog_toolfit_text_is_visible": lambda: ToolFitFactory(note="Cha\u200btGPT"),
    "catalog_toolfit_position_check": lambda: ToolFitFactory(position=-1),
    "a_tool_has_a_condition_once": lambda: ToolFitFactory.create_batch(
        2, tool=ToolFactory(), condition=ConditionFactory()
    ),
    "a_logo_is_at_most_a_megabyte": lambda: LogoUpload.objects.create(
        tool=ToolFactory(), content=bytes(1_000_001), uploaded_at=NOW
    ),
    "catalog_logoupload_tool_id_key": lambda: [
        LogoUpload.objects.create(tool=tool, content=b"", uploaded_at=NOW) for tool in [ToolFactory()] * 2
    ],
    "alias_slug_is_plain": lambda: ToolAlias.objects.create(slug="Not plain", tool=ToolFactory()),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_must_never_happen_is_refused(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


def test_every_constraint_is_broken_on_purpose() -> None:
    assert constraints_of("catalog") == set(BROKEN)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        pytest.param(Decimal(20), "usd", id="currency in small letters"),
        pytest.param(Decimal(20), "US", id="currency too short"),
        pytest.param(Decimal(20), "", id="currency empty"),
        pytest.param(None, "USD", id="currency of no amount"),
    ],
)
def test_an_amount_and_its_currency_stand_together(amount: Decimal | None, currency: str) -> None:
    refusal = broken_constraint(lambda: ToolFactory(pricing_starts_at=amount, pricing_currency=currency))

    assert refusal == "an_amount_has_a_currency"


@pytest.mark.parametrize("amount", [Decimal(0), Decimal("0.0001"), Decimal("99999999.9999")])
def test_a_price_is_kept_to_the_last_digit(amount: Decimal) -> None:
    tool = ToolFactory(pricing_starts_at=amount, pricing_currency="USD")

    tool.refresh_from_db()

    assert tool.pricing_starts_at == amount


def test_a_draft_needs_no_publication_date() -> None:
    assert ToolFactory(status="draft", published_at=None).published_at is None


@pytest.mark.parametrize(
    ("slug", "is_plain"),
    [
        ("a", True),
        ("0", True),
        ("a-b", True),
        ("a--b", True),
        ("a-", True),
        ("one-vs-another", True),
        ("a" * 255, True),
        ("", False),
        ("-a", False),
        ("A", False),
        ("a_b", False),
        ("a b", False),
        ("a.b", False),
        ("\u00e4", False),
        ("a\n", False),
        ("\na", False),
        ("a\nb", False),
    ],
)
def test_the_form_and_the_database_agree_on_what_a_slug_is(slug: str, is_plain: bool) -> None:
    try:
        validate_slug(slug)
        form_agrees = True
    except ValidationError:
        form_agrees = False

    try:
        with transaction.atomic():
            CategoryFactory(slug=slug)
        database_agrees = True
    except IntegrityError:
        database_agrees = False

    assert (form_agrees, database_agrees) == (is_plain, is_plain)


# --- What the models add ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "archived"])
def test_cleaning_dates_a_tool_that_becomes_public(status: str) -> None:
    tool = ToolFactory.build(status=status, published_at=None, category=CategoryFactory())

    tool.full_clean()

    assert tool.published_at is not None


def test_cleaning_leaves_dates_as_they_are() -> None:
    category = CategoryFactory()
    draft = ToolFactory.build(status="draft", published_at=None, category=category)
    public = ToolFactory.build(category=category)

    draft.full_clean()
    public.full_clean()

    assert draft.published_at is None
    assert public.published_at == NOW


def test_a_tool_is_published_by_its_status_alone() -> None:
    assert ToolFactory.build(status="published").is_published
    assert not ToolFactory.build(status="archived").is_published
    assert not ToolFactory.build(status="draft").is_published


def test_what_others_speak_of_cannot_be_deleted() -> None:
    tool = ToolFactory()
    ReviewFactory(tool=tool)

    with pytest.raises(ProtectedError):
        tool.delete()
    with pytest.raises(ProtectedError):
        tool.category.delete()

    assert Tool.objects.filter(pk=tool.pk).exists()
    assert Category.objects.filter(pk=tool.category_id).exists()


def test_rows_name_themselves() -> None:
    tool = ToolFactory(slug="cursor", name="Cursor", category=CategoryFactory(name="Editors"))
    rename_by_save(tool, "cursor-2")

    assert str(tool) == "Cursor (cursor-2)"
    assert str(tool.category) == "Editors"
    assert [str(alias) for alias in tool.aliases.all()] == ["cursor"]


# --- When it became public, apart from the date shown -------------------------------------------


def write_by_save(tool: Tool, **values: object) -> None:
    for name, value in values.items():
        setattr(tool, name, value)
    tool.save()


def write_by_update(tool: Tool, **values: object) -> None:
    Tool.objects.filter(pk=tool.pk).update(**values)


def write_by_import(tool: Tool, **values: object) -> None:
    for name, value in values.items():
        setattr(tool, name, value)
    Tool.objects.bulk_create(
        [tool], update_conflicts=True, unique_fields=["id"], update_fields=["status", "published_at"]
    )


def write_by_sql(tool: Tool, **values: object) -> None:
    columns = ", ".join(f"{name} = %s" for name in values)
    execute(f"UPDATE catalog_tool SET {columns} WHERE id = %s", *values.values(), tool.pk)


WRITE: dict[str, Callable[..., None]] = {
    "save": write_by_save,
    "update": write_by_update,
    "import": write_by_import,
    "sql": write_by_sql,
}
LAST_MONTH = NOW - timedelta(days=31)


def public_at(tool: Tool) -> datetime | None:
    return Tool.objects.values_list("public_at", flat=True).get(pk=tool.pk)


@pytest.mark.parametrize("way", WRITE)
class TestPublication:
    def test_a_draft_dated_last_month_becomes_public_today(self, way: str) -> None:
        tool = ToolFactory(status="draft", published_at=LAST_MONTH)
        before = database_now()

        WRITE[way](tool, status="published")

        at = public_at(tool)
        assert at
        assert before <= at <= database_now()
        assert Tool.objects.published().get().published_at == LAST_MONTH

    def test_what_is_dated_ahead_is_public_from_then_on(self, way: str) -> None:
        tool = ToolFactory(status="draft", published_at=None)

        WRITE[way](tool, status="published", published_at=AHEAD)

        assert public_at(tool) == AHEAD
        assert not Tool.objects.published().exists()
        assert not Tool.objects.visible().exists()

    def test_what_is_scheduled_may_be_dated_anew(self, way: str) -> None:
        tool = ToolFactory(published_at=AHEAD)

        WRITE[way](tool, published_at=AHEAD + timedelta(days=1))
        assert public_at(tool) == AHEAD + timedelta(days=1)

        WRITE[way](tool, published_at=NOW)
        assert Tool.objects.published().exists()

    def test_what_is_scheduled_may_be_a_draft_again(self, way: str) -> None:
        tool = ToolFactory(published_at=AHEAD)

        WRITE[way](tool, status="draft")

        assert public_at(tool) is None

    @pytest.mark.parametrize("status", ["published", "archived"])
    def test_what_was_public_never_goes_back_to_draft(self, way: str, status: str) -> None:
        tool = ToolFactory()
        write_by_update(tool, status=status)

        refusal = broken_constraint(lambda: WRITE[way](tool, status="draft"))

        assert refusal == "what_was_public_is_no_draft_again"

    def test_what_is_public_is_never_dated_ahead(self, way: str) -> None:
        tool = ToolFactory()

        refusal = broken_constraint(lambda: WRITE[way](tool, published_at=AHEAD))

        assert refusal == "what_is_public_has_no_date_ahead"

    def test_what_is_archived_before_its_day_becomes_public_on_no_date(self, way: str) -> None:
        tool = ToolFactory(published_at=AHEAD)
        ReviewFactory(tool=tool)

        WRITE[way](tool, status="archived")
        WRITE[way](tool, status="archived", published_at=NOW)

        assert public_at(tool) is None
        assert Review.objects.get().published_at is None

        WRITE[way](tool, status="published")
        assert Tool.objects.published().exists()

    def test_archiving_and_another_date_shown_leave_the_moment(self, way: str) -> None:
        tool = ToolFactory()
        moment = public_at(tool)

        WRITE[way](tool, status="archived")
        WRITE[way](tool, status="published", published_at=LAST_MONTH)

        assert public_at(tool) == moment


def test_a_new_row_that_is_archived_was_public_elsewhere_unless_its_date_lies_ahead() -> None:
    was, was_not = ToolFactory(status="archived"), ToolFactory(status="archived", published_at=AHEAD)

    assert list(Tool.objects.visible()) == [was]
    assert public_at(was_not) is None


def test_what_is_scheduled_appears_once_the_clock_is_there() -> None:
    tool = ToolFactory(published_at=AHEAD)
    assert not Tool.objects.published().exists()

    # The clock can't be moved, so its moment is; nothing else has to happen.
    move_moment(tool, "clock_timestamp()")

    assert Tool.objects.published().get() == tool


HOUR_AGO, HOUR_AHEAD = "now() - interval '1 hour'", "now() + interval '1 hour'"


@pytest.mark.parametrize(
    ("values", "moment"),
    [
        pytest.param({"status": "draft"}, HOUR_AGO, id="a draft is published"),
        pytest.param({"status": "draft"}, HOUR_AHEAD, id="a draft is scheduled"),
        pytest.param({"status": "in_review"}, HOUR_AGO, id="what is in review is published"),
        pytest.param({"published_at": AHEAD}, HOUR_AGO, id="what is scheduled is published"),
        pytest.param(
            {"status": "archived", "published_at": AHEAD}, HOUR_AGO, id="what was archived unread is shown"
        ),
        pytest.param({}, "NULL", id="what is public is hidden"),
        pytest.param({}, HOUR_AHEAD, id="what is public is put off"),
        pytest.param({"status": "archived"}, "NULL", id="what was public and is archived is hidden"),
    ],
)
def test_nothing_is_published_or_hidden_by_its_moment_alone(values: dict[str, Any], moment: str) -> None:
    tool = ToolFactory(**values)

    def write() -> None:
        execute(f"UPDATE catalog_tool SET public_at = {moment} WHERE id = %s", tool.pk)

    assert broken_constraint(write) == "readers_see_what_the_state_says"


def test_what_is_public_may_be_dated_back_and_a_stale_row_saved_whole() -> None:
    tool = Tool.objects.get(pk=ToolFactory(status="draft").pk)
    Tool.objects.filter(pk=tool.pk).update(status="published")

    execute(f"UPDATE catalog_tool SET public_at = {HOUR_AGO} WHERE id = %s", tool.pk)
    tool.status, tool.tagline = "published", "Saved with the moment that it had as a draft"
    tool.save()

    assert Tool.objects.published().exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"status": "draft"}, "status", "What was public is no draft again: archive it."),
        ({"published_at": AHEAD}, "published_at", "It is public already: the date shown can't lie ahead."),
    ],
)
def test_the_form_says_what_the_database_would_refuse(
    changes: dict[str, object], field: str, words: str
) -> None:
    tool = Tool.objects.get(pk=ToolFactory().pk)
    for name, value in changes.items():
        setattr(tool, name, value)

    with pytest.raises(ValidationError) as refusal:
        tool.full_clean()

    assert refusal.value.message_dict == {field: [words]}


# --- Line ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["One.\r\nTwo.", "One.\rTwo.", "One.\nTwo."])
def test_lines_end_alike_whoever_wrote_them(text: str) -> None:
    tool, category = ToolFactory(description=text), CategoryFactory(description=text)
    tool.refresh_from_db()
    category.refresh_from_db()

    assert (tool.description, category.description) == ("One.\nTwo.", "One.\nTwo.")


# --- Conditions -----------------------------------------------------------------------------------


def counted(condition: Condition) -> int:
    return ConditionCount.objects.get(condition=condition).tools


def test_a_condition_counts_the_published_tools_that_fit_it_whichever_way_they_change() -> None:
    condition, other = ConditionFactory.create_batch(2)
    draft = ToolFactory(status="draft", published_at=None)
    fits = [ToolFitFactory(condition=condition, tool=tool) for tool in (ToolFactory(), ToolFactory(), draft)]
    assert (counted(condition), counted(other)) == (2, 0)

    execute("UPDATE catalog_tool SET status = 'archived' WHERE id = %s", fits[0].tool_id)
    assert counted(condition) == 1

    services.publish(draft, now=NOW)
    assert counted(condition) == 2

    ToolFit.objects.filter(pk__in=[fit.pk for fit in fits]).update(condition=other)
    assert (counted(condition), counted(other)) == (0, 2)

    execute("DELETE FROM catalog_toolfit WHERE id = %s", fits[1].pk)
    assert counted(other) == 1

    ToolFit.objects.bulk_create(
        [ToolFit(tool=draft, condition=condition, evidence=["https://a.example"], checked_on=NOW)]
    )
    assert counted(condition) == 1


@pytest.mark.django_db(transaction=True)
def test_a_tool_that_is_archived_while_it_gets_a_condition_is_not_counted() -> None:
    condition, tool = ConditionFactory(), ToolFactory()

    with transaction.atomic():
        Tool.objects.filter(pk=tool.pk).update(status="archived")
        fitting = start_elsewhere(lambda: ToolFitFactory(condition=condition, tool=tool))
    fitting.result()

    assert counted(condition) == 0


def test_a_tool_has_at_most_as_many_conditions_as_can_be_looked_over() -> None:
    tool = ToolFactory()
    ToolFitFactory.create_batch(MAX_FITS, tool=tool)

    refusal = broken_constraint(lambda: ToolFitFactory(tool=tool))

    assert refusal == "conditions_of_a_tool_can_be_looked_over"
    assert ToolFit.objects.count() == MAX_FITS


def test_there_are_at_most_as_many_conditions_as_can_be_looked_over() -> None:
    Condition.objects.bulk_create(ConditionFactory.build_batch(MAX_CONDITIONS))

    refusal = broken_constraint(ConditionFactory)

    assert refusal == "conditions_can_be_looked_over"
    assert Condition.objects.count() == ConditionCount.objects.count() == MAX_CONDITIONS


def test_the_history_of_a_tool_tells_what_became_of_its_conditions_column_by_column() -> None:
    tool = ToolFactory(slug="aider")
    fit = ToolFitFactory(tool=tool, condition__slug="offline")
    ToolFit.objects.filter(pk=fit.pk).update(note="It needs no key.")
    ToolFit.objects.filter(pk=fit.pk).update(note="It needs no key.")
    fit.delete()

    changes = Change.objects.filter(row_id=tool.pk, table_name="catalog_toolfit").order_by("id")

    shown_by = ["https://example.com/docs"]
    assert [(change.action, change.columns) for change in changes] == [
        (
            "update",
            {
                "aider if offline: position": [None, 0],
                "aider if offline: note": [None, ""],
                "aider if offline: evidence": [None, shown_by],
                "aider if offline: checked_on": [None, "2026-10-20"],
            },
        ),
        ("update", {"aider if offline: note": ["", "It needs no key."]}),
        (
            "update",
            {
                "aider if offline: position": [0, None],
                "aider if offline: note": ["It needs no key.", None],
                "aider if offline: evidence": [shown_by, None],
                "aider if offline: checked_on": ["2026-10-20", None],
            },
        ),
    ]


def test_a_condition_in_use_can_not_be_deleted() -> None:
    fit = ToolFitFactory()

    with pytest.raises(ProtectedError):
        fit.condition.delete()


def test_the_form_names_the_condition_that_says_the_same() -> None:
    ConditionFactory(slug="offline", name="it must run without a network")

    with pytest.raises(ValidationError) as refusal:
        Condition(slug="no-network", name="It must run, without a network").full_clean()

    assert refusal.value.message_dict["name"][0] == "offline says the same: it must run without a network."
