"""The import of subscribers: who is added, who never is, what is said of bad lines, and what it costs."""

import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from newsletter.models import ConfirmationToken, Consent, MailJob, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from tests.factories import NOW, CategoryFactory, ReviewerFactory, SubscriberFactory
from tests.mail_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

ADA = "ada@example.com"
TIME = "2024-05-06T07:08:09Z"
CONFIRMED_AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def write(*lines: str, header: str = "address,confirmed_at", encoding: str = "utf-8") -> str:
        file = tmp_path / "subscribers.csv"
        file.write_bytes("".join(f"{line}\r\n" for line in [header, *lines]).encode(encoding))
        return str(file)

    return write


def run(file: str, **options: bool) -> str:
    out = io.StringIO()
    call_command("import_subscribers", file, stdout=out, **options)
    return out.getvalue()


def refused(file: str, **options: bool) -> tuple[list[str], str]:
    """The lines that are complained of, and the last word."""
    errors = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_subscribers", file, stdout=io.StringIO(), stderr=errors, **options)
    return errors.getvalue().splitlines(), str(refusal.value)


def counted(lines: int, new: int = 0, **others: int) -> str:
    kinds = {"subscribed already": 0, "left before": 0, "suppressed": 0, "repeated": 0, "bad": 0}
    counts = ", ".join(f"{others.get(kind.split()[0], 0)} {kind}" for kind in kinds)
    return f"{lines} lines: {new} new, {counts}.\n"


def statuses() -> dict[str, str]:
    return dict(Subscriber.objects.values_list("address", "status"))


# --- Who is added -------------------------------------------------------------------------------


def test_a_reader_is_subscribed_with_all_that_the_line_says(write: Callable[..., str], sink: Sink) -> None:
    CategoryFactory(slug="design")
    CategoryFactory(slug="developer-tools")
    ReviewerFactory(slug="skeptic")
    header = "address,confirmed_at,frequency,time_zone,topics,reviewers"

    said = run(write(f"{ADA},{TIME},monthly,Europe/Berlin,design; developer-tools,skeptic", header=header))

    assert said == counted(1, new=1)
    reader = Subscriber.objects.get()
    assert (reader.address, bytes(reader.address_key)) == (ADA, address_key(ADA))
    assert (reader.status, reader.confirmed_at, reader.unsubscribed_at) == ("active", CONFIRMED_AT, None)
    assert (reader.frequency, reader.time_zone) == ("monthly", "Europe/Berlin")
    assert set(reader.topics.values_list("slug", flat=True)) == {"design", "developer-tools"}
    assert list(reader.reviewers.values_list("slug", flat=True)) == ["skeptic"]
    [record] = Consent.objects.all()
    assert (record.deed, record.source, record.wording) == ("confirmed", "staff", "imported")
    assert (bytes(record.address_key), record.created_at) == (address_key(ADA), CONFIRMED_AT)
    assert not MailJob.objects.exists()
    assert sink.received == []


def test_what_is_left_out_or_empty_is_as_a_sign_up_has_it(write: Callable[..., str]) -> None:
    run(write(f"{ADA},{TIME},,,,", header="address,confirmed_at,time_zone,frequency,reviewers,topics"))

    reader = Subscriber.objects.get()
    assert (reader.frequency, reader.time_zone, reader.topics.count()) == ("weekly", "UTC", 0)


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
    run(write(f"{ADA},{text}"))

    assert Subscriber.objects.get().confirmed_at == at


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"address,confirmed_at\r\n{ADA},{TIME}\r\n", id="RFC 4180"),
        pytest.param(f"\ufeffaddress,confirmed_at\r\n{ADA},{TIME}\r\n", id="with a byte order mark"),
        pytest.param(f"address,confirmed_at\n{ADA},{TIME}", id="ends of Unix, none at the last line"),
        pytest.param(f'"confirmed_at","address"\r\n"{TIME}","{ADA}"\r\n\r\n', id="quoted, in another order"),
        pytest.param(f"address,confirmed_at\r\n  Ada@EXAMPLE.com ,{TIME}\r\n", id="another spelling"),
    ],
)
def test_files_are_read_as_tools_write_them(tmp_path: Path, content: str) -> None:
    file = tmp_path / "subscribers.csv"
    file.write_bytes(content.encode())

    assert run(str(file)) == counted(1, new=1)
    assert statuses() == {ADA: "active"}


