"""Two tools' names in a sentence that has little room: short, and each still the name of one of the two alone."""

from collections.abc import Sequence

# What neither begins nor ends a shortened name.
_MARKS = " ,;:–—-&"


def labels(first: str, second: str, *, limit: int) -> tuple[str, str] | None:
    """Both names in at most so many characters, shortened at words; None where they would not tell the tools apart.

    Where both would read alike, a name that is too long loses what both begin with.
    """
    names = " ".join(first.split()), " ".join(second.split())
    for step in (_whole, _without_shared_words, _without_shared_letters):
        one, other = (
            name if len(name) <= limit else shortened(rest, limit)
            for name, rest in zip(names, step(*names), strict=True)
        )
        if tell_apart(names, (one, other)):
            return one, other
    return None


def tell_apart(names: Sequence[str], short: Sequence[str]) -> bool:
    """Whether neither short name could be the other tool's: none begins or ends with the other, unless both are whole."""
    one, other = (name.strip("…").casefold() for name in short)
    if list(short) == list(names):
        return one != other
    return not (one.startswith(other) or other.startswith(one) or one.endswith(other) or other.endswith(one))


def _whole(first: str, second: str) -> tuple[str, str]:
    return first, second


def _without_shared_words(first: str, second: str) -> tuple[str, str]:
    one, other = first.split(" "), second.split(" ")
    shared = _shared([word.rstrip(":,;") for word in one], [word.rstrip(":,;") for word in other])
    return _rest(one, shared, between=" "), _rest(other, shared, between=" ")


def _without_shared_letters(first: str, second: str) -> tuple[str, str]:
    shared = _shared(first, second)
    return _rest(first, shared), _rest(second, shared)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many both begin with."""
    both = zip(one, other, strict=False)
    return next(
        (n for n, (a, b) in enumerate(both) if a.casefold() != b.casefold()), min(len(one), len(other))
    )


def _rest(parts: Sequence[str], shared: int, *, between: str = "") -> str:
    """Without those that both begin with, and marked; the last one stays."""
    rest = between.join(parts[min(shared, len(parts) - 1) :])
    return f"…{rest.lstrip(_MARKS) or rest}"


def shortened(name: str, limit: int) -> str:
    """Cut after a word where one ends in the second half, and marked."""
    if len(name) <= limit:
        return name
    head, _, _ = name[:limit].rpartition(" ")
    cut = head if len(head) > limit // 2 else name[: limit - 1]
    return cut.rstrip(f"{_MARKS}.(") + "…"
