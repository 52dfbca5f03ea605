"""One worker's round against a server that does what each recipient's name says."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from newsletter.models import Delivery, Edition, Subscriber
from newsletter.sending import sender
from newsletter.transport.mailer import BackendMailer
from tests.factories import NOW
from tests.newsletter.fake_provider import FakeProvider, answering
from tests.newsletter.sending.rounds import an_edition, send, send_to, states
from tests.newsletter.sinks import RunningSink, sink_running
from tests.ports import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_copy_goes_to_its_own_reader(sink: RunningSink) -> None:
    edition = an_edition(*(f"reader-{n}@example.com" for n in range(120)))

    send(edition, sink)

    assert Counter(states().values()) == {"accepted": 120}
    assert sorted(sink.taken()) == sorted(states())
    assert {(mail["To"], mail["Message-ID"]) for mail in sink.mails()} == set(
        Delivery.objects.values_list("address", "message_id")
    )


def test_nobody_is_held_while_a_server_takes_its_time(tmp_path: Path, settings: Settings) -> None:
    settings.SENDING_CONNECTIONS = 1
    edition = an_edition(*(f"reader-{n}@example.com" for n in range(5)))

    def states_while_it_is_held(sink: RunningSink) -> Counter[str]:
        begun = {"sending": 1, "pending": 4}
        with closing(connection):
            wait_until(lambda: Counter(states().values()) == begun)
            sink.go()
            return Counter(begun)

    with sink_running(tmp_path, "hold=1") as sink, ThreadPoolExecutor(1) as thread:
        meanwhile = thread.submit(states_while_it_is_held, sink)
        send_to(replace(sink.server, final_seconds=30), edition, seconds=2)

    assert meanwhile.result() == {"sending": 1, "pending": 4}
    assert Counter(states().values()) == {"accepted": 1, "pending": 4}


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
    backend = "anymail.backends.postmark.EmailBackend"
    sender.send(edition.pk, new_mailer=lambda: BackendMailer(backend), until=time.monotonic() + 20)


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


def test_a_provider_that_lets_nobody_in_pauses_the_edition_and_burns_nobody(
    provider: FakeProvider, sink: RunningSink
) -> None:
    edition = an_edition("unauthorized-1@example.com", *(f"reader-{n}@example.com" for n in range(200)))
    first = Delivery.objects.filter(address="unauthorized-1@example.com")
    first.update(next_attempt_at=NOW - timedelta(days=1))

    send_through_provider(edition, sink)

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at) == ("paused", None)
    assert states()["unauthorized-1@example.com"] == "pending"
    assert set(states().values()) <= {"accepted", "pending"}
    assert sum(Delivery.objects.values_list("attempts", flat=True)) == 0


def test_a_provider_that_is_away_for_all_is_waited_for_and_for_one_stops_no_other(
    provider: FakeProvider, sink: RunningSink
) -> None:
    one = an_edition("away-1@example.com", *(f"reader-{n}@example.com" for n in range(50)))
    send_through_provider(one, sink)
    after_one = Counter(states().values())
    everybody = an_edition(*(f"away-{n}@example.org" for n in range(50)))

    send_through_provider(everybody, sink)

    one.refresh_from_db()
    everybody.refresh_from_db()
    assert (one.state, after_one) == ("sending", {"accepted": 50, "deferred": 1})
    assert (everybody.state, everybody.resume_at is not None) == ("paused", True)
    assert set(everybody.deliveries.values_list("state", flat=True)) == {"deferred", "pending"}


def test_who_left_is_not_named_to_a_provider(provider: FakeProvider, sink: RunningSink) -> None:
    edition = an_edition("ada@example.com", "left@example.com")
    Subscriber.objects.get(deliveries__address="left@example.com").delete()

    send_through_provider(edition, sink)

    assert states() == {"ada@example.com": "accepted", "left@example.com": "suppressed"}
    assert [request["To"] for request in provider.requests] == ["ada@example.com"]
