"""Reads of the catalog: who is listed, what a slug leads to, and what a search finds."""

import pytest
from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Condition, Tool, ToolAlias
from catalog.querysets import ToolQuerySet, search_query, search_words
from tests.database import move_moment, with_pg_trgm
from tests.factories import AHEAD, CategoryFactory, ConditionFactory, ToolFactory, ToolFitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> None:
    """One tool of each status, each in a category of its own."""
    for status in ("draft", "published", "archived"):
        ToolFactory(slug=status, status=status, category=CategoryFactory(slug=f"c-{status}"))


def slugs(tools: object) -> set[str]:
    return {tool.slug for tool in tools}  # type: ignore[attr-defined]


def matching(text: str) -> ToolQuerySet:
    return Tool.objects.filter(search=search_query(text))


@pytest.mark.usefixtures("shelf")
class TestTools:
    def test_published_tools_are_listed(self) -> None:
        assert slugs(Tool.objects.published()) == {"published"}

    def test_archived_tools_stay_readable_and_drafts_are_not(self) -> None:
        assert slugs(Tool.objects.visible()) == {"published", "archived"}

    def test_releases_are_found_by_their_product_in_whatever_case(self) -> None:
        first, second = ToolFactory(product="Mistral 3 Small"), ToolFactory(product="MISTRAL 3 small")
        ToolFactory(product="Mistral 3")

        assert set(Tool.objects.releases_of("mistral 3 small")) == {first, second}
        assert not Tool.objects.releases_of("").exists()

    def test_tools_are_found_by_present_and_earlier_slugs_once_each(self) -> None:
        for slug in ("second", "third"):
            Tool.objects.filter(name=Tool.objects.get(status="published").name).update(slug=slug)

        assert [tool.slug for tool in Tool.objects.with_slugs(["published", "second", "third"])] == ["third"]
        assert slugs(Tool.objects.with_slugs(["second", "archived", "unknown"])) == {"third", "archived"}
        assert slugs(Tool.objects.with_slugs([])) == set()

    def test_they_are_looked_up_by_indexes_and_the_table_is_not_read(self) -> None:
        Tool.objects.bulk_create(ToolFactory.build_batch(500, category=CategoryFactory.create()))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE catalog_tool, catalog_toolalias")

        plan = Tool.objects.visible().with_slugs(["second", "third"]).explain()

        assert "Seq Scan on catalog_tool " not in plan

    def test_a_generator_of_slugs_will_do(self) -> None:
        ToolAlias.objects.create(slug="earlier", tool=Tool.objects.get(slug="archived"))

        assert slugs(Tool.objects.with_slugs(slug for slug in ("draft", "earlier"))) == {"draft", "archived"}


def test_categories_count_published_tools_only() -> None:
    shelf, empty = CategoryFactory(slug="shelf"), CategoryFactory(slug="empty")
    ToolFactory.create_batch(2, category=shelf)
    ToolFactory(category=shelf, status="draft")
    ToolFactory(category=shelf, status="archived")
    ToolFactory(category=empty, status="draft")

    counts = {category.slug: category.tool_count for category in Category.objects.with_tool_count()}

    assert counts == {"shelf": 2, "empty": 0}


@pytest.fixture
def catalog() -> None:
    for slug, name, tagline, description in (
        ("gpt", "OpenAI GPT-5 Mini API", "Structured outputs", "Bills per 1M tokens."),
        ("gpt-4o", "GPT-4o", "An older model", "Reads images."),
        ("sdk", "Vercel AI SDK 5.0", "Streaming for TypeScript", "A client of MCP v2.0, CI/CD and Node.js."),
        ("diffusion", "Stable Diffusion 4 (Apache 2.0)", "Runs anywhere", "Draws pictures & paints them."),
        ("pocock", "Matt Pocock's Skills", "For real engineers", "Teaches coding agents."),
        ("rule", "Karpathy Coding Skills", "Four rules", "It isn't official; it spread quickly."),
        ("cafe", "Café Crème", "Naïve 日本語 ОБЛАКО", "snake_case, an e-mail to team@example.com"),
    ):
        ToolFactory(slug=slug, name=name, tagline=tagline, description=description)


