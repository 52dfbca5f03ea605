"""What kind of file was sent and what it unpacks to, told without the library for spreadsheets."""

import codecs
import zipfile
from typing import BinaryIO


def is_json(begins: bytes) -> bool:
    """By its first sign, behind a byte order mark."""
    return begins.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in {b"{", b"["}


def unpacked_size(source: BinaryIO) -> int:
    """In bytes, as the directory of a zip says, or of anything else as it is. Leaves the file at its beginning."""
    try:
        with zipfile.ZipFile(source) as parts:
            return sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return source.seek(0, 2)
    finally:
        source.seek(0)
