"""A share as the whole percentage that readers see."""


def whole_percent(*, part: int, total: int) -> int | None:
    """`part` of `total` from 0 to 100, rounded half up; None of nothing. `part` is at most `total`."""
    return (200 * part + total) // (2 * total) if total else None
