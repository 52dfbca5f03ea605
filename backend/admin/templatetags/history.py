"""How the history of a row reads."""

from django import template

from backend.admin.diff import show_diff
from backend.api.models import Change

register = template.Library()


@register.filter
def who(change: Change) -> str:
    """The user, or the database's role, and the way in: `anna (admin)`, `verdicts (import_catalog)`, `postgres (SQL)`."""
    return f"{change.actor or change.role} ({change.source or 'SQL'})"


@register.filter
def shown(value: object) -> str:
    """A column's value as JSON has it, without quotes around texts."""
    if value in (None, "", []):
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@register.filter
def named(change: Change, labels: dict[str, str]) -> list[tuple[str, str, str]]:
    """Of the columns that have a label, those that read otherwise than before: the label, before and after."""
    found = []
    for column, values in change.columns.items():
        # Of a row below it says first of which: `aider if offline: note`.
        which, colon, name = column.rpartition(": ")
        before, after = map(shown, values)
        if colon + name in labels and before != after:
            found.append((which + labels[colon + name], before, after))
    return found


@register.filter
def diff(before: object, after: object) -> str:
    """Both as one text, with what was taken out and what was put in."""
    return show_diff(shown(before), shown(after))
