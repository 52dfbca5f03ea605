"""What is known of a file before anything reads it."""

import io

import pytest

from comparisons.catalog_file.file_kind import is_json, unpacked_size
from tests.comparisons.catalog_file.sheets import bomb


@pytest.mark.parametrize(
    ("begins", "expected"),
    [(b' \n{"format": 1}', True), (b"\xef\xbb\xbf[", True), (b"slug,name", False), (b"PK\x03\x04", False), (b"", False)],
)  # fmt: skip
def test_json_is_known_by_its_first_sign(begins: bytes, expected: bool) -> None:
    assert is_json(begins) is expected


def test_what_a_file_unpacks_to_is_known_unopened() -> None:
    assert unpacked_size(io.BytesIO(bomb(7))) == 7 * 1024 * 1024
    assert unpacked_size(io.BytesIO(b"slug,name\n")) == 10
