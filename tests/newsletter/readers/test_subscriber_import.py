"""The import of subscribers: who is added, who never is, what is said of bad lines, and what it costs."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.models import Consent, Delivery, MailJob, Subscriber, Suppression
from newsletter.readers import consent, subscriber_import
from newsletter.readers.addresses import address_key
from tests.database import at_once
from tests.factories import NOW, CategoryFactory, ReviewerFactory, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.sending.weeks import DUE, clock, news
from tests.newsletter.subscriber_files import ADA, TIME, counted, refused, run

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRMED_AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def statuses() -> dict[str, str]:
    return dict(Subscriber.objects.values_list("address", "status"))


# --- Who is added -------------------------------------------------------------------------------


def test_a_reader_is_subscribed_with_all_that_the_line_says(write: Callable[..., str], sink: Sink) -> None:
    CategoryFactory(slug="design")
    CategoryFactory(slug="developer-tools")
    ReviewerFactory(slug="skeptic")
    header = "email,confirmed_at,frequency,topics,reviewers"

    said = run(write(f"{ADA},{TIME},monthly,design; developer-tools,skeptic", header=header))

    assert said == counted(1, new=1)
    reader = Subscriber.objects.get()
    assert (reader.address, bytes(reader.address_key)) == (ADA, address_key(ADA))
    assert (reader.status, reader.confirmed_at, reader.unsubscribed_at) == ("active", CONFIRMED_AT, None)
    assert reader.frequency == "monthly"
    assert set(reader.topics.values_list("slug", flat=True)) == {"design", "developer-tools"}
    assert list(reader.reviewers.values_list("slug", flat=True)) == ["skeptic"]
    [record] = Consent.objects.all()
    assert (record.action, record.source, record.wording) == ("confirmed", "staff", "imported")
    assert (bytes(record.address_key), record.created_at) == (address_key(ADA), CONFIRMED_AT)
    assert not MailJob.objects.exists()
    assert sink.received == []


def test_what_is_left_out_or_empty_is_as_a_sign_up_has_it(write: Callable[..., str]) -> None:
    run(write(f"{ADA},{TIME},,,", header="email,confirmed_at,frequency,reviewers,topics"))

    reader = Subscriber.objects.get()
    assert (reader.frequency, reader.topics.count()) == ("weekly", 0)


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
    assert not Consent.objects.filter(action="confirmed").exists()


def test_who_is_erased_while_the_lines_are_sorted_out_stays_so(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = SubscriberFactory(address=ADA)
    # The lines of those who were suppressed before are left out by now.
    monkeypatch.setitem(subscriber_import.LEAVE_OUT, "left", Erasing(reader))

    run(write(f"{ADA},{TIME}"))

    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"


class Erasing(str):
    """The statement that leaves out who has left; before it begins, a reader is erased by another process."""

    reader: Subscriber

    def __new__(cls, reader: Subscriber) -> "Erasing":
        statement = super().__new__(cls, subscriber_import.LEAVE_OUT["left"])
        statement.reader = reader
        return statement

    def __format__(self, spec: str) -> str:
        erased = at_once(lambda: consent.erase(subscriber=self.reader, source="api", now=NOW))
        assert erased == [None]
        return super().__format__(spec)


def test_who_has_left_stays_away(write: Callable[..., str]) -> None:
    SubscriberFactory(address=ADA, status="unsubscribed", unsubscribed_at=NOW)

    assert run(write(f"{ADA},{TIME}")) == counted(1, left=1)

    assert statuses() == {ADA: "unsubscribed"}


def test_who_is_subscribed_keeps_what_they_chose(write: Callable[..., str]) -> None:
    SubscriberFactory(address=ADA, frequency="monthly")

    assert run(write(f"{ADA},{TIME},weekly", header="email,confirmed_at,frequency")) == counted(
        1, subscribed=1
    )

    reader = Subscriber.objects.get()
    assert (reader.frequency, reader.confirmed_at) == ("monthly", NOW)
    assert not Consent.objects.exists()


LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
LISTMONK_TIME = "2024-05-06 07:08:09.123456 +0000 UTC"


def listmonk(name: str, status: str) -> str:
    return f"u,{name}@example.com,,{{}},{status},{LISTMONK_TIME},{LISTMONK_TIME}"


def test_none_is_mailed_whom_a_listmonk_export_says_is_unsubscribed_or_blocklisted(
    write: Callable[..., str],
) -> None:
    news()
    readers = {
        "ada": "enabled",
        "bob": "unsubscribed",
        "eve": "blocklisted",
        "dan": "disabled",
        "twice": "enabled",
    }
    lines = [listmonk(name, status) for name, status in readers.items()]
    lines.append(listmonk("TWICE", "blocklisted"))
    SubscriberFactory(address="eve@example.com", confirmed_at=DUE - timedelta(days=3))

    said = run(write(*lines, header=LISTMONK), status="confirmed")
    clock()

    assert said == counted(6, new=1, unwanted=5)
    assert list(Delivery.objects.values_list("address", flat=True)) == [ADA]
    assert statuses() == {ADA: "active", "eve@example.com": "unsubscribed"}
    assert sorted(Suppression.objects.values_list("reason", flat=True)) == [
        "manual",
        "manual",
        "unsubscribe",
        "unsubscribe",
    ]


def test_a_listmonk_export_of_all_subscribers_is_refused_since_it_does_not_say_who_left_a_list(
    write: Callable[..., str],
) -> None:
    _, said = refused(write(listmonk("ada", "enabled"), header=LISTMONK))

    assert "its status is that of the account" in said
    assert "?subscription_status=confirmed" in said
    assert said.endswith("Nothing was imported.")
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("confirmed", {"new": 1}),
        ("unconfirmed", {"unconfirmed": 1}),
        ("unsubscribed", {"unwanted": 1}),
    ],
)
def test_the_lists_state_that_listmonk_was_asked_for_holds_for_each_line(
    write: Callable[..., str], status: str, becomes: dict[str, int]
) -> None:
    assert run(write(listmonk("ada", "enabled"), header=LISTMONK), status=status) == counted(1, **becomes)


MAILCHIMP = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID"


@pytest.mark.parametrize(
    ("kind", "extra", "becomes"),
    [
        ("subscribed", "", {"new": 1}),
        ("nonsubscribed", "", {"unconfirmed": 1}),
        ("unsubscribed", ",UNSUB_TIME", {"unwanted": 1}),
        ("cleaned", ",CLEAN_TIME", {"unwanted": 1}),
    ],
)
def test_of_mailchimps_files_only_the_subscribed_one_subscribes(
    tmp_path: Path, kind: str, extra: str, becomes: dict[str, int]
) -> None:
    """Somebody who never subscribed has a time of opting in there all the same."""
    when = "2024-05-06 07:08:09"
    file = tmp_path / f"{kind}_email_audience_export_1a10653875.csv"
    file.write_text(f"{MAILCHIMP}{extra}\n{ADA},Ada,2,{when},{when},1,2{f',{when}' if extra else ''}\n")

    assert run(str(file)) == counted(1, **becomes)
    assert statuses() == ({ADA: "active"} if kind == "subscribed" else {})


def test_a_file_of_mailchimp_under_another_name_is_refused(write: Callable[..., str]) -> None:
    when = "2024-05-06 07:08:09"
    file = write(f"{ADA},Ada,2,{when},{when},1,2", header=MAILCHIMP)

    _, said = refused(file)

    assert "the same columns stand in its files of contacts who never subscribed" in said
    assert not Subscriber.objects.exists()


def test_who_never_confirmed_to_the_other_tool_is_not_subscribed_and_may_still_ask(
    write: Callable[..., str],
) -> None:
    said = run(write(f"{ADA},{TIME},unconfirmed", header="email,confirmed_at,status"))

    assert said == counted(1, unconfirmed=1)
    assert not Subscriber.objects.exists()
    assert not Suppression.objects.exists()


# --- Bad lines ----------------------------------------------------------------------------------


def test_one_bad_line_stops_all_and_no_address_is_told(write: Callable[..., str]) -> None:
    file = write(f"bob@example.com,{TIME}", f"{ADA},yesterday", f"eve@example.com,{TIME}")

    [complaint], end = refused(file)

    assert complaint.startswith("line 3: a…@example.com confirmed_at: must be like")
    assert end.startswith("Nothing was imported: mend the bad lines")
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()


@pytest.mark.parametrize("is_skipping", [False, True])
def test_a_file_that_breaks_off_is_refused_whole(write: Callable[..., str], is_skipping: bool) -> None:
    file = write(f"{ADA},{TIME}", f'"bob@example.com,{TIME}')

    _, said = refused(file, skip_bad_lines=is_skipping)

    assert said == "line 3: is no CSV: unexpected end of data. Nothing was imported."
    assert not Subscriber.objects.exists()


# --- What it costs ------------------------------------------------------------------------------


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    def peak(number: int) -> int:
        file = tmp_path / f"{number}.csv"
        with file.open("w") as stream:
            stream.write("email,confirmed_at\n")
            stream.writelines(f"reader-{number}-{n}@example.com,{TIME}\n" for n in range(number))
        tracemalloc.start()
        assert run(str(file)) == counted(number, new=number)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    # A row held takes at least half a kilobyte.
    assert peak(10_000) < peak(1_000) + 1_000_000
