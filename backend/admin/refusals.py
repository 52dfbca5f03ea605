"""What a form says where the database refuses to save what the form let pass: most often another change came first."""

from typing import Any

from django import forms
from django.apps import apps
from django.db import IntegrityError

TOO_LATE = "Another change came first, and this one was not saved. Compare the two, then save again."
# Restrict, foreign key, unique, check, exclusion. Other refusals are mistakes of ours, such as a NULL.
_REFUSALS = {"23001", "23503", "23505", "23514", "23P01"}


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
            has_words = constraint.violation_error_message != constraint.default_violation_error_message
            if constraint.name == said.constraint_name and has_words:
                return str(constraint.violation_error_message)
    # PostgreSQL names the table of its own constraints; triggers of ours name none, and speak to people.
    return TOO_LATE if said.table_name else str(said.message_primary)
