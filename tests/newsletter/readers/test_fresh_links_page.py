"""The page that mails fresh links: only to readers, and nobody who types an address learns whose it is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from newsletter.models import MailJob, Subscriber, Suppression
from newsletter.readers import sign_ups
from tests.factories import SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import links_in, work

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PAGE = "/newsletter/links"
ADA = "ada@example.com"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def ask(client: Client, email: str = ADA) -> Any:
    return client.post(PAGE, {"email": email}, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize("status", ["active", "unsubscribed"])
def test_a_reader_is_mailed_links_that_work(client: Client, sink: Sink, status: str) -> None:
    SubscriberFactory(address=ADA, status=status, unsubscribed_at=NOW if status == "unsubscribed" else None)

    answer = ask(client, " ADA@Example.com")
    work()

    assert answer.status_code == 200
    [received] = sink.received
    mailed = links_in(received)
    assert set(mailed) == {"/newsletter/preferences", "/newsletter/unsubscribe", "/newsletter/data"}
    assert {client.get(f"{path}?token={token}").status_code for path, token in mailed.items()} == {200}


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(None, id="nobody's"),
        pytest.param("pending", id="of one who never confirmed"),
        pytest.param("complaint", id="of a mailbox that reported our mail"),
    ],
)
def test_nobody_else_is_mailed_and_the_answer_is_the_same(
    client: Client, sink: Sink, known: str | None
) -> None:
    SubscriberFactory(address="bob@example.com")
    if known == "pending":
        SubscriberFactory(address=ADA, status="pending", confirmed_at=None)
    elif known:
        key = bytes(SubscriberFactory(address=ADA).address_key)
        Suppression.objects.create(address_key=key, reason="complaint", created_at=NOW)

    answer, of_a_reader = ask(client), ask(client, "bob@example.com")
    work()

    assert answer.content == of_a_reader.content
    assert [received.recipient for received in sink.received] == ["bob@example.com"]
    assert not MailJob.objects.exists()


def test_a_mailbox_gets_three_a_day_under_all_its_names(
    client: Client, clock: time_machine.Traveller
) -> None:
    names = [ADA, "a.da@example.com", "ada+news@example.com", ADA]

    answers = [ask(client, name) for name in names]
    asked = MailJob.objects.count()
    clock.shift(timedelta(days=1))
    ask(client)

    assert {answer.content for answer in answers} == {answers[0].content}
    assert (asked, MailJob.objects.count()) == (3, 4)


def test_it_counts_as_a_sign_up_does(client: Client) -> None:
    answers = [ask(client, f"reader-{number}@example.com") for number in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert sign_ups.PREFIX_LIMITS[0].count == MailJob.objects.count() == 5


def test_what_is_no_address_is_shown_again_with_the_reason(client: Client) -> None:
    answer = ask(client, "<ada>")

    text = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="&lt;ada&gt;"' in text
    assert "This is no mail address that we can write to." in text
    assert not MailJob.objects.exists()


def test_another_site_can_ask_for_nobody(client: Client) -> None:
    answer = client.post(PAGE, {"email": ADA}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert not MailJob.objects.exists()


def test_looking_asks_for_nothing(client: Client) -> None:
    answer = client.get(PAGE)

    assert answer.status_code == 200
    assert not client.cookies
    assert Subscriber.objects.count() == MailJob.objects.count() == 0
