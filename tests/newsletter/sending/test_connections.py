"""What becomes of each copy that a connection sends, against a server that does what each recipient's name says."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.models import Delivery, Segment, Subscriber, Suppression
from newsletter.sending.bounces import suppress_single_bounces
from tests.factories import NOW
from tests.newsletter.sending.rounds import an_edition, send, states
from tests.newsletter.sinks import RunningSink, sink_running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bounces_are_believed_at_once(settings: Settings) -> None:
    settings.SENDING_BOUNCE_SECONDS = 0


@pytest.mark.parametrize(
    ("kind", "state", "code", "is_suppressed"),
    [
        pytest.param("reader", "accepted", "250", False, id="taken"),
        pytest.param("gone", "failed", "5.1.1", True, id="no such mailbox"),
        pytest.param("full", "failed", "5.2.2", False, id="mailbox full"),
        pytest.param("busy", "deferred", "4.3.2", False, id="come again"),
        pytest.param("later", "deferred", "4.3.0", False, id="refused after the dot"),
        pytest.param("foul", "failed", "5.6.0", False, id="refused for good after the dot"),
        pytest.param("fast", "deferred", "4.2.1", False, id="one mailbox gets too much"),
        pytest.param("bye", "deferred", "", False, id="221 to RCPT"),
        pytest.param("noise", "deferred", "", False, id="no SMTP to RCPT"),
        pytest.param("long", "deferred", "", False, id="nine kilobytes to RCPT"),
        pytest.param("cut", "deferred", "", False, id="cut off at RCPT"),
        pytest.param("end", "deferred", "4.3.0", False, id="421 to RCPT"),
        pytest.param("skip", "deferred", "", False, id="250 in place of 354"),
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

    suppress_single_bounces(now=NOW)
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


def test_what_was_accepted_is_written_down_whatever_goes_wrong_next(
    sink: RunningSink, settings: Settings
) -> None:
    settings.SENDING_CONNECTIONS = 1
    edition = an_edition("reader-1@example.com", "reader-2@example.com")
    # Its mail cannot even be looked up, and its turn comes second.
    Delivery.objects.filter(address="reader-1@example.com").update(next_attempt_at=NOW - timedelta(days=1))
    Delivery.objects.filter(address="reader-2@example.com").update(segment=None)

    with pytest.raises(Segment.DoesNotExist):
        send(edition, sink)

    assert states() == {"reader-1@example.com": "accepted", "reader-2@example.com": "claimed"}
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
    suppress_single_bounces(now=timezone.now())

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


@pytest.mark.parametrize("kind", ["bye", "noise", "long", "cut", "end", "skip", "fast"])
def test_a_mailbox_that_is_never_answered_has_a_bound_of_tries(
    sink: RunningSink, settings: Settings, kind: str
) -> None:
    settings.SENDING_RETRY_SECONDS = (1, 1)
    edition = an_edition(f"{kind}-1@example.com")

    for _ in range(3):
        Delivery.objects.update(next_attempt_at=NOW)
        send(edition, sink)

    edition.refresh_from_db()
    assert (edition.state, states()) == ("sending", {f"{kind}-1@example.com": "failed"})
    assert Delivery.objects.get().attempts == 3


def test_after_its_connection_was_used_a_copy_is_offered_over_another_first(tmp_path: Path) -> None:
    edition = an_edition(*(f"reader-{n}@example.com" for n in range(40)))

    with sink_running(tmp_path, "most=3") as sink:
        send(edition, sink)

    assert set(Delivery.objects.values_list("state", "attempts")) == {("accepted", 0)}


def test_a_mail_that_is_too_large_for_the_server_pauses_its_edition_and_fails_nobody(tmp_path: Path) -> None:
    edition = an_edition(*(f"reader-{n}@example.com" for n in range(40)))

    with sink_running(tmp_path, "size=100") as sink:
        send(edition, sink)

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at) == ("paused", None)
    assert "the size of the mail" in edition.state_reason
    assert Counter(states().values()) == {"pending": 40}