@pytest.mark.usefixtures("catalog")
class TestSearch:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            pytest.param("vercel", {"sdk"}, id="a word of the name"),
            pytest.param("structured", {"gpt"}, id="a word of the tagline"),
            pytest.param("images", {"gpt-4o"}, id="a word of the description"),
            pytest.param("VERCEL sDk", {"sdk"}, id="case does not matter"),
            pytest.param("verc", {"sdk"}, id="a word half typed"),
            pytest.param("v", {"sdk"}, id="one letter"),
            pytest.param("ercel", set(), id="not the middle of a word"),
            pytest.param("engineer", {"pocock"}, id="singular finds plural"),
            pytest.param("drawing picture", {"diffusion"}, id="other forms of words"),
            pytest.param("coding", {"pocock", "rule"}, id="a word that several have"),
            pytest.param("coding skills", {"pocock", "rule"}, id="several words, in any field"),
            pytest.param("skills coding karp", {"rule"}, id="several words, in any order"),
            pytest.param("coding vercel", set(), id="all words must be found"),
            pytest.param("about", set(), id="a stop word that nobody wrote"),
            pytest.param("it", {"rule"}, id="a stop word that somebody wrote"),
            pytest.param("an older model", {"gpt-4o"}, id="stop words among others"),
            pytest.param("gpt-5", {"gpt"}, id="a number behind a hyphen"),
            pytest.param("GPT 5", {"gpt"}, id="the same without the hyphen"),
            pytest.param("gpt-4o", {"gpt-4o"}, id="digits and letters behind a hyphen"),
            pytest.param("gpt-4", {"gpt-4o"}, id="the same half typed"),
            pytest.param("gpt-", {"gpt", "gpt-4o"}, id="the hyphen just typed"),
            pytest.param("5.0", {"sdk"}, id="a number with a dot"),
            pytest.param("5.", {"gpt", "sdk"}, id="the dot just typed"),
            pytest.param("sdk 5", {"sdk"}, id="the number before the dot"),
            pytest.param("v2.0", {"sdk"}, id="a version"),
            pytest.param("1M", {"gpt"}, id="a number with its unit"),
            pytest.param("node.js", {"sdk"}, id="a dot within a name"),
            pytest.param("js", {"sdk"}, id="what stands behind a dot"),
            pytest.param("cd", {"sdk"}, id="what stands behind a slash"),
            pytest.param("(apache", {"diffusion"}, id="behind a bracket"),
            pytest.param("pocock's", {"pocock"}, id="an apostrophe"),
            pytest.param("pocock\u2019s", {"pocock"}, id="a curly apostrophe"),
            pytest.param("isn't", {"rule"}, id="an apostrophe within a stop word"),
            pytest.param("snake_case", {"cafe"}, id="an underscore"),
            pytest.param("case", {"cafe"}, id="what stands behind an underscore"),
            pytest.param("example.com", {"cafe"}, id="a domain"),
            pytest.param("team@example.com", {"cafe"}, id="an address"),
            pytest.param("café CRÈ", {"cafe"}, id="accents"),
            pytest.param("日本", {"cafe"}, id="a script without spaces"),
            pytest.param("облак", {"cafe"}, id="a script with cases"),
            pytest.param("vercel 🚀", {"sdk"}, id="emoji are passed over"),
        ],
    )
    def test_every_word_begins_a_word_of_the_tool(self, text: str, found: set[str]) -> None:
        assert slugs(matching(text)) == found

    @pytest.mark.parametrize(
        "text", ["", "   ", "\t\n", "🚀", "-", "...", "' | & ! : * ( )", "\\", "%", "_", "\x00"]
    )
    def test_without_words_nothing_is_found(self, text: str) -> None:
        assert search_words(text) == []
        assert slugs(matching(text)) == set()

    @pytest.mark.parametrize(
        "text",
        [
            "vercel & | ! ( ) : * <-> sdk",
            "'vercel':* & 'sdk'",
            "vercel'; DROP TABLE catalog_tool; --sdk",
            '"vercel" -"sdk"',
            "vercel:*A sdk:B",
            "\\vercel\\'sdk\\",
            "ver\x00cel sdk",
            "vercel \ud800 sdk",
            "vercel %s %(x)s {} sdk",
            "vercel " + "sdk " * 30,
            "v" * 2_000,
            "日" * 600,
            "²₂½ Ⅷ ⅷ İıßſ ª \u0301 \u200b\u202e \ufdfa",
            "the a of to and or not",
        ],
        ids=lambda text: ascii(text[:30]),
    )
    def test_no_text_makes_it_fail(self, text: str) -> None:
        assert slugs(matching(text)) <= {"sdk"}
        assert isinstance(list(ranked(text)), list)


