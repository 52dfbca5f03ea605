"""One worker's round against a server that does what each recipient's name says."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from newsletter.deliveries import claims
from newsletter.models import Delivery, Edition, Subscriber, Suppression
from newsletter.sending.sender import Sender
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory
from tests.newsletter.fake_provider import FakeProvider, answering
from tests.newsletter.sinks import RunningSink, sink_running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[RunningSink]:
    with sink_running(tmp_path) as running:
        yield running


def an_edition(*addresses: str) -> Edition:
    edition: Edition = EditionFactory(
        state="sending", frozen_at=NOW, prepared_at=NOW, audience=len(addresses)
    )
    segment = SegmentFactory(edition=edition)
    for address in addresses:
        DeliveryFactory(edition=edition, segment=segment, address=address)
    return edition


def send(edition: Edition, sink: RunningSink, *, seconds: float = 20) -> None:
    Sender(edition.pk, server=sink.server).run(until=time.monotonic() + seconds)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("address", "state"))


def test_each_copy_goes_to_its_own_reader(sink: RunningSink) -> None:
    edition = an_edition(*(f"reader-{n}@example.com" for n in range(120)))

    send(edition, sink)

    assert Counter(states().values()) == {"accepted": 120}
    assert sorted(sink.taken()) == sorted(states())
    assert {(mail["To"], mail["Message-ID"]) for mail in sink.mails()} == set(
        Delivery.objects.values_list("address", "message_id")
    )


@pytest.mark.parametrize(
    ("kind", "state", "code", "is_suppressed"),
    [
        pytest.param("reader", "accepted", "250", False, id="taken"),
        pytest.param("gone", "failed", "5.1.1", True, id="no such mailbox"),
        pytest.param("full", "failed", "5.2.2", False, id="mailbox full"),
        pytest.param("busy", "deferred", "4.3.2", False, id="come again"),
        pytest.param("later", "deferred", "4.3.0", False, id="refused after the dot"),
        pytest.param("foul", "failed", "5.6.0", False, id="refused for good after the dot"),
        pytest.param("hang", "uncertain", "", False, id="no answer to the dot"),
        pytest.param("reset", "uncertain", "", False, id="taken and cut off"),
        pytest.param("lost", "uncertain", "", False, id="cut off and not taken"),
        pytest.param("ünsendable", "failed", "5.1.3", True, id="not ASCII"),
        pytest.param("evil\r\nRCPT TO:<victim@example.com>", "failed", "5.1.3", True, id="line break"),
    ],
)
def test_what_becomes_of_one_copy_is_nothing_to_the_others(
    sink: RunningSink, kind: str, state: str, code: str, is_suppressed: bool
) -> None:
    others = [f"other-{n}@example.com" for n in range(10)]
    edition = an_edition(*others[:5], f"{kind}-1@example.com", *others[5:])

    send(edition, sink)

    fate = Delivery.objects.get(address=f"{kind}-1@example.com")
    assert (fate.state, fate.code) == (state, code)
    assert Suppression.objects.filter(address_key=fate.address_key).exists() == is_suppressed
    assert all(states()[other] == "accepted" for other in others)
    assert set(others) <= set(sink.taken())


def test_a_mail_that_cannot_be_written_pauses_its_edition(sink: RunningSink, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://münchen.example"
    edition = an_edition("reader-1@example.com")

    send(edition, sink)

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at) == ("paused", None)
    assert "cannot be written" in edition.state_reason
    assert states() == {"reader-1@example.com": "pending"}


def test_who_was_erased_is_no_mailbox_that_bounced(sink: RunningSink) -> None:
    edition = an_edition("")
    Delivery.objects.update(subscriber=None)

    send(edition, sink)

    assert states() == {"": "suppressed"}
    assert not Suppression.objects.exists()


def test_nobody_is_held_while_a_server_takes_its_time(tmp_path: Path, settings: Settings) -> None:
    settings.SENDING_CONNECTIONS = 1
    edition = an_edition(*(f"reader-{n}@example.com" for n in range(5)))

    def states_after_a_while() -> Counter[str]:
        time.sleep(2)
        with closing(connection):
            return Counter(states().values())

    with sink_running(tmp_path, "delay=4") as sink, ThreadPoolExecutor(1) as thread:
        meanwhile = thread.submit(states_after_a_while)
        Sender(edition.pk, server=replace(sink.server, final_seconds=30)).run(until=time.monotonic() + 1)

    assert meanwhile.result() == {"sending": 1, "pending": 4}
    assert Counter(states().values()) == {"accepted": 1, "pending": 4}


def test_what_was_accepted_is_written_down_whatever_goes_wrong_next(
    sink: RunningSink, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SENDING_CONNECTIONS = 1
    edition = an_edition("reader-1@example.com", "reader-2@example.com")
    found = [claims.claim(edition_id=edition.pk, limit=1)]
    # The second time it finds nothing in the list.
    monkeypatch.setattr(claims, "claim", lambda **_: found.pop())

    with pytest.raises(IndexError):
        send(edition, sink)

    assert Counter(states().values()) == {"accepted": 1, "pending": 1}
    assert len(sink.taken()) == 1


def test_who_left_before_their_turn_is_not_even_named_to_the_server(sink: RunningSink) -> None:
    # It would refuse them.
    edition = an_edition("reader-1@example.com", "gone-1@example.com", "gone-2@example.com")
    left = Subscriber.objects.filter(deliveries__address="gone-1@example.com")
    left.update(status="unsubscribed", unsubscribed_at=NOW)
    complained = Delivery.objects.get(address="gone-2@example.com")
    Suppression.objects.create(address_key=complained.address_key, reason="complaint", created_at=NOW)

    send(edition, sink)

    assert states() == {
        "reader-1@example.com": "accepted",
        "gone-1@example.com": "suppressed",
        "gone-2@example.com": "suppressed",
    }


def test_a_mailbox_that_is_gone_is_unsubscribed_and_mailed_no_more(sink: RunningSink) -> None:
    edition = an_edition("gone-1@example.com")

    send(edition, sink)

    reader = Delivery.objects.get().subscriber
    assert reader is not None
    assert reader.status == "unsubscribed"
    assert Suppression.objects.get().address_key == reader.address_key


def test_three_refusals_on_principle_in_a_row_are_about_us(sink: RunningSink) -> None:
    edition = an_edition(*(f"barred-{n}@example.com" for n in range(5)))

    send(edition, sink)

    edition.refresh_from_db()
    assert edition.state == "paused"
    assert Counter(states().values()) == {"deferred": 2, "pending": 3}
    assert not Suppression.objects.exists()


# --- Through a provider's API -----------------------------------------------------------------


@pytest.fixture
def provider(settings: Settings) -> Iterator[FakeProvider]:
    with answering() as running:
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "a-token",
            "POSTMARK_API_URL": running.url,
            "REQUESTS_TIMEOUT": (0.5, 0.5),
        }
        yield running


def send_through_provider(edition: Edition, sink: RunningSink) -> None:
    Sender(edition.pk, server=sink.server, provider="postmark").run(until=time.monotonic() + 20)


def test_a_provider_is_asked_once_for_each_copy_and_the_ledger_knows_what_it_said(
    provider: FakeProvider, sink: RunningSink
) -> None:
    readers = [f"reader-{n}@example.com" for n in range(60)]
    edition = an_edition(*readers, "invalid-1@example.com", "inactive-1@example.com", "hang-1@example.com")

    send_through_provider(edition, sink)

    assert states() == dict.fromkeys(readers, "accepted") | {
        "invalid-1@example.com": "failed",
        "inactive-1@example.com": "failed",
        "hang-1@example.com": "uncertain",
    }
    assert sorted(request["To"] for request in provider.requests) == sorted(states())
    assert {(request["To"], request["Metadata"]["delivery"]) for request in provider.requests} == {
        (address, str(key)) for address, key in Delivery.objects.values_list("address", "id")
    }
    assert sink.taken() == []


@pytest.mark.parametrize("word", ["unauthorized", "away"])
def test_a_provider_that_lets_nobody_in_pauses_the_edition_and_burns_nobody(
    word: str, provider: FakeProvider, sink: RunningSink
) -> None:
    edition = an_edition(f"{word}-1@example.com", *(f"reader-{n}@example.com" for n in range(200)))
    Delivery.objects.filter(address=f"{word}-1@example.com").update(next_attempt_at=NOW - timedelta(days=1))

    send_through_provider(edition, sink)

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at is not None) == ("paused", word == "away")
    assert states()[f"{word}-1@example.com"] == "pending"
    assert set(states().values()) <= {"accepted", "pending"}
    assert sum(Delivery.objects.values_list("attempts", flat=True)) == 0


def test_who_left_is_not_named_to_a_provider(provider: FakeProvider, sink: RunningSink) -> None:
    edition = an_edition("ada@example.com", "left@example.com")
    Subscriber.objects.get(deliveries__address="left@example.com").delete()

    send_through_provider(edition, sink)

    assert states() == {"ada@example.com": "accepted", "left@example.com": "suppressed"}
    assert [request["To"] for request in provider.requests] == ["ada@example.com"]
