"""What becomes of files that are sent as logos: drawn anew, or refused in words, and never more than the limits allow."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from catalog.logo_encoding import (
    SIZES,
    EncodedLogo,
    Limits,
    UnfitLogoError,
    check_logo,
    draw_logo,
    encode_logo,
)
from tests.logos import (
    HTML,
    inflating_png,
    moving_png,
    moving_webp,
    picture,
    picture_with_place,
)


def chunks(content: bytes) -> set[bytes]:
    """The names of all parts of a PNG or WebP file, which are to reach to its very end."""
    is_png = content.startswith(b"\x89PNG")
    place, names = (8 if is_png else 12), set()
    while place < len(content):
        if is_png:
            length, name = struct.unpack_from(">I4s", content, place)
            place += 12 + length
        else:
            name, length = struct.unpack_from("<4sI", content, place)
            place += 8 + length + length % 2
        names.add(name)
    assert place == len(content)
    return names


def assert_is_clean(logo: EncodedLogo) -> None:
    assert set(logo.files) == {"64.png", "64.webp", "256.png", "256.webp"}
    for end, content in logo.files.items():
        with Image.open(BytesIO(content)) as image:
            assert (image.format, image.size) == (end.split(".")[1].upper(), (int(end.split(".")[0]),) * 2)
            assert not image.getexif()
        assert chunks(content) <= {b"IHDR", b"IDAT", b"IEND", b"VP8X", b"ALPH", b"VP8 ", b"VP8L"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_picture_was_taken_is_gone(kind: str) -> None:
    sent = picture_with_place(kind)
    assert b"Maker of a telephone" in sent

    assert_is_clean(draw_logo(sent))


def test_what_a_program_says_of_its_picture_is_gone() -> None:
    sent = picture("WEBP", xmp=b"x" * 900_000)
    assert len(sent) > 900_000

    drawn = draw_logo(sent)

    assert_is_clean(drawn)
    assert sum(map(len, drawn.files.values())) < 10_000


def test_a_page_behind_a_picture_is_gone() -> None:
    drawn = draw_logo(picture("PNG") + HTML)

    assert_is_clean(drawn)
    assert not any(HTML in content for content in drawn.files.values())


def test_pixels_that_inflate_to_300_megabytes_cost_no_more_than_those_that_are_shown() -> None:
    sent = inflating_png(300)
    assert len(sent) < 400_000

    assert_is_clean(encode_logo(sent))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param(moving_webp(5_000), "This file holds 5000 pictures", id="5,000 frames of WebP"),
        pytest.param(moving_png(5_000), "This file holds 5000 pictures", id="5,000 frames of PNG"),
        pytest.param(
            picture(size=(2_001, 2_000), compress_level=1),
            "2001 by 2000 pixels, more than 4 megapixels",
            id="pixels",
        ),
        pytest.param(
            picture("WEBP", (16_000, 300), method=0),
            "16000 by 300 pixels, more than 4",
            id="a long WebP",
        ),
        pytest.param(picture("PNG", (1_100, 100)), "1100 by 100 pixels are a line", id="a line"),
        pytest.param(picture() + bytes(1_000_000), "larger than 1 MB", id="bytes"),
        pytest.param(picture("GIF"), "not a PNG, JPEG or WebP", id="GIF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG, JPEG or WebP", id="SVG"),
        pytest.param(b"", "not a PNG, JPEG or WebP", id="nothing"),
    ],
)
def test_what_makes_no_logo_is_refused_by_its_beginning(sent: bytes, words: str) -> None:
    with pytest.raises(UnfitLogoError, match=words):
        check_logo(sent)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_half_a_picture_is_damaged(kind: str) -> None:
    sent = Image.effect_noise((200, 200), 90)
    content = BytesIO()
    sent.save(content, kind)

    with pytest.raises(UnfitLogoError, match="damaged"):
        draw_logo(content.getvalue()[: len(content.getvalue()) // 2])


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(Limits(memory_bytes=1_000_000), id="memory"),
        pytest.param(Limits(wall_seconds=0.001), id="time"),
    ],
)
def test_a_picture_that_takes_more_than_the_limits_is_refused(limits: Limits) -> None:
    with pytest.raises(UnfitLogoError, match="more time or memory"):
        encode_logo(picture(), limits=limits)


def test_the_process_that_draws_says_why_it_refuses() -> None:
    with pytest.raises(UnfitLogoError, match="not a PNG, JPEG or WebP"):
        encode_logo(b"no picture")


def test_a_logo_stands_in_the_middle_of_a_square_on_nothing() -> None:
    drawn = draw_logo(picture(size=(20, 10), colour="#ff0000"))

    for size in SIZES:
        with Image.open(BytesIO(drawn.files[f"{size}.png"])) as image:
            middle, above = image.getpixel((size // 2, size // 2)), image.getpixel((size // 2, 2))
        assert (middle, above) == ((255, 0, 0, 255), (0, 0, 0, 0))


def test_a_picture_that_says_how_it_lies_is_turned_first() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    drawn = draw_logo(picture("JPEG", (200, 100), exif=exif))

    with Image.open(BytesIO(drawn.files["64.png"])) as image:
        assert image.getbbox() == (16, 0, 48, 64)


def test_equal_pictures_have_equal_keys_and_others_do_not() -> None:
    blue, again, red = (draw_logo(picture(colour=colour)).key for colour in ("#00f", "#00f", "#f00"))

    assert blue == again != red
    assert len(blue) == 32
