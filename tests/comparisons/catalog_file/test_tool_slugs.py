"""Which tool a slug of the file means, and which slugs the file's tools take."""

import pytest

from catalog.models import ToolAlias
from comparisons.catalog_file.format import Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.tool_slugs import ToolSlugs
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db


def row(slug: str, *aliases: str) -> Row:
    return Row(f"tools[{slug}]", {"slug": slug, "aliases": list(aliases)}, is_whole=True)


@pytest.fixture
def slugs() -> ToolSlugs:
    """Of a database with `new`, once called `old`, and `other`."""
    ToolAlias.objects.create(slug="old", tool=ToolFactory(slug="new", name="New"))
    ToolFactory(slug="other", name="Other")
    slugs = ToolSlugs(Problems(), [])
    slugs.read()
    return slugs


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row("new")], "new", id="by its slug"),
        pytest.param([row("old")], "new", id="by a slug that it had"),
        pytest.param([row("newest", "old")], "new", id="by an earlier slug of the file"),
        pytest.param([row("third", "unknown")], None, id="a new tool"),
        pytest.param([row("third", "old", "other")], None, id="earlier slugs of two tools name neither"),
        pytest.param([row("third", "other"), row("other")], None, id="an alias that is a slug of the file"),
    ],
)
def test_a_row_means_the_tool_of_its_slugs(slugs: ToolSlugs, rows: list[Row], expected: str | None) -> None:
    key = slugs.match(rows)[rows[0].place]

    assert key.is_new == (expected is None)
    assert slugs.current.get(key.tool_id) == expected


@pytest.mark.parametrize(
    ("alias", "claims", "errors"),
    [
        pytest.param("free", {}, [], id="nobody has it"),
        pytest.param("old", {}, [], id="its own"),
        pytest.param(
            "other", {}, ['tools[new].aliases[0]: "other" belongs to "other"'], id="the slug of another tool"
        ),
        pytest.param(
            "free",
            {"free": "is the slug of tools[1]"},
            ['tools[new].aliases[0]: "free" is the slug of tools[1]'],
            id="the slug of another row",
        ),
    ],
)
def test_an_alias_is_taken_once(alias: str, claims: dict[str, str], errors: list[str]) -> None:
    tool = ToolFactory(slug="new", name="New")
    ToolAlias.objects.create(slug="old", tool=tool)
    ToolFactory(slug="other", name="Other")
    problems = Problems()
    slugs = ToolSlugs(problems, [])
    slugs.read()

    list(slugs.take_aliases(tool, row("new", alias), claims))

    assert list(problems) == errors
    assert [item.slug for item in slugs.new_aliases] == (["free"] if alias == "free" and not errors else [])
