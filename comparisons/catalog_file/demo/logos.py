"""Draws a logo for each tool of the demo: a shape of its own on a colour of its own, nobody's trademark."""

import hashlib
from collections.abc import Callable

from PIL import Image, ImageDraw

# Twice the largest size, so that edges are smooth.
SIDE = 512
# Of these each has white shapes at a contrast of 4.5 to 1 or more.
COLOURS = ("#1d4ed8", "#6d28d9", "#be123c", "#b45309", "#15803d", "#0f766e", "#334155", "#a21caf")
WHITE = "#ffffff"


def draw_demo_logo(slug: str) -> Image.Image:
    """In RGBA: the same for the same slug, and rarely the same for two."""
    digest = hashlib.sha256(slug.encode()).digest()
    colour = COLOURS[digest[0] % len(COLOURS)]
    picture = Image.new("RGBA", (SIDE, SIDE))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, SIDE - 1, SIDE - 1), radius=112, fill=colour)
    SHAPES[digest[1] % len(SHAPES)](pen, colour, digest[2] % 4)
    return picture.rotate(90 * (digest[3] % 4))


def _rings(pen: ImageDraw.ImageDraw, colour: str, number: int) -> None:
    for ring in range(2 + number):
        edge = 96 + 32 * ring
        pen.ellipse((edge, edge, SIDE - edge, SIDE - edge), fill=colour if ring % 2 else WHITE)


def _bars(pen: ImageDraw.ImageDraw, colour: str, number: int) -> None:
    for bar in range(3):
        height = 120 + 80 * ((bar + number) % 3)
        pen.rounded_rectangle((104 + 112 * bar, 400 - height, 184 + 112 * bar, 400), radius=24, fill=WHITE)


def _corner(pen: ImageDraw.ImageDraw, colour: str, number: int) -> None:
    pen.polygon([(112, 400), (112, 112), (400, 112)], fill=WHITE)
    edge = 208 + 24 * number
    pen.ellipse((edge, edge, 400, 400), fill=WHITE)


def _dots(pen: ImageDraw.ImageDraw, colour: str, number: int) -> None:
    for place in range(9):
        if place % (number + 2) != 1:
            left, top = 104 + 112 * (place % 3), 104 + 112 * (place // 3)
            pen.ellipse((left, top, left + 80, top + 80), fill=WHITE)


def _diamond(pen: ImageDraw.ImageDraw, colour: str, number: int) -> None:
    for edge, fill in ((88, WHITE), (168 + 16 * number, colour)):
        middle = SIDE // 2
        pen.polygon([(middle, edge), (SIDE - edge, middle), (middle, SIDE - edge), (edge, middle)], fill=fill)


SHAPES: tuple[Callable[[ImageDraw.ImageDraw, str, int], None], ...] = (
    _rings,
    _bars,
    _corner,
    _dots,
    _diamond,
)
