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
def diff(before: object, after: object) -> str:
    """Both as one text, with what was taken out and what was put in."""
    return show_diff(shown(before), shown(after))
