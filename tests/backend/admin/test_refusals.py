"""What a form says where the database refuses what the form let pass, and that it keeps what was typed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, models, transaction
from django.db.models import Model
from django.forms import modelform_factory

from backend.admin.base import CuratedAdmin
from backend.admin.refusals import ModelForm, sentence_of
from backend.admin.stale import STALE
from catalog.models import MAX_FITS, Category, Condition, Tool, ToolFit
from comparisons.models import Comparison, PairFit
from reviews.models import HeadToHead, Review
from tests.database import execute, start_elsewhere
from tests.desk import open_desk, submit, values_of
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    HeadToHeadFactory,
    PairFitFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
)

# All that may not be missing when it is published.
WHOLE = {"basis": "read", "evidence": "https://example.com/read", "quote": "It was typed and is not lost."}
FIT = {"fits-0-evidence": "https://example.com/docs", "fits-0-checked_on": "2026-10-20"}


@dataclass(frozen=True)
class Race:
    """What is written while a form is looked at and before it is saved, and what the form says then, at which field."""

    first: Callable[[], object]
    address: str
    sent: dict[str, Any]
    sentence: str
    model: type[Model]


def the_same_new_head_to_head() -> Race:
    first, second, reviewer = ToolFactory(), ToolFactory(), ReviewerFactory()
    return Race(
        first=lambda: HeadToHeadFactory(first_tool=first, second_tool=second, reviewer=reviewer),
        address="/admin/reviews/headtohead/add/",
        sent={
            "first_tool": first.pk, "second_tool": second.pk, "reviewer": reviewer.pk, "status": "published",
            **WHOLE,
        },
        sentence="This reviewer has a live head-to-head on the pair already: correct or retract it.",
        model=HeadToHead,
    )  # fmt: skip


def a_draft_published_beside_a_live_review() -> Race:
    draft = ReviewFactory(status="draft")
    return Race(
        first=lambda: ReviewFactory(reviewer=draft.reviewer, tool=draft.tool),
        address=f"/admin/reviews/review/{draft.pk}/change/",
        sent={"status": "published", **WHOLE},
        sentence="This reviewer has a live review of the tool already: correct or retract it.",
        model=Review,
    )


def a_condition_of_the_same_words() -> Race:
    return Race(
        first=lambda: ConditionFactory(slug="offline", name="it must run without a network"),
        address="/admin/catalog/condition/add/",
        sent={"slug": "no-network", "name": "It must run without a network"},
        sentence="offline says the same: it must run without a network.",
        model=Condition,
    )


def a_slug_that_another_takes() -> Race:
    category = CategoryFactory()
    return Race(
        first=lambda: CategoryFactory(slug="taken"),
        address=f"/admin/catalog/category/{category.pk}/change/",
        sent={"slug": "taken", "description": "Typed."},
        sentence="Category with this Slug already exists.",
        model=Category,
    )


def the_same_pair() -> Race:
    first, second = ToolFactory(), ToolFactory()
    return Race(
        first=lambda: ComparisonFactory(first_tool=first, second_tool=second),
        address="/admin/comparisons/comparison/add/",
        sent={"first_tool": second.pk, "second_tool": first.pk, "title": "Typed."},
        sentence="This pair exists already",
        model=Comparison,
    )


def the_same_condition_of_a_tool() -> Race:
    tool, condition = ToolFactory(), ConditionFactory()
    return Race(
        first=lambda: ToolFitFactory(tool=tool, condition=condition),
        address=f"/admin/catalog/tool/{tool.pk}/change/",
        sent={"tagline": "Typed.", "fits-TOTAL_FORMS": 1, "fits-0-condition": condition.pk, **FIT},
        sentence=STALE,
        model=ToolFit,
    )


def the_same_condition_of_a_pair() -> Race:
    pair, condition = ComparisonFactory(), ConditionFactory()
    tool = {"fits-0-tool": pair.first_tool_id, "fits-0-condition": condition.pk}
    return Race(
        first=lambda: PairFitFactory(comparison=pair, condition=condition),
        address=f"/admin/comparisons/comparison/{pair.pk}/change/",
        sent={"title": "Typed.", "fits-TOTAL_FORMS": 1, **tool, **FIT},
        sentence=STALE,
        model=PairFit,
    )


def the_condition_of_the_other_tool_of_a_pair() -> Race:
    pair, condition = ComparisonFactory(), ConditionFactory()
    tool = {"fits-0-tool": pair.second_tool_id, "fits-0-condition": condition.pk}
    return Race(
        first=lambda: PairFitFactory(comparison=pair, condition=condition),
        address=f"/admin/comparisons/comparison/{pair.pk}/change/",
        sent={"title": "Typed.", "fits-TOTAL_FORMS": 1, **tool, **FIT},
        sentence=STALE,
        model=PairFit,
    )


def one_condition_more_than_can_be_looked_over() -> Race:
    tool = ToolFactory()
    ToolFitFactory.create_batch(MAX_FITS - 1, tool=tool)
    row = {name.replace("-0-", f"-{MAX_FITS - 1}-"): value for name, value in FIT.items()}
    row[f"fits-{MAX_FITS - 1}-condition"] = str(ConditionFactory().pk)
    return Race(
        first=lambda: ToolFitFactory(tool=tool),
        address=f"/admin/catalog/tool/{tool.pk}/change/",
        sent={"tagline": "Typed.", "fits-TOTAL_FORMS": MAX_FITS, **row},
        sentence=STALE,
        model=ToolFit,
    )


def a_tool_of_a_category_that_is_deleted() -> Race:
    category, tool = CategoryFactory(), ToolFactory()
    return Race(
        first=category.delete,
        address=f"/admin/catalog/tool/{tool.pk}/change/",
        sent={"category": category.pk, "tagline": "Typed."},
        sentence="Select a valid choice. That choice is not one of the available choices.",
        model=Tool,
    )


RACES = [
    the_same_new_head_to_head,
    a_draft_published_beside_a_live_review,
    a_condition_of_the_same_words,
    a_slug_that_another_takes,
    the_same_pair,
    the_same_condition_of_a_tool,
    the_same_condition_of_a_pair,
    the_condition_of_the_other_tool_of_a_pair,
    one_condition_more_than_can_be_looked_over,
    a_tool_of_a_category_that_is_deleted,
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arrange", RACES, ids=[race.__name__.replace("_", " ") for race in RACES])
def test_the_second_of_two_changes_at_once_finds_its_form_again_with_all_that_was_typed(
    arrange: Callable[[], Race],
) -> None:
    race, desk = arrange(), open_desk()
    answers: list[Any] = []

    # The form is found valid while the other change is not committed yet, and waits for it when it saves.
    with transaction.atomic():
        race.first()
        rows = race.model._default_manager.count()
        saving = start_elsewhere(lambda: answers.append(submit(desk, race.address, **race.sent)))
    saving.result(timeout=120)

    (answer,) = answers
    assert answer.status_code == 200
    assert race.sentence in " ".join(told_by(answer))
    # A step that was refused is pressed again: the state is what it was.
    typed = {name: str(value) for name, value in race.sent.items() if name != "status"}
    assert typed_into(answer).items() >= typed.items()
    assert race.model._default_manager.count() == rows


def told_by(answer: Any) -> list[str]:
    """Every message of the form and its rows."""
    page = answer.context
    forms = [page["adminform"].form]
    forms += [form for rows in page["inline_admin_formsets"] for form in rows.formset.forms]
    return [message for form in forms for messages in form.errors.values() for message in messages]


def typed_into(answer: Any) -> dict[str, str]:
    page = answer.context
    values = values_of(page["adminform"].form)
    for rows in page["inline_admin_formsets"]:
        for form in [rows.formset.management_form, *rows.formset.forms]:
            values |= values_of(form)
    return {name: str(value) for name, value in values.items()}


@pytest.mark.django_db
def test_a_form_that_is_older_than_a_condition_is_given_back() -> None:
    fit = PairFitFactory()
    page = f"/admin/comparisons/comparison/{fit.comparison_id}/change/"
    stale = {"fits-TOTAL_FORMS": 1, "fits-INITIAL_FORMS": 0, "fits-0-id": "", "fits-0-comparison": ""}
    row = {"fits-0-tool": fit.tool_id, "fits-0-condition": fit.condition_id, **FIT}

    answer = submit(open_desk(), page, title="Typed.", **stale, **row)

    assert answer.status_code == 200
    assert told_by(answer)
    assert typed_into(answer)["title"] == "Typed."
    assert Comparison.objects.get().title == ""
    assert PairFit.objects.get() == fit


@pytest.mark.django_db
def test_a_picture_that_was_sent_is_read_again_where_the_database_refuses(
    settings: Any, tmp_path: Any
) -> None:
    """A form that is refused says what the database says, and nothing of a broken picture."""
    settings.MEDIA_ROOT = tmp_path
    tool = ToolFactory()
    execute(
        "CREATE FUNCTION refuse_tagline() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE check_violation USING MESSAGE = 'Not this tagline.'; END $$;"
        " CREATE TRIGGER refuses_tagline BEFORE UPDATE ON catalog_tool FOR EACH ROW"
        " WHEN (NEW.tagline = 'Refused.') EXECUTE FUNCTION refuse_tagline();"
    )
    picture = SimpleUploadedFile("logo.png", ONE_PIXEL, "image/png")

    answer = submit(open_desk(), f"/admin/catalog/tool/{tool.pk}/change/", tagline="Refused.", logo=picture)

    assert told_by(answer) == ["Not this tagline."]


ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


@pytest.mark.django_db
def test_a_mistake_of_ours_is_no_refusal() -> None:
    tool = ToolFactory()

    with pytest.raises(IntegrityError) as mistake, transaction.atomic():
        Tool.objects.filter(pk=tool.pk).update(name=None)

    assert sentence_of(mistake.value) is None


def forms_of_curators() -> list[type[Model]]:
    pages = [page for page in admin.site._registry.values() if isinstance(page, CuratedAdmin)]
    models_of_rows = {inline.model for page in pages for inline in page.inlines}
    return sorted({page.model for page in pages} | models_of_rows, key=str)


@pytest.mark.parametrize("model", forms_of_curators(), ids=lambda model: model.__name__)
def test_no_form_shows_the_name_of_a_constraint(model: type[Model]) -> None:
    """Of a constraint on columns alone Django names the fields; of others it would show the constraint's name."""
    nameless = [
        constraint.name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and (constraint.condition or constraint.contains_expressions)
        and constraint.violation_error_message == constraint.default_violation_error_message
    ]

    assert nameless == []