def test_one_mailbox_is_one_reader_however_often_it_is_written(write: Callable[..., str]) -> None:
    said = run(
        write(
            f"ada@bücher.example,{TIME}", f"ADA@xn--bcher-kva.example,{TIME}", f"ａda@Bücher.Example,{TIME}"
        )
    )

    assert said == counted(3, new=1, repeated=2)
    assert statuses() == {"ada@xn--bcher-kva.example": "active"}


def test_again_is_nobody_new(write: Callable[..., str]) -> None:
    file = write(f"{ADA},{TIME}", f"bob@example.com,{TIME}")
    run(file)
    before = list(Subscriber.objects.order_by("id").values())

    assert run(file) == counted(2, new=0, subscribed=2)
    assert list(Subscriber.objects.order_by("id").values()) == before
    assert Consent.objects.count() == 2


def test_who_has_asked_us_and_not_confirmed_yet_is_subscribed(write: Callable[..., str]) -> None:
    waiting = SubscriberFactory(address=ADA, status="pending", confirmed_at=None)

    assert run(write(f"{ADA},{TIME}")) == counted(1, new=1)

    reader = Subscriber.objects.get()
    assert (reader.pk, reader.status, reader.confirmed_at) == (waiting.pk, "active", CONFIRMED_AT)


# --- Who never is -------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_a_suppressed_mailbox_stays_so(write: Callable[..., str], reason: str) -> None:
    consent.suppress(keys=[address_key(ADA)], reason=reason, source="staff", now=NOW)

    assert run(write(f"Ada@Example.com,{TIME}")) == counted(1, suppressed=1)

    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == reason
    assert not Consent.objects.filter(deed="confirmed").exists()


def test_who_has_left_stays_away(write: Callable[..., str]) -> None:
    SubscriberFactory(address=ADA, status="unsubscribed", unsubscribed_at=NOW)

    assert run(write(f"{ADA},{TIME}")) == counted(1, left=1)

    assert statuses() == {ADA: "unsubscribed"}


def test_who_is_subscribed_keeps_what_they_chose(write: Callable[..., str]) -> None:
    SubscriberFactory(address=ADA, frequency="monthly")

    assert run(write(f"{ADA},{TIME},weekly", header="address,confirmed_at,frequency")) == counted(
        1, subscribed=1
    )

    reader = Subscriber.objects.get()
    assert (reader.frequency, reader.confirmed_at) == ("monthly", NOW)
    assert not Consent.objects.exists()


# --- Bad lines ----------------------------------------------------------------------------------

