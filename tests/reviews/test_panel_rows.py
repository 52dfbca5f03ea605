"""Rows of a tool's reviews in one form: whose they are, which were filled in, and what they would count."""

from typing import Any

import pytest
from django.forms import inlineformset_factory
from django.utils import timezone

from catalog.models import Tool
from reviews.models import Review
from reviews.panel import PanelCount
from reviews.panel_rows import REVIEW_FIELDS, Editor, PanelFormSet, RowForm, without_review
from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


def rows_of(tool: Tool, data: dict[str, Any] | None = None, *, may_publish: bool = True) -> Any:
    missing = without_review(Review.objects.filter(tool=tool))
    made: Any = inlineformset_factory(
        Tool, Review, form=RowForm, formset=PanelFormSet, extra=len(missing), can_delete=False,
        fields=["reviewer", *REVIEW_FIELDS, "status", "note", "publish"],
    )  # fmt: skip
    made.editor = Editor(missing=missing, may_change=lambda review: True, may_publish=may_publish)
    empty = [{"reviewer": pk, "reviewed_on": timezone.localdate()} for pk in missing]
    return made(data, instance=tool, initial=empty)


def sent(tool: Tool, **values: Any) -> dict[str, Any]:
    formset = rows_of(tool)
    counts = {"TOTAL_FORMS": formset.total_form_count(), "INITIAL_FORMS": formset.initial_form_count()}
    ids = {f"{form.prefix}-id": form.instance.pk for form in formset.initial_forms}
    by = {f"{form.prefix}-reviewer": form["reviewer"].value() for form in formset.extra_forms}
    return {**{f"reviews-{name}": value for name, value in {**counts, **values}.items()}, **ids, **by}


def test_who_has_only_a_retracted_review_may_write_another() -> None:
    tool = ToolFactory()
    retracted = ReviewFactory(tool=tool, status="retracted")
    ReviewFactory(tool=tool, status="draft")
    gone = ReviewerFactory(is_active=False)

    found = without_review(Review.objects.filter(tool=tool))

    assert list(found) == [retracted.reviewer_id]
    assert gone.pk not in found


def test_a_row_of_which_only_the_day_stands_there_is_none() -> None:
    tool = ToolFactory()
    ReviewerFactory()

    formset = rows_of(tool, sent(tool, **{"0-reviewed_on": "2026-01-05"}))

    assert formset.is_valid()
    assert formset.save_rows(actor="curator", why="", now=timezone.now()) == ([], {})
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("values", "count"),
    [
        pytest.param({}, PanelCount(ship=1, skip=0), id="as it is"),
        pytest.param({"0-verdict": "skip"}, PanelCount(ship=0, skip=1), id="a verdict is turned"),
        pytest.param(
            {"1-verdict": "skip", "1-publish": "on"}, PanelCount(ship=1, skip=1), id="one is published"
        ),
        pytest.param({"1-verdict": "skip"}, PanelCount(ship=1, skip=0), id="a draft"),
        pytest.param({"1-publish": "on"}, PanelCount(ship=1, skip=0), id="no verdict yet"),
    ],
)
def test_what_would_count_is_what_is_public_or_ticked(values: dict[str, str], count: PanelCount) -> None:
    tool = ToolFactory()
    ReviewFactory(tool=tool, verdict="ship")
    ReviewerFactory()

    formset = rows_of(tool, sent(tool, **{"0-verdict": "ship", **values}))

    assert formset.count_if_saved() == count


def test_who_may_not_publish_counts_no_tick() -> None:
    tool = ToolFactory()
    ReviewerFactory()

    formset = rows_of(tool, sent(tool, **{"0-verdict": "ship", "0-publish": "on"}), may_publish=False)

    assert formset.count_if_saved() == PanelCount(ship=0, skip=0)


def test_two_rows_of_one_reviewer_are_refused_and_neither_is_saved() -> None:
    tool, ada = ToolFactory(), ReviewerFactory(name="Ada", position=1)
    ReviewerFactory(name="Bo", position=2)

    formset = rows_of(
        tool,
        sent(tool, **{"0-verdict": "ship", "1-verdict": "skip"})
        | {"reviews-0-reviewer": ada.pk, "reviews-1-reviewer": ada.pk},
    )

    assert formset.non_form_errors() == [
        "Two rows are Ada’s, and a reviewer has one review of a tool: open the page again."
    ]
    assert not formset.is_valid()
    assert not Review.objects.exists()


def test_a_row_that_nobody_filled_in_is_no_second_one_of_its_reviewer() -> None:
    tool, ada = ToolFactory(), ReviewerFactory(name="Ada", position=1)
    ReviewerFactory(name="Bo", position=2)

    formset = rows_of(tool, sent(tool, **{"0-verdict": "ship"}) | {"reviews-1-reviewer": ada.pk})

    assert formset.is_valid()
