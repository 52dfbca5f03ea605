"""The logos of the demo's tools."""

from catalog.logo_encoding import KINDS, SIZES, logo_of
from comparisons.catalog_file.demo.logos import SHAPES, draw_demo_logo


def test_a_tool_has_the_same_logo_each_time_and_another_than_others() -> None:
    drawn = [draw_demo_logo(slug) for slug in ("cursor", "windsurf", "cursor")]

    assert drawn[0] == drawn[2] != drawn[1]


def test_every_shape_makes_a_logo() -> None:
    drawn = [logo_of(draw_demo_logo(f"tool-{number}")) for number in range(8 * len(SHAPES))]

    assert len({logo.key for logo in drawn}) > len(SHAPES)
    assert {len(logo.files) for logo in drawn} == {len(SIZES) * len(KINDS)}
