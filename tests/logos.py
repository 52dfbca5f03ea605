"""Pictures that editors send, and those that somebody made to do harm."""

import struct
import zlib
from io import BytesIO

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

HTML = b"<script>alert(document.domain)</script>"
# Where somebody lives, as a telephone writes it.
PLACE = {1: "N", 2: (IFDRational(52), IFDRational(31), IFDRational(12)), 3: "E", 4: (IFDRational(13),) * 3}


def picture(
    kind: str = "PNG", size: tuple[int, int] = (20, 10), colour: str = "#204080", **options: object
) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, colour).save(content, kind, **options)
    return content.getvalue()


def picture_with_place(kind: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(PLACE)
    exif[0x010F] = "Maker of a telephone"
    return picture(kind, exif=exif)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(size: tuple[int, int], *, before: bytes = b"", pixels: bytes, after: bytes = b"") -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">2I5B", *size, 8, 2, 0, 0, 0))
    body = before + png_chunk(b"IDAT", pixels) + after
    return b"\x89PNG\r\n\x1a\n" + header + body + png_chunk(b"IEND", b"")


def inflating_png(megabytes: int) -> bytes:
    """100 by 100 pixels, whose data inflate to far more than these need."""
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()
    return _png((100, 100), pixels=pixels)


def moving_png(frames: int) -> bytes:
    pixels = zlib.compress(bytes(4))
    control = struct.pack(">4I2H2B", 1, 1, 0, 0, 1, 100, 0, 0)
    first = png_chunk(b"acTL", struct.pack(">2I", frames, 0)) + png_chunk(
        b"fcTL", struct.pack(">I", 0) + control
    )
    others = b"".join(
        png_chunk(b"fcTL", struct.pack(">I", 2 * number - 1) + control)
        + png_chunk(b"fdAT", struct.pack(">I", 2 * number) + pixels)
        for number in range(1, frames)
    )
    return _png((1, 1), before=first, pixels=pixels, after=others)


def moving_webp(frames: int) -> bytes:
    """One small picture, again and again."""
    still = picture("WEBP", (1, 1), lossless=True)[12:]
    frame = bytes(12) + b"\x0a\0\0" + b"\0" + still
    frames_of_it = (b"ANMF" + struct.pack("<I", len(frame)) + frame) * frames
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x02" + bytes(9)
    body = b"WEBP" + extended + b"ANIM" + struct.pack("<I", 6) + bytes(6) + frames_of_it
    return b"RIFF" + struct.pack("<I", len(body)) + body