def ranked(text: str) -> list[str]:
    tools = matching(text).annotate(rank=SearchRank(F("search"), search_query(text)))
    return list(tools.order_by("-rank").values_list("slug", flat=True))


def test_a_word_in_the_name_outranks_the_tagline_and_that_the_description() -> None:
    ToolFactory(slug="described", name="Two", tagline="Plain", description="A router of models.")
    ToolFactory(slug="named", name="Router", tagline="Plain", description="It routes.")
    ToolFactory(slug="tagged", name="Three", tagline="The router", description="It routes.")

    assert ranked("router") == ["named", "tagged", "described"]


def test_a_changed_text_is_found_at_once() -> None:
    tool = ToolFactory(name="Before")

    Tool.objects.filter(pk=tool.pk).update(name="After")

    assert ranked("before") == []
    assert ranked("after") == [tool.slug]


# --- What people type ---------------------------------------------------------------------------

TYPED = {
    # Written together, apart, with a hyphen or without.
    "ChatGPT": ["chat gpt", "chatgpt", "chat-gpt", "Chat GPT ", "chat gp"],
    "ChatGPT Atlas": ["chat gpt atlas", "chatgpt atlas", "atlas chatgpt", "chatgptatlas"],
    "Llama 4 Scout": ["llama4", "llama 4", "llama-4", "Llama4 scout", "scout llama4"],
    "GPT-4o": ["gpt4o", "gpt 4o", "gpt-4o", "gpt4", "GPT4O"],
    "Stable Diffusion XL": ["stablediffusion", "stable-diffusion", "stablediffusionxl", "diffusion xl"],
    "OpenAI o3": ["open ai", "openai", "open ai o3", "openai-o3"],
    "Claude Code 2.1": ["claudecode", "claude code 2", "claude 2.1"],
    "DeepSeek V3.1": ["deep seek", "deepseekv3", "deepseek v3", "deepseek v3.1"],
    "Node.js Copilot": ["nodejs", "node js", "node.js copilot"],
    # Accents, however they are stored or typed; letters that are no accents.
    "Café Copilot": ["cafe", "café", "cafe\u0301", "CAFÉ copilot"],
    "Cre\u0300me Bru\u0302le\u0301e Writer": ["creme brulee", "crème brûlée", "cre\u0300me"],
    "Łódź Straße Øre": ["lodz", "strasse", "ore", "łódź", "STRASSE"],
    # Signs that are part of a name.
    "C++ Helper": ["c++", "C++ helper", "cpp", "cplusplus"],
    "C# Helper": ["c#", "csharp", "C# helper"],
    ".NET Helper": [".net", "dotnet", ".NET helper"],
    # Other scripts.
    "हिन्दी लेखक सहायक": ["हिन्दी", "हिन्दी लेखक सहायक", "लेखक", "हिन्"],
    "อักษรไทย": ["อักษรไทย", "อักษร", "ไทย"],
    "日本語ノート": ["日本語", "ノート", "日本"],
    "Облако Помощник": ["облако", "ОБЛАКО помощник"],
    "한국어 도우미": ["한국어", "도우미"],
}


