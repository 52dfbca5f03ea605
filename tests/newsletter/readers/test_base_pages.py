"""What a reader meets whose link is cut, altered, too old, or from a test mail: plain words, and a way on."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from newsletter.models import MailJob, Subscriber
from newsletter.readers import links
from tests.factories import SubscriberFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PAGES = ["confirm", "preferences", "data", "unsubscribe"]
WAYS_ON = {"sign_up": 'action="/newsletter"', "fresh_links": 'action="/newsletter/links"'}
# What only programmers say.
JARGON = ["token", "credentials", "authenticat", "pattern", "ours, or"]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def subscriber() -> Subscriber:
    return SubscriberFactory(address="ada@example.com")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda token: token[:-1], id="one letter short"),
        pytest.param(lambda token: token[: len(token) // 2], id="broken in two"),
        pytest.param(lambda token: "", id="without its end"),
        pytest.param(lambda token: f"{token}.", id="with the full stop of a sentence"),
        pytest.param(str.lower, id="in small letters"),
    ],
)
def test_a_link_that_is_cut_or_altered_says_so_and_leads_on(
    client: Client, subscriber: Subscriber, name: str, method: str, change: Callable[[str], str]
) -> None:
    whole = {
        "confirm": links.confirmation_token(subscriber.pk),
        "preferences": links.preferences_token(subscriber.pk),
        "data": links.owner_token(subscriber.pk, now=NOW),
        "unsubscribe": links.unsubscribe_token(subscriber.pk),
    }[name]

    answer = client.generic(method, f"/newsletter/{name}?token={change(whole)}")

    text = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>This link is incomplete</h1>" in text
    assert WAYS_ON["sign_up" if name == "confirm" else "fresh_links"] in text
    assert not [word for word in JARGON if word in text.lower()]
    assert not MailJob.objects.exists()


def test_a_link_to_ones_data_that_is_over_offers_another(
    client: Client, subscriber: Subscriber, clock: time_machine.Traveller
) -> None:
    token = links.owner_token(subscriber.pk, now=NOW)
    clock.shift(timedelta(hours=24))

    answer = client.get(f"/newsletter/data?token={token}")

    text = answer.content.decode()
    assert answer.status_code == 403
    assert "This link does not work any more" in text
    assert WAYS_ON["fresh_links"] in text


@pytest.mark.parametrize("name", ["preferences", "data"])
def test_who_is_erased_may_sign_up_anew(client: Client, subscriber: Subscriber, name: str) -> None:
    token = (
        links.owner_token(subscriber.pk, now=NOW)
        if name == "data"
        else links.preferences_token(subscriber.pk)
    )
    subscriber.delete()

    answer = client.get(f"/newsletter/{name}?token={token}")

    text = answer.content.decode()
    assert answer.status_code == 404
    assert "Nothing is kept of you" in text
    assert WAYS_ON["sign_up"] in text


@pytest.mark.parametrize("site", ["", "https://www.example.com/newsletter"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["preferences", "unsubscribe"])
def test_a_test_mails_links_say_that_they_are_nobodys(
    client: Client, settings: Settings, name: str, method: str, site: str
) -> None:
    settings.SITE_NEWSLETTER_URL = site
    token = {"preferences": links.preferences_token, "unsubscribe": links.unsubscribe_token}[name](
        links.OF_TEST_MAIL
    )

    answer = client.generic(method, f"/newsletter/{name}?token={token}")

    assert answer.status_code == 200
    assert "This link is from a test mail" in answer.content.decode()
