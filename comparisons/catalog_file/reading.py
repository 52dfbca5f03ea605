"""From a stream of bytes to the values of a JSON document, one row at a time, and rows kept on disk meanwhile."""

import codecs
import json
import pickle
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Generic, Never, TypeVar

from backend.api.json_type import Json

# One row with all its reviews. A file has any number of rows; memory holds one of them, and a batch.
MAX_ROW_CHARACTERS = 4 * 1024 * 1024
# Of a file with more problems than these the rest is counted.
MAX_PROBLEMS = 50
CHUNK_BYTES = 64 * 1024

RowT = TypeVar("RowT")

_WHITE_SPACE = re.compile(r"[ \t\n\r]*")


class CatalogFileError(Exception):
    """Nothing was imported; `lines` say why, one problem each, with its place in the file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class Problems:
    """Lines in the order they came: the first MAX_PROBLEMS, and how many came after them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._uncounted = 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __iadd__(self, lines: "Iterable[str] | Problems") -> "Problems":
        if isinstance(lines, Problems):
            self._uncounted += lines._uncounted
            lines = lines._lines
        for line in lines:
            if len(self._lines) < MAX_PROBLEMS:
                self._lines.append(line)
            else:
                self._uncounted += 1
        return self

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        if self._uncounted:
            yield f"… and {self._uncounted} more problem{'s' if self._uncounted > 1 else ''}"


class Rows(Generic[RowT]):
    """Rows in a temporary file: added once, then read in their order as often as needed, but not by two at once."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115 - closed by `close`.
        self._count = 0

    def add(self, row: RowT) -> None:
        pickle.dump(row, self._file)
        self._count += 1

    def __iter__(self) -> Iterator[RowT]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - it wrote that itself.

    def close(self) -> None:
        self._file.close()


class RepeatedKeys(dict[str, Json]):
    """An object in which a key stands more than once; Python would keep the last value and say nothing."""

    repeated: Collection[str] = ()


class JsonStream:
    """Strict JSON in UTF-8, read once: `items` gives what stands in the lists of the top-level object.

    Afterwards `document` is all else: the top-level value, with those lists empty. An object with a repeated key comes
    as RepeatedKeys. Whatever is no JSON, and a value of more than MAX_ROW_CHARACTERS, raises CatalogFileError with its
    line and column.
    """

    document: Json = None

    def __init__(self, source: BinaryIO, lists: Collection[str] = ()) -> None:
        self._source = source
        self._lists = lists
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(
            object_pairs_hook=_object, parse_int=_whole_number, parse_float=_number, strict=True
        )
        # What was read and not yet let go, where it begins in the file, and how far it was understood.
        self._text = ""
        self._line, self._column = 1, 1
        self._at = 0
        self._is_at_end = False

    def items(self) -> Iterator[tuple[str, int, Json]]:
        """Key, index and value, in the order of the file."""
        match self._peek():
            case "":
                raise CatalogFileError(["file: is empty"])
            case "{":
                pairs: list[tuple[str, Json]] = []
                for key in self._keys():
                    if key in self._lists and self._peek() == "[":
                        yield from self._list(key)
                        pairs.append((key, []))
                    else:
                        pairs.append((key, self._value()))
                self.document = _object(pairs)
            case _:
                self.document = self._value()
        if self._peek():
            self._refuse("Extra data")

    def _keys(self) -> Iterator[str]:
        """The keys of an object, up to its end; after each the caller reads the value."""
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            if self._peek() != '"':
                self._refuse("Expecting property name enclosed in double quotes")
            key = self._value()
            if self._peek() != ":":
                self._refuse("Expecting ':' delimiter")
            self._at += 1
            self._peek()
            yield key
            if self._goes_on("}"):
                continue
            return

    def _list(self, key: str) -> Iterator[tuple[str, int, Json]]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        index = 0
        while True:
            self._peek()
            yield key, index, self._value()
            index += 1
            if not self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        """Passes over a comma, or over the end."""
        mark = self._peek()
        if mark not in {",", end} or not mark:
            self._refuse("Expecting ',' delimiter")
        self._at += 1
        return mark == ","

    def _peek(self) -> str:
        """The next character that is no white space; empty at the end of the file."""
        while True:
            # The pattern matches everywhere, if only nothing.
            self._at = _WHITE_SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if self._is_at_end:
                return ""
            self._read(CHUNK_BYTES)

    def _value(self) -> Json:
        while True:
            refusal = None
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                refusal = error
            except RecursionError:
                raise CatalogFileError(["file: is nested too deeply"]) from None
            else:
                # A number at the end of what was read may go on.
                if end < len(self._text) or self._is_at_end:
                    self._at = end
                    return value
            length = len(self._text) - self._at
            if length > MAX_ROW_CHARACTERS or self._is_at_end:
                # Where the text was cut, the decoder stumbles at the cut, or at the beginning of the text it is in.
                is_cut = not self._is_at_end and (
                    not refusal
                    or refusal.pos > len(self._text) - 20
                    or refusal.msg.startswith("Unterminated")
                )
                if refusal and not is_cut:
                    self._refuse(refusal.msg, at=refusal.pos)
                raise CatalogFileError(
                    [f"{self._place(self._at)}: has more than {MAX_ROW_CHARACTERS} characters in one value"]
                )
            self._read(max(length, CHUNK_BYTES))

    def _read(self, size: int) -> None:
        """Lets go of what was understood, and reads on."""
        self._line, self._column = self._position(self._at)
        self._text = self._text[self._at :]
        self._at = 0
        read = self._source.read(size)
        self._is_at_end = not read
        try:
            self._text += self._decoder.decode(read, final=not read)
        except UnicodeDecodeError as error:
            self._text += error.object[: error.start].decode()
            raise CatalogFileError([f"{self._place(len(self._text))}: is not UTF-8"]) from None

    def _refuse(self, message: str, *, at: int | None = None) -> Never:
        place = self._place(self._at if at is None else at)
        raise CatalogFileError([f"{place}: is not JSON: {message}"])

    def _place(self, at: int) -> str:
        line, column = self._position(at)
        return f"{line}:{column}"

    def _position(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, of a place in what is held."""
        breaks = self._text.count("\n", 0, at)
        if not breaks:
            return self._line, self._column + at
        return self._line + breaks, at - self._text.rfind("\n", 0, at)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    odd = RepeatedKeys(plain)
    odd.repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    return odd


def _whole_number(digits: str) -> int | Decimal:
    # A number of thousands of digits is refused by int(), and by every field of the format.
    return int(digits) if len(digits) < 20 else Decimal(digits)


def _number(digits: str) -> Decimal | float:
    try:
        return Decimal(digits)
    except InvalidOperation:
        # An exponent that no Decimal holds; every field of the format refuses it.
        return float(digits)
