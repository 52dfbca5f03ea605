"""What a form says where the database refuses, or would refuse, what was typed: words, and no constraint's name."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models

# Django's class takes its model in brackets only for type checkers.
if TYPE_CHECKING:
    DjangoModelForm = forms.ModelForm[Any]
else:
    DjangoModelForm = forms.ModelForm

TOO_LATE = "Another change came first, and this one was not saved. Compare the two, then save again."
# Restrict, foreign key, unique, check, exclusion. Other refusals are mistakes of ours, such as a NULL.
_REFUSALS = {"23001", "23503", "23505", "23514", "23P01"}


class ModelForm(DjangoModelForm):
    """Of a constraint without words of its own Django shows the name; this form, what else is wrong, or which fields."""

    # Django's place for whatever the model says of the values.
    def _update_errors(self, errors: ValidationError) -> None:
        found = errors.update_error_dict({})
        general = found.pop(NON_FIELD_ERRORS, [])
        nameless = {each.get_violation_error_message(): each for each in _without_words(type(self.instance))}
        if in_words := [error for error in general if error.message not in nameless]:
            found[NON_FIELD_ERRORS] = in_words
        if not (found or self.errors):
            found[NON_FIELD_ERRORS] = [
                ValidationError(self._unfit(nameless[error.message])) for error in general
            ]
        if found:
            super()._update_errors(ValidationError(found))  # type: ignore[misc]

    def _unfit(self, constraint: models.BaseConstraint) -> str:
        opts = type(self.instance)._meta
        labels = sorted(
            str(self.fields[name].label if name in self.fields else opts.get_field(name).verbose_name).lower()
            for name in _columns_of(constraint)
        )
        return f"Nothing was saved. These values do not fit: {', '.join(labels)}."


class RefusedForm(forms.BaseForm):
    """Mixed into a form that the database has refused: what was typed stands there again, below the sentence."""

    refusal: str

    def full_clean(self) -> None:
        super().full_clean()
        # What validation finds by now, it says better.
        if self.is_bound and not self.errors:
            self.add_error(None, self.refusal)


def sentence_of(error: IntegrityError) -> str | None:
    """What to tell who sent the form: the constraint's or trigger's own words where it has some; None of our mistakes."""
    # Any: the driver's error, which has what PostgreSQL says.
    cause: Any = error.__cause__
    if cause.sqlstate not in _REFUSALS:
        return None
    said = cause.diag
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == said.constraint_name and constraint not in _without_words(model):
                return str(constraint.violation_error_message)
    # PostgreSQL names the table of its own constraints; triggers of ours name none, and speak to people.
    return TOO_LATE if said.table_name else str(said.message_primary)


def _without_words(model: type[models.Model]) -> list[models.BaseConstraint]:
    return [
        each
        for each in model._meta.constraints
        if each.violation_error_message == each.default_violation_error_message
    ]


def _columns_of(constraint: models.BaseConstraint) -> set[str]:
    condition = getattr(constraint, "condition", None)
    return {*getattr(constraint, "fields", ()), *getattr(condition, "referenced_base_fields", ())}
