"""The two orders of a pair of tools, and whether their names tell them apart."""

import unicodedata
from collections.abc import Iterable
from uuid import UUID

from catalog.models import Tool


def by_id(one: Tool, other: Tool) -> tuple[Tool, Tool]:
    """The order in which picks and their tallies are stored: ids never change."""
    return (one, other) if one.pk < other.pk else (other, one)


def in_order(ids: Iterable[UUID]) -> tuple[UUID, UUID]:
    """The two ids of a pair's tools, in the order of `by_id`."""
    first, second = sorted(ids)
    return first, second


def by_slug(one: Tool, other: Tool) -> tuple[Tool, Tool]:
    """The order in which readers see a pair, and in which its slug names it."""
    return (one, other) if one.slug < other.slug else (other, one)


def folded_name(name: str) -> str:
    """Equal for names that a reader takes for the same: width, case and white space don't tell."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())
