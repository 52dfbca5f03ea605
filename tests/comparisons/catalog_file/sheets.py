"""Spreadsheets for tests: as a person makes them, and as nobody should."""

import io
import struct
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook


def xlsx(**sheets: Sequence[Sequence[object]]) -> bytes:
    """Cells as they are given, so that `=1+1` is a formula."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def bomb(megabytes: int, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A few bytes of which the archive's directory says that they unpack to so much."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(name, b"<x/>")
    content = bytearray(buffer.getvalue())
    # The size stands 24 bytes behind the beginning of the directory's entry.
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", megabytes * 1024 * 1024)
    return bytes(content)