def pages_of_forms() -> list[Any]:
    """Whatever has a form on the desk, for rows of which the database has rules."""
    pages: list[Any] = list(admin.site._registry.values())
    inlines = [inline for page in pages for inline in page.inlines]
    return [each for each in [*pages, *inlines] if each.model._meta.constraints]


@pytest.mark.parametrize("page", pages_of_forms(), ids=lambda page: page.model.__name__)
def test_each_form_is_one_that_has_words_for_every_constraint(page: Any) -> None:
    assert issubclass(page.form, ModelForm)


@pytest.mark.django_db
def test_what_else_is_wrong_is_all_that_a_form_says_of_a_constraint_without_words() -> None:
    former = ToolFactory(slug="former")
    Tool.objects.filter(pk=former.pk).update(slug="renamed")
    draft = ToolFactory(status="draft", published_at=None)

    answer = submit(
        open_desk(), f"/admin/catalog/tool/{draft.pk}/change/", slug="former", status="published", why="So."
    )

    assert told_by(answer) == ["This slug once belonged to another tool and still leads there."]


@pytest.mark.django_db
def test_a_pair_of_one_tool_is_refused_in_words_alone() -> None:
    tool = ToolFactory()
    sent = {"first_tool": tool.pk, "second_tool": tool.pk, "status": "published"}

    answer = submit(open_desk(), "/admin/comparisons/comparison/add/", **sent)

    assert told_by(answer) == ["A comparison needs two different tools."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pricing_starts_at": -1, "pricing_currency": "EUR"}, "pricing starts at"),
        ({"pricing_starts_at": 3, "pricing_currency": None}, "pricing currency, pricing starts at"),
        ({"product": "\u202e"}, "product"),
    ],
)
def test_a_constraint_without_words_is_told_by_its_fields(values: dict[str, Any], said: str) -> None:
    """Where no other rule says better, as those of the desk's forms do by now."""
    form: Any = modelform_factory(Tool, form=ModelForm, fields=["tagline"])({}, instance=ToolFactory())
    for name, value in values.items():
        setattr(form.instance, name, value)
    form.cleaned_data = {}

    form._update_errors(violation_of(form.instance))

    assert form.non_field_errors() == [f"Nothing was saved. These values do not fit: {said}."]


def violation_of(row: Model) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        row.validate_constraints()
    return refused.value