@pytest.fixture
def typed_catalog() -> None:
    for number, name in enumerate(TYPED):
        ToolFactory(slug=f"typed-{number}", name=name, tagline="", description="")
    # What every search of these could take for a match by mistake.
    ToolFactory(slug="plain-c", name="C Compiler", tagline="cat code chart", description="open a chat")


@pytest.mark.usefixtures("typed_catalog")
def test_search_finds_what_people_type() -> None:
    typed = [(query, name) for name, queries in TYPED.items() for query in queries]
    found = {query: set(matching(query).values_list("name", flat=True)) for query, _ in typed}

    assert len(typed) >= 60
    assert [(query, name, found[query]) for query, name in typed if name not in found[query]] == []


@pytest.mark.usefixtures("typed_catalog")
@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("c++", {"C++ Helper"}),
        ("c#", {"C# Helper"}),
        (".net", {".NET Helper"}),
        ("llama4", {"Llama 4 Scout"}),
        ("open ai", {"OpenAI o3"}),
        ("gpt4o", {"GPT-4o"}),
        ("chat gpt", {"ChatGPT", "ChatGPT Atlas"}),
    ],
)
def test_search_finds_nothing_beside_what_people_type(typed: str, names: set[str]) -> None:
    assert set(matching(typed).values_list("name", flat=True)) == names


@pytest.mark.parametrize("text", ["हिन्दी लेखक सहायक", "Crème Brûlée", "Cre\u0300me Bru\u0302le\u0301e"])
def test_marks_belong_to_their_words(text: str) -> None:
    assert len(search_words(text)) == len(text.split())


def test_without_pg_trgm_a_typing_error_finds_nothing_and_breaks_nothing() -> None:
    ToolFactory(name="ChatGPT")
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION IF EXISTS pg_trgm")

    assert Tool.objects.closest_name("chatgtp") is None


def test_with_pg_trgm_a_typing_error_finds_the_name_that_was_meant() -> None:
    for name in ("ChatGPT Atlas", "ChatGPT", "Cursor", "Stable Diffusion XL"):
        ToolFactory(name=name)
    with_pg_trgm()

    assert [
        Tool.objects.closest_name(typed) for typed in ("chatgtp", "cursr", "stable difusion", "zzz", "a\x00")
    ] == ["ChatGPT", "Cursor", "Stable Diffusion XL", None, None]


def test_a_scheduled_tool_is_counted_once_the_clock_is_there() -> None:
    fit = ToolFitFactory(tool__published_at=AHEAD)
    assert Condition.objects.with_tool_count().get().tool_count == 0

    # The clock can't be moved, so its moment is; nothing else has to happen.
    move_moment(fit.tool, "clock_timestamp()")

    assert Condition.objects.with_tool_count().get().tool_count == 1


@pytest.mark.parametrize(
    "text", ["It MUST run, offlíne!", "it must run offline\x00", "\ud800it must run offline"]
)
def test_words_are_the_same_but_for_case_accents_and_punctuation(text: str) -> None:
    condition = ConditionFactory(name="it must run offline")
    ConditionFactory(name="it must run online")

    assert list(Condition.objects.of_the_same_words(text)) == [condition]


def test_conditions_are_read_along_with_their_tool_in_the_order_that_curators_give_them(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tool, bare = ToolFactory(slug="a"), ToolFactory(slug="b")
    for slug, position in (("last", 9), ("first", 1), ("second", 1)):
        ToolFitFactory(tool=tool, condition__slug=slug, position=position)

    with django_assert_num_queries(1):
        rows = {tool.slug: tool.fit_rows for tool in Tool.objects.with_fits()}

    assert [row["slug"] for row in rows["a"]] == ["first", "second", "last"]
    assert rows[bare.slug] == []
