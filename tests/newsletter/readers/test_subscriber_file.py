"""Files of subscribers: read as other tools write them, and every bad line named without its address."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from newsletter.readers.addresses import address_key
from newsletter.readers.subscriber_file import BadLine, Row, SubscriberFileError, hidden, read_subscribers
from tests.factories import NOW, CategoryFactory, ReviewerFactory
from tests.newsletter.subscriber_files import ADA, TIME

pytestmark = pytest.mark.django_db

CONFIRMED_AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
HEADER = "email,confirmed_at,frequency,topics,reviewers"


def read(file: str) -> list[Row | BadLine]:
    return list(read_subscribers(Path(file), now=NOW))


def test_a_line_is_a_row_with_the_ids_of_what_was_chosen(write: Callable[..., str]) -> None:
    design, tools, skeptic = (
        CategoryFactory(slug="design"),
        CategoryFactory(slug="tools"),
        ReviewerFactory(slug="s"),
    )

    rows = read(write(f"Ada@Example.com,{TIME},monthly,tools; design;tools,s", header=HEADER))

    assert rows == [
        Row(
            line=2,
            address=ADA,
            key=address_key(ADA),
            objection="",
            confirmed_at=CONFIRMED_AT,
            frequency="monthly",
            topics=(tools.pk, design.pk),
            reviewers=(skeptic.pk,),
        )
    ]


def test_what_is_empty_or_left_out_is_the_default(write: Callable[..., str]) -> None:
    [short], [long] = read(write(f"{ADA},{TIME}")), read(write(f"{ADA},{TIME},,,", header=HEADER))

    assert short == long
    assert isinstance(short, Row)
    assert (short.frequency, short.topics, short.reviewers) == ("weekly", None, ())


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-05-06T07:08:09Z", CONFIRMED_AT),
        ("2024-05-06 07:08:09", CONFIRMED_AT),
        ("2024-05-06T09:08:09+02:00", CONFIRMED_AT),
        (" 2024-05-06 ", datetime(2024, 5, 6, tzinfo=UTC)),
        ("1990-01-01", datetime(1990, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_taken_as_tools_write_them(write: Callable[..., str], text: str, at: datetime) -> None:
    [row] = read(write(f"{ADA},{text}"))

    assert isinstance(row, Row)
    assert row.confirmed_at == at


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"email,confirmed_at\r\n{ADA},{TIME}\r\n", id="RFC 4180"),
        pytest.param(f"\ufeffemail,confirmed_at\r\n{ADA},{TIME}\r\n", id="with a byte order mark"),
        pytest.param(f"email,confirmed_at\n{ADA},{TIME}", id="ends of Unix, none at the last line"),
        pytest.param(f'"confirmed_at","email"\r\n"{TIME}","{ADA}"\r\n\r\n', id="quoted, in another order"),
        pytest.param(f"email,confirmed_at\r\n  Ada@EXAMPLE.com ,{TIME}\r\n", id="another spelling"),
        pytest.param(f"email;confirmed_at\r\n{ADA};{TIME}\r\n", id="semicolons of Excel"),
        pytest.param(f"email\tconfirmed_at\n{ADA}\t{TIME}\n", id="tabs"),
        pytest.param(f"sep=;\r\nemail;confirmed_at\r\n{ADA};{TIME}\r\n", id="a line for Excel"),
        pytest.param(f'\ufeff"sep=,"\nemail,confirmed_at\n{ADA},{TIME}\n', id="a quoted line for Excel"),
        pytest.param(f"SEP=|\nemail|confirmed_at\n{ADA}|{TIME}\n", id="a sign that only it says"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_are_read_as_tools_write_them(tmp_path: Path, content: str, encoding: str) -> None:
    file = tmp_path / "subscribers.csv"
    file.write_bytes(content.encode(encoding))

    [row] = read(str(file))

    assert isinstance(row, Row)
    assert (row.address, row.confirmed_at) == (ADA, CONFIRMED_AT)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(
            f"ada@localhost,{TIME},,,", "a…@localhost email: is no mail address", id="no public domain"
        ),
        pytest.param(f"ada lovelace,{TIME},,,", "… email: is no mail address", id="a name"),
        pytest.param(f",{TIME},,,", "… email: is no mail address", id="no address"),
        pytest.param(f"{ADA},,,,", "a…@example.com confirmed_at: must be like", id="no time"),
        pytest.param(f"{ADA},yesterday,,,", "a…@example.com confirmed_at: must be like", id="words"),
        pytest.param(f"{ADA},06.05.2024,,,", "a…@example.com confirmed_at: must be like", id="another order"),
        pytest.param(
            f"{ADA},0001-01-01T00:00:00+14:00,,,",
            "a…@example.com confirmed_at: must be like",
            id="no such time",
        ),
        pytest.param(f"{ADA},1970-01-01,,,", "a…@example.com confirmed_at: must lie", id="a zero as a time"),
        pytest.param(f"{ADA},2999-01-01,,,", "a…@example.com confirmed_at: must lie", id="the future"),
        pytest.param(f"{ADA},{TIME},daily,,", "a…@example.com frequency: must be one of weekly", id="daily"),
        pytest.param(
            f"{ADA},{TIME},,design,",
            "a…@example.com topics: there is none with the slug design;",
            id="no topic",
        ),
        pytest.param(
            f"{ADA},{TIME},,bob@example.com,",
            "a…@example.com topics: there is none with the slug …;",
            id="shifted",
        ),
        pytest.param(f"{ADA},{TIME},,,critic", "a…@example.com reviewers: there is none", id="no reviewer"),
        pytest.param(f"{ADA},{TIME},,", "a…@example.com has 4 fields, not 5", id="a field too few"),
        pytest.param(f"{ADA},{TIME},,,,", "a…@example.com has 6 fields, not 5", id="a field too many"),
        pytest.param(f"a\x00da@example.com,{TIME},,,", "a…@example.com email: is no mail", id="a NUL"),
    ],
)
def test_a_bad_line_is_named_without_its_address_and_the_rest_is_read(
    write: Callable[..., str], line: str, reason: str
) -> None:
    file = write(f"bob@example.com,{TIME},,,", line, f"eve@example.com,{TIME},,,", header=HEADER)

    before, bad, after = read(file)

    assert isinstance(before, Row)
    assert isinstance(after, Row)
    assert isinstance(bad, BadLine)
    assert bad.line == 3
    assert f"{bad.address} {bad.reason}".startswith(reason)
    assert ADA not in bad.address + bad.reason


def test_all_bad_lines_are_named_by_the_line_they_begin_in(write: Callable[..., str]) -> None:
    rows = read(write('"bob\r\n@example.com",x', "bob,x", f"{ADA},{TIME}", "eve,x"))

    assert [row.line for row in rows if isinstance(row, BadLine)] == [2, 4, 6]


def test_lines_are_counted_from_the_beginning_of_the_file_behind_a_line_for_excel(
    write: Callable[..., str],
) -> None:
    [bad] = read(write("email,confirmed_at", "bob,x", header="sep=,"))

    assert bad.line == 3


def test_bytes_that_are_no_utf_8_make_a_bad_line(write: Callable[..., str]) -> None:
    bad, good = read(write(f"ada@bücher.example,{TIME}", f"bob@example.com,{TIME}", encoding="latin-1"))

    assert isinstance(bad, BadLine)
    assert (bad.line, bad.address) == (2, "…")
    assert isinstance(good, Row)


@pytest.mark.parametrize(
    ("lines", "header", "end"),
    [
        pytest.param([], "", "line 1: names no column email", id="nothing"),
        pytest.param(
            [f"{ADA},{TIME}"],
            "email,confirmed",
            "line 1: has the column confirmed, which",
            id="a typing error",
        ),
        pytest.param([ADA], "email", "line 1: names no column confirmed_at", id="no time"),
        pytest.param(
            [f"{ADA},{TIME},x"],
            "email,confirmed_at,gdpr_state",
            "line 1: has the column gdpr_state, which is not understood. If it says who must not be mailed, a file without "
            "it would have them mailed",
            id="unknown",
        ),
        pytest.param(
            [f"{ADA},{TIME},{ADA}"],
            "email,confirmed_at,Email",
            "line 1: names the column email twice",
            id="twice",
        ),
        pytest.param(
            [f"{ADA},{TIME}", f'"bob@example.com"x,{TIME}'],
            "email,confirmed_at",
            "line 3: is no CSV: ',' expected after '\"'",
            id="text behind a quote",
        ),
        pytest.param(
            [f"{ADA},{TIME}", f'"bob@example.com,{TIME}'],
            "email,confirmed_at",
            "line 3: is no CSV: unexpected end of data",
            id="a quote that never ends",
        ),
    ],
)
def test_what_is_no_such_file_is_refused_whole(
    write: Callable[..., str], lines: list[str], header: str, end: str
) -> None:
    with pytest.raises(SubscriberFileError) as refusal:
        read(write(*lines, header=header))

    assert f"line {refusal.value.line}: {refusal.value.reason}".startswith(end)


def test_a_long_file_asks_the_database_for_the_slugs_and_nothing_more(
    write: Callable[..., str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    file = write(*(f"reader-{n}@example.com,{TIME}" for n in range(100)))

    # Slugs of categories, slugs of reviewers.
    with django_assert_num_queries(2):
        assert len(read(file)) == 100


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ADA, "a…@example.com"),
        ("a@b@example.com", "a…@example.com"),
        ("@example.com", "…@example.com"),
        ("ada lovelace", "…"),
        ("ada@", "…"),
        ("ada@exam ple.com", "…"),
        ("", "…"),
    ],
)
def test_of_an_address_as_much_is_shown_as_finds_the_line_again(address: str, shown: str) -> None:
    assert hidden(address) == shown


def test_every_topic_and_no_topic_are_told_apart(write: Callable[..., str]) -> None:
    rows = read(
        write(*(f"{ADA},{TIME},{topics}" for topics in ("*", "-", "")), header="email,confirmed_at,topics")
    )

    assert [row.topics for row in rows if isinstance(row, Row)] == [None, (), None]
