"""What callers send is remembered as long as it is short."""

import pytest

from backend.api.remembered import LONGEST, remembered


@pytest.mark.parametrize(("length", "times"), [(LONGEST, 1), (LONGEST + 1, 2)])
def test_only_short_texts_are_kept(length: int, times: int) -> None:
    read: list[str] = []

    @remembered
    def length_of(text: str) -> int:
        read.append(text)
        return len(text)

    assert [length_of("a" * length) for _ in range(2)] == [length, length]
    assert len(read) == times
