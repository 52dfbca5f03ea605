"""The page to sign up on: what the API promises, without a script."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from newsletter.models import Consent, MailJob, Subscriber
from newsletter.readers import sign_ups
from tests.factories import CategoryFactory, ReviewerFactory, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import links_in, work

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PAGE = "/newsletter"
ADA = "ada@example.com"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def client() -> Client:
    """With Django's checks of forms, as in production."""
    return Client(enforce_csrf_checks=True)


def post(client: Client, **values: Any) -> Any:
    """As a browser does that keeps no cookie."""
    form = {"email": ADA, "every_topic": "yes", "frequency": "weekly", **values}
    return client.post(PAGE, form, headers={"Sec-Fetch-Site": "same-origin"})


def test_who_signs_up_is_mailed_a_link_that_subscribes(client: Client, sink: Sink) -> None:
    CategoryFactory(slug="coding")
    ReviewerFactory(slug="skeptic")

    answer = post(
        client,
        every_topic="no",
        topics=["coding"],
        reviewers=["skeptic"],
        frequency="monthly",
        email=" ADA@Example.com",
    )
    work()

    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.content.decode()
    [received] = sink.received
    assert received.recipient == ADA
    assert "/newsletter/confirm" in links_in(received)
    assert Subscriber.objects.get().status == "pending"
    assert list(Consent.objects.values_list("action", "source")) == [("asked", "page")]


def test_choices_are_kept_for_the_day_of_confirmation(client: Client) -> None:
    CategoryFactory(slug="coding")
    ReviewerFactory(slug="skeptic")

    post(client, every_topic="no", topics=["coding"], reviewers=["skeptic"], frequency="monthly")

    assert MailJob.objects.get().choices == {
        "topics": ["coding"],
        "every_topic": False,
        "reviewers": ["skeptic"],
        "frequency": "monthly",
    }


def test_a_topic_that_is_ticked_while_every_topic_stands_is_kept(client: Client) -> None:
    CategoryFactory(slug="coding")

    post(client, topics=["coding"], every_topic_was="yes")

    assert MailJob.objects.get().choices["topics"] == ["coding"]
    assert MailJob.objects.get().choices["every_topic"] is False


def test_every_address_gets_the_same_page(client: Client) -> None:
    SubscriberFactory(address=ADA)

    known, unknown = post(client), post(client, email="new@example.com")

    assert known.content == unknown.content
    assert known.status_code == unknown.status_code == 200


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        pytest.param({"email": "ada"}, "That is no address that we can write to.", id="no address"),
        pytest.param({"email": ""}, "That is no address that we can write to.", id="none at all"),
        pytest.param({"email": "ada@localhost"}, "That is no address", id="no domain of the net"),
        pytest.param({"every_topic": "no"}, "No mail would ever come", id="nothing chosen"),
        pytest.param(
            {"every_topic": "no", "topics": ["gone"]}, "One of the topics", id="a topic that is gone"
        ),
        pytest.param({"reviewers": ["gone"]}, "One of the reviewers", id="a reviewer who is gone"),
        pytest.param({"frequency": "hourly"}, "Choose how often", id="a frequency that is none"),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(
    client: Client, values: dict[str, Any], sentence: str
) -> None:
    answer = post(client, **{"email": "who@example.com", **values})

    text = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in text
    assert f'value="{values.get("email", "who@example.com")}"' in text
    assert not MailJob.objects.exists()


def test_what_was_typed_is_text(client: Client) -> None:
    answer = post(client, email='"><script>alert(1)</script>')

    assert b"<script>" not in answer.content


def test_sign_ups_count_as_over_the_api(client: Client) -> None:
    api = [
        Client().post(
            "/api/v1/newsletter/subscriptions",
            {"email": f"a{n}@example.com"},
            content_type="application/json",
        )
        for n in range(3)
    ]

    pages = [post(client) for _ in range(3)]

    assert [answer.status_code for answer in api] == [202] * 3
    assert [answer.status_code for answer in pages] == [200, 200, 429]
    assert "Please try again later" in pages[-1].content.decode()
    assert pages[-1]["Retry-After"] == "60"
    assert MailJob.objects.count() == 5


def test_a_mistake_uses_up_no_sign_up_and_counts_as_an_attempt(client: Client) -> None:
    most = sign_ups.ATTEMPTS[0].count

    mistakes = [post(client, email="ada") for _ in range(10)]
    right = post(client)
    more = [post(client, email="ada") for _ in range(most - 10)]

    assert {answer.status_code for answer in mistakes} == {400}
    assert right.status_code == 200
    assert [answer.status_code for answer in more] == [400] * (most - 11) + [429]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another host of our own"),
        pytest.param({"Origin": "https://evil.example"}, id="an old browser, another site"),
        pytest.param({"Origin": "null"}, id="an old browser that hides which"),
    ],
)
def test_another_site_can_sign_nobody_up(client: Client, headers: dict[str, str]) -> None:
    answer = client.post(PAGE, {"email": ADA, "every_topic": "yes", "frequency": "weekly"}, headers=headers)

    assert answer.status_code == 403
    assert "It came from a page of another site." in answer.content.decode()
    assert 'action="/newsletter"' in answer.content.decode()
    assert not MailJob.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, id="a browser"),
        pytest.param({"Sec-Fetch-Site": "none"}, id="a page that was kept"),
        pytest.param({"Origin": "http://testserver"}, id="an old browser"),
        pytest.param({}, id="a program"),
    ],
)
def test_who_keeps_no_cookies_can_sign_up(client: Client, headers: dict[str, str]) -> None:
    page = client.get(PAGE)
    answer = client.post(PAGE, {"email": ADA, "every_topic": "yes", "frequency": "weekly"}, headers=headers)

    assert (page.status_code, answer.status_code) == (200, 200)
    assert not client.cookies
    assert MailJob.objects.get().address == ADA


def test_the_page_may_be_found_and_is_not_kept(client: Client) -> None:
    CategoryFactory(name="Design & more")
    ReviewerFactory(name="The Skeptic")

    answer = client.get(PAGE)

    text = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" not in text + str(answer.headers)
    assert 'href="/newsletter/editions"' in text
    assert "Design &amp; more" in text
    assert "The Skeptic (a persona)" in text
    assert client.put(PAGE).status_code == 405
