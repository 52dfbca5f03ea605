"""Reading a JSON document a row at a time: what comes out, what is refused, and how much is held meanwhile."""

import io
import json
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comparisons.catalog_file.reading import (
    CHUNK_BYTES,
    MAX_PROBLEMS,
    MAX_ROW_CHARACTERS,
    CatalogFileError,
    JsonStream,
    Problems,
    RepeatedKeys,
    Rows,
)


def read(text: bytes, lists: tuple[str, ...] = ("tools",)) -> tuple[list[tuple[str, int, Any]], Any]:
    stream = JsonStream(io.BytesIO(text), lists)
    return list(stream.items()), stream.document


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(b"", "file: is empty", id="nothing"),
        pytest.param(b" \n\t", "file: is empty", id="white space"),
        pytest.param(b"\xff\xfe{\x00}\x00", "1:1: is not UTF-8", id="UTF-16"),
        pytest.param('{"é":\n "ü'.encode() + b'\xe9"}', "2:4: is not UTF-8", id="Latin-1 on the second line"),
        pytest.param(
            b'{"format": 1,\n}', "2:1: is not JSON: Expecting property name enclosed in double quotes"
        ),
        pytest.param(b'{"format": 1', "1:13: is not JSON: Expecting ',' delimiter", id="cut off"),
        pytest.param(b'{"format": 1} {}', "1:15: is not JSON: Extra data", id="two documents"),
        pytest.param(b'{"a": "\x00"}', "1:8: is not JSON: Invalid control character at", id="raw NUL"),
        pytest.param(b"[" * 2_000 + b"]" * 2_000, "file: is nested too deeply", id="2,000 deep"),
        pytest.param(b" " * 500_000, "file: is empty", id="much white space"),
        pytest.param(b'{"format" 1}', "1:11: is not JSON: Expecting ':' delimiter", id="no colon"),
        pytest.param(
            b'{"tools": [1 2]}', "1:14: is not JSON: Expecting ',' delimiter", id="no comma in a list"
        ),
        pytest.param(b'{"tools": [1', "1:13: is not JSON: Expecting ',' delimiter", id="a list cut off"),
        pytest.param(
            b'{"a": "' + b"x" * MAX_ROW_CHARACTERS * 2 + b'"}',
            "1:7: has more than 4194304 characters in one value",
            id="8 MB in one value",
        ),
        pytest.param(
            b'{"a": {"b": 01}}' + b" " * 500_000,
            "1:14: is not JSON: Expecting ',' delimiter",
            id="an error long before the end",
        ),
    ],
)
def test_what_is_no_json_is_refused_with_its_position(text: bytes, line: str) -> None:
    with pytest.raises(CatalogFileError) as refusal:
        read(text)

    assert refusal.value.lines == (line,)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b'\xef\xbb\xbf{"format": 1}') == ([], {"format": 1})


def test_what_stands_in_the_lists_comes_by_itself_and_all_else_afterwards() -> None:
    items, document = read(b'{"a": [1, {"tools": [2]}], "tools": [3, {"b": null}], "c": "x"}')

    assert items == [("tools", 0, 3), ("tools", 1, {"b": None})]
    assert document == {"a": [1, {"tools": [2]}], "tools": [], "c": "x"}


def test_a_list_that_is_none_and_a_document_that_is_no_object_come_as_they_are() -> None:
    assert read(b'{"tools": {"a": 1}}') == ([], {"tools": {"a": 1}})
    assert read(b"[1, 2]") == ([], [1, 2])


def test_keys_that_stand_twice_are_told_apart() -> None:
    items, document = read(b'{"a": 1, "a": 2, "tools": [{"b": 1, "b": 2}], "tools": [3]}')

    assert isinstance(document, RepeatedKeys)
    assert document.repeated == ["a", "tools"]
    assert items[0][2].repeated == ["b"]


@pytest.mark.parametrize("number", ["1E+999999999999999999999", "-1e999999999999999999999999"])
def test_an_exponent_beyond_all_decimals_is_a_number_like_any_other(number: str) -> None:
    items, _ = read(f'{{"tools": [{number}, 1.50]}}'.encode())

    assert abs(items[0][2]) == float("inf")
    assert items[1][2] == Decimal("1.50")


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


@hypothesis_settings(max_examples=50)
@given(st.lists(documents, max_size=5), documents, st.sampled_from([None, 1]))
def test_any_document_is_read_as_python_reads_it(rows: list[Any], other: Any, indent: int | None) -> None:
    text = json.dumps({"other": other, "tools": rows}, ensure_ascii=False, indent=indent).encode()

    items, document = read(text)

    assert [item for _, _, item in items] == rows
    assert document == {"other": other, "tools": []}


@pytest.mark.parametrize("length", range(CHUNK_BYTES - 12, CHUNK_BYTES + 3))
def test_a_value_may_stand_where_one_piece_of_the_file_ends_and_the_next_begins(length: int) -> None:
    items, document = read(b" " * length + '{"tools": ["é", 12, true], "b": 345}'.encode())

    assert [item for _, _, item in items] == ["é", 12, True]
    assert document == {"tools": [], "b": 345}


def test_a_file_of_any_size_is_read_in_the_memory_of_one_row() -> None:
    row = b'["' + b"x" * 150 + b'"]'
    # Three megabytes: read as a whole, or with the rows kept, it would take more than the one that is allowed.
    text = b'{"tools": [' + b",".join([row] * 20_000) + b"]}"
    tracemalloc.start()

    count = sum(1 for _ in JsonStream(io.BytesIO(text), ["tools"]).items())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 1_000_000


def test_of_many_problems_the_first_are_told_and_the_rest_is_counted() -> None:
    problems = Problems()
    problems += (f"line {number}" for number in range(MAX_PROBLEMS))
    assert list(problems)[-1] == "line 49"

    problems += ["one more"]
    assert list(problems)[-1] == "… and 1 more problem"

    whole = Problems()
    whole += problems
    whole += ["another"]
    assert (len(list(whole)), list(whole)[-1]) == (51, "… and 2 more problems")


def test_rows_are_read_as_often_as_needed() -> None:
    rows = Rows[tuple[str, int]]()
    for number in range(3):
        rows.add(("row", number))

    assert list(rows) == list(rows) == [("row", 0), ("row", 1), ("row", 2)]
    rows.close()
