"""The two orders of a pair of tools."""

from catalog.models import Tool


def by_id(one: Tool, other: Tool) -> tuple[Tool, Tool]:
    """The order in which picks and their tallies are stored: ids never change."""
    return (one, other) if one.pk < other.pk else (other, one)


def by_slug(one: Tool, other: Tool) -> tuple[Tool, Tool]:
    """The order in which readers see a pair, and in which its slug names it."""
    return (one, other) if one.slug < other.slug else (other, one)
