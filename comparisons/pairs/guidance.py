"""Choose the one if, choose the other if: the conditions that decide between the two tools of a pair."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.fits import ShownFit


@dataclass(frozen=True, slots=True)
class Guidance:
    """When to choose a tool of the pair: its slug, and conditions that speak for it and not for the other."""

    tool: str
    when: tuple[ShownFit, ...]


@dataclass(frozen=True, slots=True)
class Fits:
    """The conditions of one tool: its own, and those that an editor put on the pair in their place."""

    tool: str
    own: Sequence[ShownFit]
    of_pair: Sequence[ShownFit] = ()


def guide(first: Fits, second: Fits) -> tuple[Guidance, Guidance]:
    """In the order of the tools. What both tools fit decides nothing between them, unless an editor names it for one.

    A tool's own conditions stay left out where the other has them, though the pair says something else of that one.
    """
    return _guidance(first, other=second), _guidance(second, other=first)


def _guidance(fits: Fits, *, other: Fits) -> Guidance:
    if fits.of_pair:
        return Guidance(fits.tool, tuple(fits.of_pair))
    shared = {fit.condition.slug for fit in (*other.own, *other.of_pair)}
    return Guidance(fits.tool, tuple(fit for fit in fits.own if fit.condition.slug not in shared))
