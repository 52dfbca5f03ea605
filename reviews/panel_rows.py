"""A tool's reviews as rows of one form, with an empty one for each reviewer who has said nothing of it yet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.http import HttpRequest

from backend.admin.base import CuratedAdmin
from backend.admin.errors import CurationError
from backend.admin.inlines import InlineFormSet, StackedInline
from backend.api.attribution import attributed
from reviews import services
from reviews.admin import OpinionForm, ReviewAdmin
from reviews.models import Review, Reviewer
from reviews.panel import PanelCount

# Django's class takes its models in brackets only for type checkers.

REVIEW_FIELDS = ("verdict", "quote", "basis", "disclosure", "evidence", "reviewed_on")
# More than any tool has, and still a bound of what is read of a request.
MOST_ROWS = 200


@dataclass(frozen=True)
class Editor:
    """Who fills in the rows: what they may do, and which reviewers have said nothing yet."""

    missing: Mapping[UUID, Reviewer]
    may_change: Callable[[Review], bool]
    may_publish: bool
    # By the prefix of a row's form: why it was not published, when it was tried.
    refusals: Mapping[str, str] = field(default_factory=dict)


class RowForm(OpinionForm):
    """What one reviewer says. A row that nobody filled in is none; one that is not to be changed is read."""

    reviewer = forms.UUIDField(widget=forms.HiddenInput)
    # As the form was opened with, so that it is seen where it is another by now. A tick below publishes.
    status = forms.CharField(required=False, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(choices=Review.Verdict.choices, widget=forms.RadioSelect)
    publish = forms.BooleanField(required=False)
    # The page asks why of all rows; here it is what speaks for publishing an incomplete one.
    why = forms.CharField(
        label="Why publish it so",
        required=False,
        max_length=1_000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="A sentence here publishes it as it is, and the history keeps it.",
    )

    # Any: Django's own arguments.
    def __init__(self, *args: Any, editor: Editor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.editor = editor
        self.empty_permitted = True
        # Saving makes it a stored one.
        self.is_new = is_new = bool(self.instance._state.adding)
        # What was retracted is brought back on its own page: that is a decision about one row.
        is_past = self.instance.status == Review.Status.RETRACTED
        self.is_read = not is_new and (is_past or not editor.may_change(self.instance))
        if not is_new:
            del self.fields["reviewer"]
        if not self.instance.was_public:
            del self.fields["note"]
        is_open = is_new or self.instance.status in ReviewAdmin.open_statuses
        if self.is_read or not (editor.may_publish and is_open):
            del self.fields["publish"], self.fields["why"]
        # What is sent of it is looked at only to tell what was changed meanwhile.
        for each in self.fields.values() if self.is_read and self.is_bound else ():
            each.disabled = True

    @property
    def by(self) -> Reviewer | None:
        """Whose row it is; None where a made-up reviewer was sent."""
        if not self.is_new:
            stored: Reviewer = self.instance.reviewer
            return stored
        named = self["reviewer"].value()
        return next((each for pk, each in self.editor.missing.items() if str(pk) == str(named)), None)

    @property
    def longest_quote(self) -> str:
        return f"{services.QUOTE_LENGTH.stop - 1:,}"

    @property
    def asks_why(self) -> bool:
        """Whether it was refused for something that a reason lets pass, or has one."""
        was_refused = self.has_error("publish") and bool(self.find_missing())
        return "why" in self.fields and (was_refused or bool(self["why"].value()))

    @property
    def typed_in_vain(self) -> str:
        """The quote that was typed into a row which has become one to be read since."""
        typed = "\n".join(str(self.data.get(self.add_prefix("quote")) or "").splitlines())
        return typed if self.is_bound and self.is_read and typed != self.instance.quote else ""

    def has_changed(self) -> bool:
        """Of an empty row its day is no word yet: it may be of the day on which the page was opened."""
        words = {*REVIEW_FIELDS, "publish"} - ({"reviewed_on"} if self.is_new else set())
        return not words.isdisjoint(self.changed_data)

    def clean_reviewer(self) -> Reviewer:
        found = self.editor.missing.get(self.cleaned_data["reviewer"])
        if found is None:
            raise forms.ValidationError(
                "This reviewer has left the panel, or already has a review of the tool. Open the page again."
            )
        return found

    def clean_status(self) -> str:
        return str(self.instance.status)

    def clean(self) -> None:
        super().clean()
        if refusal := self.editor.refusals.get(str(self.prefix)):
            self.add_error("publish", f"Not published: {refusal.removesuffix('.')}.")


class PanelFormSet(InlineFormSet):
    editor: Editor

    def get_form_kwargs(self, index: int | None) -> dict[str, object]:
        return {**super().get_form_kwargs(index), "editor": self.editor}

    def add_fields(self, form: forms.BaseForm, index: int | None) -> None:
        super().add_fields(form, index)
        if index is None:
            # What a row was opened with is read by this form, and a stored one stays with its reviewer.
            form.fields.pop("reviewer", None)

    def clean(self) -> None:
        """Each row is looked at alone before: two empty ones that name the same reviewer would both be saved."""
        super().clean()
        named = [form.cleaned_data.get("reviewer") for form in self.extra_forms if form.has_changed()]
        for reviewer in dict.fromkeys(filter(None, named)):
            if named.count(reviewer) > 1:
                raise forms.ValidationError(
                    f"Two rows are {reviewer.name}’s, and a reviewer has one review of a tool: open the page again."
                )

    @property
    def in_roster_order(self) -> list[RowForm]:
        """The rows as people read them: each reviewer's live or latest one before those that were retracted."""

        def place(form: RowForm) -> tuple[int, str, bool]:
            by = form.by
            is_past = form.instance.status == Review.Status.RETRACTED
            return (by.position, str(by.pk), is_past) if by else (0, "", False)

        return sorted(self.forms, key=place)

    def count_if_saved(self) -> PanelCount:
        """The panel as the rows would have it, whether or not they could be saved."""
        says = [
            form["verdict"].value()
            for form in self.forms
            if form.instance.status == Review.Status.PUBLISHED
            or ("publish" in form.fields and form["publish"].value())
        ]
        return PanelCount(ship=says.count(Review.Verdict.SHIP), skip=says.count(Review.Verdict.SKIP))

    def save_rows(self, *, actor: str, why: str, now: datetime) -> tuple[list[RowForm], dict[str, str]]:
        """Writes the rows that were changed, each with its own note; and, by the prefix of its form, why one that was to be
        published was not: then all has to be rolled back."""
        changed = [form for form in self.forms if form.has_changed()]
        self.save(commit=False)
        refusals = {}
        for form in changed:
            note, passes = form.cleaned_data.get("note", ""), form.cleaned_data.get("why", "")
            with attributed(source="admin", actor=actor, why=passes or why, note=note):
                form.instance.save()
                if form.cleaned_data.get("publish"):
                    try:
                        services.publish(form.instance, now=now, even_incomplete=bool(passes))
                    except CurationError as refusal:
                        refusals[str(form.prefix)] = str(refusal)
        return changed, refusals


class RowsInline(StackedInline):
    model = Review
    form = RowForm
    formset = PanelFormSet
    template = "admin/reviews/panel_rows.html"
    verbose_name = "review"
    fields = ["reviewer", *REVIEW_FIELDS, "status", "note", "publish", "why"]
    max_num = MOST_ROWS
    can_delete = False
    formfield_overrides = {
        **CuratedAdmin.formfield_overrides,
        # One stop of the keyboard's; a calendar's links would be three in each row.
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d")},
    }

    class Media:
        css = {"all": ["reviews/panel.css"]}
        js = ["reviews/panel.js"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Review]:
        rows: models.QuerySet[Review] = Review.objects.select_related("reviewer", "tool").in_roster_order()
        return rows


def without_review(reviews: Iterable[Review]) -> dict[UUID, Reviewer]:
    """Active reviewers who have none of these, but for what was retracted; in the roster's order."""
    have = {review.reviewer_id for review in reviews if review.status != Review.Status.RETRACTED}
    active = Reviewer.objects.filter(is_active=True).in_roster_order()
    return {reviewer.pk: reviewer for reviewer in active if reviewer.pk not in have}