HEADER = "address,confirmed_at,frequency,time_zone,topics,reviewers"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(
            f"ada@localhost,{TIME},,,,", "a…@localhost address: is no mail address", id="no public domain"
        ),
        pytest.param(f"ada lovelace,{TIME},,,,", "… address: is no mail address", id="a name"),
        pytest.param(f",{TIME},,,,", "… address: is no mail address", id="no address"),
        pytest.param(f"{ADA},,,,,", "a…@example.com confirmed_at: must be like", id="no time"),
        pytest.param(f"{ADA},yesterday,,,,", "a…@example.com confirmed_at: must be like", id="words"),
        pytest.param(
            f"{ADA},06.05.2024,,,,", "a…@example.com confirmed_at: must be like", id="another order"
        ),
        pytest.param(
            f"{ADA},0001-01-01T00:00:00+14:00,,,,",
            "a…@example.com confirmed_at: must be like",
            id="no such time",
        ),
        pytest.param(f"{ADA},1970-01-01,,,,", "a…@example.com confirmed_at: must lie", id="a zero as a time"),
        pytest.param(f"{ADA},2999-01-01,,,,", "a…@example.com confirmed_at: must lie", id="the future"),
        pytest.param(f"{ADA},{TIME},daily,,,", "a…@example.com frequency: must be one of weekly", id="daily"),
        pytest.param(f"{ADA},{TIME},,CET/Berlin,,", "a…@example.com time_zone: must be", id="no zone"),
        pytest.param(
            f"{ADA},{TIME},,,design,",
            "a…@example.com topics: there is none with the slug design;",
            id="no topic",
        ),
        pytest.param(
            f"{ADA},{TIME},,,bob@example.com,",
            "a…@example.com topics: there is none with the slug …;",
            id="shifted",
        ),
        pytest.param(f"{ADA},{TIME},,,,critic", "a…@example.com reviewers: there is none", id="no reviewer"),
        pytest.param(f"{ADA},{TIME},,,", "a…@example.com has 5 fields, not 6", id="a field too few"),
        pytest.param(f"{ADA},{TIME},,,,,", "a…@example.com has 7 fields, not 6", id="a field too many"),
        pytest.param(f"a\x00da@example.com,{TIME},,,,", "a…@example.com address: is no mail", id="a NUL"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_imported(
    write: Callable[..., str], line: str, reason: str
) -> None:
    file = write(f"bob@example.com,{TIME},,,,", line, f"eve@example.com,{TIME},,,,", header=HEADER)

    [complaint], end = refused(file)

    assert complaint.startswith(f"line 3: {reason}")
    assert ADA not in complaint
    assert end.startswith("Nothing was imported: mend the bad lines")
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()


def test_all_bad_lines_are_named_by_the_line_they_begin_in(write: Callable[..., str]) -> None:
    file = write('"bob\r\n@example.com",x', "bob,x", f"{ADA},{TIME}", "eve,x")

    complaints, _ = refused(file)

    assert [each.split(":")[0] for each in complaints] == ["line 2", "line 4", "line 6"]


def test_the_others_are_imported_when_that_is_asked_for(write: Callable[..., str]) -> None:
    said = run(write("bob,x", f"{ADA},{TIME}"), skip_bad_lines=True)

    assert said == counted(2, new=1, bad=1)
    assert statuses() == {ADA: "active"}


def test_bytes_that_are_no_utf_8_make_a_bad_line(write: Callable[..., str]) -> None:
    [complaint], _ = refused(
        write(f"ada@bücher.example,{TIME}", f"bob@example.com,{TIME}", encoding="latin-1")
    )

    assert complaint.startswith("line 2: … address: is no mail address")


@pytest.mark.parametrize("is_skipping", [False, True])
@pytest.mark.parametrize(
    ("lines", "header", "end"),
    [
        pytest.param([], "", "line 1: names no column address and confirmed_at", id="nothing"),
        pytest.param(
            [f"{ADA},{TIME}"], "address,confirmed", "line 1: names no column confirmed_at", id="no time"
        ),
        pytest.param(
            [f"{ADA};{TIME}"],
            "address;confirmed_at",
            "line 1: names no column address and confirmed_at; commas part columns",
            id="semicolons",
        ),
        pytest.param(
            [f"{ADA},{TIME},x"],
            "address,confirmed_at,name",
            "line 1: may name each of these columns",
            id="unknown",
        ),
        pytest.param(
            [f"{ADA},{TIME},{ADA}"],
            "address,confirmed_at,address",
            "line 1: may name each of these columns once",
            id="twice",
        ),
        pytest.param(
            [f"{ADA},{TIME}", f'"bob@example.com"x,{TIME}'],
            "address,confirmed_at",
            "line 3: is no CSV: ',' expected after '\"'",
            id="text behind a quote",
        ),
        pytest.param(
            [f"{ADA},{TIME}", f'"bob@example.com,{TIME}'],
            "address,confirmed_at",
            "line 3: is no CSV: unexpected end of data",
            id="a quote that never ends",
        ),
    ],
)
def test_what_is_no_such_file_is_refused_whole(
    write: Callable[..., str], lines: list[str], header: str, end: str, is_skipping: bool
) -> None:
    _, said = refused(write(*lines, header=header), skip_bad_lines=is_skipping)

    assert said.startswith(end)
    assert said.endswith("Nothing was imported.")
    assert not Subscriber.objects.exists()


def test_a_file_that_is_not_there_is_named() -> None:
    _, said = refused("/nowhere.csv")

    assert said == '"/nowhere.csv" can\'t be read: No such file or directory.'


def test_a_dry_run_counts_and_does_nothing(write: Callable[..., str]) -> None:
    said = run(write(f"{ADA},{TIME}"), dry_run=True)

    assert said == counted(1, new=1) + "Dry run: nothing was written.\n"
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert not ConfirmationToken.objects.exists()


# --- What it costs ------------------------------------------------------------------------------


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    def peak(number: int) -> int:
        file = tmp_path / f"{number}.csv"
        with file.open("w") as stream:
            stream.write("address,confirmed_at\n")
            stream.writelines(f"reader-{number}-{n}@example.com,{TIME}\n" for n in range(number))
        tracemalloc.start()
        assert run(str(file)) == counted(number, new=number)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    # A row held takes at least half a kilobyte.
    assert peak(10_000) < peak(1_000) + 1_000_000
