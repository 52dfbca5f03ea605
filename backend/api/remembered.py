"""Answers to texts of callers that come again and again, such as an Accept."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

# Callers who send longer texts than browsers do can't fill the memory with them: granian takes headers of 400 kB.
LONGEST = 512

T = TypeVar("T")


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Keep what it makes of the last texts, unless they are long."""
    known = lru_cache(maxsize=256)(function)

    @wraps(function)
    def remember(text: str) -> T:
        return known(text) if len(text) <= LONGEST else function(text)

    return remember
