"""The mail's endpoints over HTTP: everybody is answered alike, tokens open what they are for, and nothing else does."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api import clients
from newsletter.models import Consent, MailJob, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent, links, mail_worker, sign_ups
from newsletter.readers.addresses import address_key
from tests.factories import CategoryFactory, DeliveryFactory, ReviewerFactory, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import SUBSCRIPTIONS, links_in, places, subscribe, work

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADA = "ada@example.com"
CONFIRM = "/api/v1/newsletter/subscriptions/confirm"
PREFERENCES = "/api/v1/newsletter/preferences"
EXPORT = "/api/v1/newsletter/preferences/export"
ACCESS = "/api/v1/newsletter/preferences/access"
MOVE = "/api/v1/newsletter/preferences/address"
UNSUBSCRIBE = "/api/v1/newsletter/unsubscribe"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def refused(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()["code"]


def ask(api: APIClient, method: str, path: str, token: str, body: Any = None) -> Any:
    sent: Any = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return api.generic(method, path, headers={"Authorization": f"Subscriber {token}"}, **sent)


def a_soft_bounce(key: bytes) -> None:
    """Told by a provider, in a server's words."""
    ProviderEvent.objects.create(
        key=b"event",
        provider="postmark",
        kind="soft_bounce",
        address_key=key,
        detail="552 mailbox of Ada Lovelace is full",
        happened_at=NOW,
        created_at=NOW,
    )


def nobody() -> None:
    """Never heard of."""


def pending() -> None:
    SubscriberFactory(address=ADA, status="pending", confirmed_at=None)


def active() -> None:
    SubscriberFactory(address=ADA)


def unsubscribed() -> None:
    active()
    consent.unsubscribe(subscriber=Subscriber.objects.get(), source="api", now=NOW)


def erased() -> None:
    active()
    consent.erase(subscriber=Subscriber.objects.get(), source="api", now=NOW)


def bounced() -> None:
    active()
    consent.suppress(keys=[address_key(ADA)], reason="hard_bounce", source="provider", now=NOW)


def complained() -> None:
    active()
    consent.suppress(keys=[address_key(ADA)], reason="complaint", source="provider", now=NOW)


def mailed_thrice() -> None:
    for hours in (3, 2, 1):
        at = NOW - timedelta(hours=hours)
        job = MailJob.objects.create(address=ADA, choices={}, source="api", due_at=at, created_at=at)
        mail_worker.prepare(job, now=at)
        job.delete()


STATES: list[Callable[[], None]] = [
    nobody, pending, active, unsubscribed, erased, bounced, complained, mailed_thrice,
]  # fmt: skip


class TestSigningUp:
    def test_it_writes_a_row_and_answers_202(self, api: APIClient) -> None:
        topic, reviewer = CategoryFactory(), ReviewerFactory()

        response = subscribe(
            api,
            "Ada@Example.com",
            topics=[topic.slug, topic.slug],
            reviewers=[reviewer.slug],
            frequency="each_comparison",
        )

        job = MailJob.objects.get()
        assert response.status_code == 202
        assert response["Cache-Control"] == "private, no-store"
        assert response.json() == {
            "detail": "If we may write to this address, a mail is on its way: follow the link in it."
        }
        assert job.address == ADA
        assert job.choices == {
            "topics": [topic.slug],
            "every_topic": False,
            "reviewers": [reviewer.slug],
            "frequency": "each_comparison",
        }

    def test_an_address_alone_is_enough(self, api: APIClient) -> None:
        subscribe(api, ADA)

        assert MailJob.objects.get().choices == {
            "topics": [],
            "every_topic": True,
            "reviewers": [],
            "frequency": "weekly",
        }

    def test_a_sign_up_that_would_bring_no_mail_is_refused(self, api: APIClient) -> None:
        response = subscribe(api, ADA, topics=[])

        assert refused(response) == (400, "nothing_chosen")
        assert not MailJob.objects.exists()

    @pytest.mark.parametrize("rounds", [0, 1], ids=["asked", "and worked on"])
    def test_the_answer_is_the_same_to_the_byte_whatever_is_known_of_the_address(
        self, api: APIClient, sink: Sink, rounds: int
    ) -> None:
        answers = set()
        for state, place in zip(STATES, places(len(STATES)), strict=True):
            Subscriber.objects.all().delete()
            Suppression.objects.all().delete()
            state()

            response = subscribe(api, ADA, place=place)
            # The first run of every state leaves different traces; the answers after them must not.
            for _ in range(rounds):
                work()
            again = subscribe(api, ADA, place=place)

            for each in (response, again):
                headers = {name: value for name, value in each.items() if name != "X-Request-ID"}
                answers.add((each is again, each.status_code, json.dumps(headers), each.content))

        # The two differ in what is left of the place's limit.
        assert len(answers) == 2
        assert {status for _, status, _, _ in answers} == {202}

    @pytest.mark.parametrize("state", STATES)
    def test_the_request_does_the_same_work_whatever_is_known_of_the_address(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, state: Callable[[], None]
    ) -> None:
        state()
        clients._keep(NOW.date(), b"s" * 32)

        # The place's attempts, its sign-ups, everybody's, the row.
        with django_assert_num_queries(4):
            subscribe(api, ADA)

    def test_it_needs_neither_mail_server_nor_broker(self, api: APIClient, settings: Settings) -> None:
        settings.EMAIL_PORT, settings.CELERY_BROKER_URL = 9, "redis://127.0.0.1:9/0"

        assert subscribe(api, ADA).status_code == 202

    def test_a_malformed_address_is_refused_to_everybody_alike(self, api: APIClient) -> None:
        active()

        response = subscribe(api, "ada@example")

        assert refused(response) == (400, "invalid_address")
        assert [error["pointer"] for error in response.json()["errors"]] == ["/email"]
        assert not MailJob.objects.exists()
        assert "RateLimit" in response

    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            pytest.param({}, ["/email"], id="nothing"),
            pytest.param({"email": None}, ["/email"], id="null"),
            pytest.param({"email": 1}, ["/email"], id="a number"),
            pytest.param({"email": ""}, ["/email"], id="an empty text"),
            pytest.param({"email": ADA, "name": "Ada"}, ["/name"], id="an unknown property"),
            pytest.param({"email": ADA, "address": ADA}, ["/address"], id="the former name"),
            pytest.param({"email": ADA, "topics": ["nowhere"]}, ["/topics"], id="an unknown topic"),
            pytest.param({"email": ADA, "topics": "all"}, ["/topics"], id="topics in a text"),
            pytest.param({"email": ADA, "topics": ["A B"]}, ["/topics/0"], id="no slug"),
            pytest.param({"email": ADA, "topics": [["a"]]}, ["/topics/0"], id="a list in the list"),
            pytest.param({"email": ADA, "topics": ["a"] * 51}, ["/topics"], id="many topics"),
            pytest.param({"email": ADA, "reviewers": ["nobody"]}, ["/reviewers"], id="an unknown reviewer"),
            pytest.param({"email": ADA, "frequency": "hourly"}, ["/frequency"], id="another frequency"),
            pytest.param({"email": ADA, "time_zone": "UTC"}, ["/time_zone"], id="a time zone"),
            pytest.param([], [""], id="no object"),
        ],
    )
    def test_what_is_not_documented_is_refused(self, api: APIClient, body: Any, pointers: list[str]) -> None:
        response = api.post(SUBSCRIPTIONS, body, format="json")

        assert refused(response) == (400, "validation_error")
        assert [error["pointer"] for error in response.json()["errors"]] == pointers
        assert not MailJob.objects.exists()

    def test_what_is_refused_uses_up_none_of_a_networks_sign_ups(self, api: APIClient) -> None:
        for _ in range(4):
            assert refused(subscribe(api, "ada@example")) == (400, "invalid_address")
            assert refused(subscribe(api, ADA, topics=[])) == (400, "nothing_chosen")
            assert refused(subscribe(api, ADA, colour="red")) == (400, "validation_error")

        answers = [subscribe(api, ADA) for _ in range(6)]

        assert [answer.status_code for answer in answers] == [202] * 5 + [429]
        assert answers[0]["RateLimit"].startswith(
            '"sign-up-attempts-60s";r=107;t=60, "sign-ups-60s";r=4;t=60, '
        )

    def test_invalid_sign_ups_end_after_120_attempts_a_minute(self, api: APIClient) -> None:
        for _ in range(120):
            sign_ups.count_attempt(address=ip_address("192.0.2.7"), now=NOW)

        response = subscribe(api, "ada@example")

        assert refused(response) == (429, "throttled")
        assert response["RateLimit"] == '"sign-up-attempts-60s";r=0;t=60'

    def test_a_repetition_under_one_key_is_one_sign_up(self, api: APIClient) -> None:
        headers = {"Idempotency-Key": "0b0d4a5e-41d1-4c5a-9a93-0a2b1f0d7f3e"}

        first, second = (subscribe(api, ADA, headers=headers) for _ in range(2))

        assert (first.content, first.status_code) == (second.content, second.status_code)
        assert second["Idempotency-Replayed"] == "true"
        assert MailJob.objects.count() == 1

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_there_is_nothing_to_read_or_change(self, api: APIClient, method: str) -> None:
        assert refused(getattr(api, method)(SUBSCRIPTIONS)) == (405, "method_not_allowed")


class TestConfirming:
    def test_a_frontend_confirms_and_gets_the_key_to_the_preferences(
        self, api: APIClient, sink: Sink
    ) -> None:
        subscribe(api, ADA)
        work()
        token = links_in(sink.received[0])["/newsletter/confirm"]

        first, again = (api.post(CONFIRM, {"token": token}, format="json") for _ in range(2))

        assert (first.status_code, first.content) == (200, again.content)
        assert first["Cache-Control"] == "private, no-store"
        assert first.json()["status"] == "active"
        opened = ask(api, "GET", PREFERENCES, first.json()["preferences_token"])
        assert opened.json()["email"] == ADA
        assert list(Consent.objects.order_by("id").values_list("action", "source")) == [
            ("asked", "api"),
            ("confirmed", "api"),
        ]

    @pytest.mark.parametrize(
        ("token", "code"),
        [
            ("A" * 43, (404, "unknown_confirmation")),
            ("A" * 42, (400, "validation_error")),
            ("A" * 44, (400, "validation_error")),
            ("", (400, "validation_error")),
            (1, (400, "validation_error")),
            ("A" * 42 + "\n", (400, "validation_error")),
        ],
    )
    def test_what_is_no_token_of_ours_is_refused(
        self, api: APIClient, token: Any, code: tuple[int, str]
    ) -> None:
        assert refused(api.post(CONFIRM, {"token": token}, format="json")) == code

    def test_an_expired_link_is_a_409_that_says_so(
        self, api: APIClient, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        subscribe(api, ADA)
        work()
        token = links_in(sink.received[0])["/newsletter/confirm"]
        clock.shift(timedelta(hours=48))

        response = api.post(CONFIRM, {"token": token}, format="json")

        assert refused(response) == (409, "expired_confirmation")
        assert Subscriber.objects.get().status == "pending"


class TestPreferences:
    @pytest.fixture
    def token(self) -> str:
        return links.preferences_token(SubscriberFactory(address=ADA, confirmed_at=NOW).pk)

    @pytest.fixture
    def owner_token(self, token: str) -> str:
        return links.owner_token(Subscriber.objects.get().pk, now=NOW)

    def test_they_are_shown(self, api: APIClient, token: str) -> None:
        response = ask(api, "GET", PREFERENCES, token)

        assert response["Cache-Control"] == "private, no-store"
        assert response.json() == {
            "email": ADA,
            "status": "active",
            "topics": None,
            "reviewers": [],
            "frequency": "weekly",
            "created_at": "2026-11-02T09:30:00Z",
            "confirmed_at": "2026-11-02T09:30:00Z",
            "was_imported": False,
            "unsubscribed_at": None,
            "last_mailed_at": None,
        }

    @pytest.mark.parametrize(
        ("sources", "said"),
        [(["staff"], True), (["page"], False), (["staff", "page"], False), (["api", "staff"], True)],
    )
    def test_they_say_whether_the_address_was_brought_over(
        self, api: APIClient, token: str, sources: list[str], said: bool
    ) -> None:
        key = Subscriber.objects.get().address_key
        for source in sources:
            Consent.objects.create(
                address_key=key, action="confirmed", source=source, wording="x", created_at=NOW
            )

        assert ask(api, "GET", PREFERENCES, token).json()["was_imported"] is said

    @pytest.mark.parametrize("path", [PREFERENCES, EXPORT])
    def test_they_say_when_the_last_edition_came(
        self, api: APIClient, token: str, owner_token: str, path: str
    ) -> None:
        for days in (7, 0):
            accepted_at = NOW - timedelta(days=days)
            DeliveryFactory(subscriber=Subscriber.objects.get(), state="accepted", accepted_at=accepted_at)

        sent = owner_token if path == EXPORT else token
        assert '"last_mailed_at":"2026-11-02T09:30:00Z"' in ask(api, "GET", path, sent).content.decode()

    def test_every_topic_and_none_are_two_things(self, api: APIClient, token: str) -> None:
        topic, reviewer = CategoryFactory(), ReviewerFactory()
        bodies = [
            {"topics": [topic.slug]},
            {"topics": [], "reviewers": [reviewer.slug]},
            {"topics": None},
        ]

        answers = [ask(api, "PATCH", PREFERENCES, token, body).json()["topics"] for body in bodies]

        assert answers == [[topic.slug], [], None]

    @pytest.mark.parametrize("body", [{"topics": []}, {"topics": [], "frequency": "monthly"}])
    def test_choices_that_bring_no_mail_are_refused(self, api: APIClient, token: str, body: Any) -> None:
        response = ask(api, "PATCH", PREFERENCES, token, body)

        assert refused(response) == (400, "nothing_chosen")
        assert [error["pointer"] for error in response.json()["errors"]] == ["/topics"]
        assert Subscriber.objects.get().gets_every_topic

    def test_what_is_left_out_stays(self, api: APIClient, token: str) -> None:
        topic, reviewer = CategoryFactory(), ReviewerFactory()
        ask(api, "PATCH", PREFERENCES, token, {"topics": [topic.slug], "reviewers": [reviewer.slug]})

        response = ask(api, "PATCH", PREFERENCES, token, {"frequency": "monthly"})

        assert response.status_code == 200
        assert response.json()["topics"] == [topic.slug]
        assert response.json()["reviewers"] == [reviewer.slug]
        assert response.json()["frequency"] == "monthly"

    @pytest.mark.parametrize(
        "body",
        [
            {"status": "active"},
            {"email": "eve@example.com"},
            {"confirmed_at": None},
            {"frequency": None},
            {"time_zone": "UTC"},
        ],
    )
    def test_nothing_else_can_be_changed(self, api: APIClient, token: str, body: Any) -> None:
        before = list(Subscriber.objects.values())

        response = ask(api, "PATCH", PREFERENCES, token, body)

        assert refused(response) == (400, "validation_error")
        assert list(Subscriber.objects.values()) == before

    def test_they_cost_a_constant_number_of_queries(
        self, api: APIClient, token: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        subscriber = Subscriber.objects.get()
        subscriber.topics.set(CategoryFactory.create_batch(20))
        owner_token = links.owner_token(subscriber.pk, now=NOW)

        # Subscriber, topics, reviewers, how the address came, the last mail.
        with django_assert_num_queries(5):
            ask(api, "GET", PREFERENCES, token)
        # And suppression, sign-ups that wait, confirmations, record, deliveries, what providers told.
        with django_assert_num_queries(11):
            ask(api, "GET", EXPORT, owner_token)

    def test_the_export_holds_all_that_is_kept(self, api: APIClient, token: str, owner_token: str) -> None:
        subscriber = Subscriber.objects.get()
        DeliveryFactory(subscriber=subscriber, address_key=subscriber.address_key)
        consent.unsubscribe(subscriber=subscriber, source="one_click", now=NOW)

        sign_up = MailJob.objects.create(
            address=ADA, choices={"frequency": "monthly"}, source="api", due_at=NOW, created_at=NOW
        )
        mail_worker.prepare(sign_up, now=NOW)
        sign_up.delete()
        sign_ups.sign_up(address=subscriber.address, choices={"topics": []}, source="page", now=NOW)
        a_soft_bounce(bytes(subscriber.address_key))

        answer = ask(api, "GET", EXPORT, owner_token).json()

        assert answer["preferences"] == ask(api, "GET", PREFERENCES, token).json()
        assert answer["suppressed_as"] == "unsubscribe"
        assert answer["reminded_at"] is None
        assert answer["sign_ups"] == [
            {
                "choices": {"topics": None, "reviewers": [], "frequency": "weekly"},
                "source": "page",
                "state": "waiting",
                "created_at": "2026-11-02T09:30:00Z",
            }
        ]
        assert answer["confirmations"] == [
            {
                "choices": {"topics": None, "reviewers": [], "frequency": "monthly"},
                "created_at": "2026-11-02T09:30:00Z",
                "expires_at": "2026-11-04T09:30:00Z",
                "used_at": None,
            }
        ]
        assert [(line["action"], line["source"]) for line in answer["consents"]] == [
            ("unsubscribed", "one_click")
        ]
        assert [line["state"] for line in answer["deliveries"]] == ["pending"]
        assert answer["provider_events"] == [
            {
                "kind": "soft_bounce",
                "provider": "postmark",
                "detail": "552 mailbox of Ada Lovelace is full",
                "happened_at": "2026-11-02T09:30:00Z",
            }
        ]

    @pytest.mark.parametrize(("method", "path"), [("GET", EXPORT), ("DELETE", PREFERENCES)])
    def test_the_link_of_a_forwarded_mail_neither_exports_nor_erases(
        self, api: APIClient, token: str, method: str, path: str
    ) -> None:
        subscriber = Subscriber.objects.get()
        owner_token = links.owner_token(subscriber.pk, now=NOW - links.OWNER_LIFETIME)

        assert refused(ask(api, method, path, token)) == (403, "owner_link_needed")
        assert refused(ask(api, method, path, owner_token)) == (403, "owner_link_needed")
        assert Subscriber.objects.filter(address=ADA).exists()

    def test_the_owner_is_mailed_a_link_whose_token_exports(
        self, api: APIClient, token: str, sink: Sink
    ) -> None:
        response = ask(api, "POST", ACCESS, token)
        work()

        [received] = sink.to(ADA)
        mailed = links_in(received)["/newsletter/data"]
        assert response.status_code == 202
        assert ask(api, "GET", EXPORT, mailed).status_code == 200
        assert not MailJob.objects.exists()

    def test_nobody_is_mailed_more_than_three_such_links_a_day(self, api: APIClient, token: str) -> None:
        answers = [ask(api, "POST", ACCESS, token) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
        assert [answer["RateLimit"] for answer in answers] == [
            f'"owner-links-86400s";r={left};t=86400' for left in (2, 1, 0, 0)
        ]
        assert MailJob.objects.count() == 3

    def test_erasing_leaves_nothing_and_the_token_is_dead(
        self, api: APIClient, token: str, owner_token: str
    ) -> None:
        a_soft_bounce(bytes(Subscriber.objects.get().address_key))

        response = ask(api, "DELETE", PREFERENCES, owner_token)

        assert (response.status_code, response.content) == (204, b"")
        assert not Subscriber.objects.exists()
        assert Suppression.objects.get().reason == "erased"
        assert ProviderEvent.objects.get().detail == ""
        for method, path in (("GET", PREFERENCES), ("PATCH", PREFERENCES), ("GET", EXPORT)):
            assert refused(ask(api, method, path, token, {})) == (401, "erased_subscriber")

    def test_unsubscribing_takes_either_token(self, api: APIClient, token: str) -> None:
        subscriber = Subscriber.objects.get()

        first = ask(api, "POST", UNSUBSCRIBE, links.unsubscribe_token(subscriber.pk))
        second = ask(api, "POST", UNSUBSCRIBE, token)

        assert (first.status_code, second.status_code) == (204, 204)
        assert Subscriber.objects.get().status == "unsubscribed"
        assert Consent.objects.get().source == "api"

    @pytest.mark.parametrize(("method", "path"), [("GET", PREFERENCES), ("PATCH", PREFERENCES),
        ("DELETE", PREFERENCES), ("GET", EXPORT), ("POST", UNSUBSCRIBE)])  # fmt: skip
    @pytest.mark.parametrize(
        ("header", "code"),
        [
            (None, "not_authenticated"),
            ("", "not_authenticated"),
            ("Subscriber", "invalid_subscriber_token"),
            ("Subscriber nonsense", "invalid_subscriber_token"),
            ("Voter v1.first.AAAA.AAAA", "wrong_scheme"),
            ("Subscriber " + "v1.first." + "A" * 2_000, "invalid_subscriber_token"),
            ("Subscriber v1.first.é.A", "invalid_subscriber_token"),
        ],
    )
    def test_without_a_token_there_is_nothing(
        self, api: APIClient, method: str, path: str, header: str | None, code: str
    ) -> None:
        SubscriberFactory()

        response = api.generic(method, path, headers={} if header is None else {"Authorization": header})

        assert refused(response) == (401, code)
        assert response["WWW-Authenticate"] == "Subscriber"
        assert Subscriber.objects.filter(status="active").count() == 1

    def test_the_link_to_unsubscribe_opens_no_preferences(self, api: APIClient) -> None:
        token = links.unsubscribe_token(SubscriberFactory().pk)

        for method, path in (("GET", PREFERENCES), ("DELETE", PREFERENCES), ("GET", EXPORT)):
            assert refused(ask(api, method, path, token)) == (401, "invalid_subscriber_token")

    def test_one_subscribers_token_is_not_anothers(self, api: APIClient, owner_token: str) -> None:
        other = SubscriberFactory(address="eve@example.com")

        ask(api, "DELETE", PREFERENCES, owner_token)

        assert list(Subscriber.objects.all()) == [other]


class TestMovingToAnotherAddress:
    NEW = "ada@example.org"

    @pytest.fixture
    def ada(self) -> Subscriber:
        ada: Subscriber = SubscriberFactory(address=ADA, frequency="monthly", gets_every_topic=False)
        ada.topics.set([CategoryFactory(slug="developer-tools")])
        ada.reviewers.set([ReviewerFactory(slug="skeptic")])
        return ada

    @pytest.fixture
    def owner_token(self, ada: Subscriber) -> str:
        return links.owner_token(ada.pk, now=NOW)

    def move(self, api: APIClient, token: str, email: str = NEW) -> Any:
        return ask(api, "POST", MOVE, token, {"email": email})

    def confirm(self, api: APIClient, sink: Sink) -> Any:
        token = links_in(sink.to(self.NEW)[-1])["/newsletter/confirm"]
        return api.post(CONFIRM, {"token": token}, format="json")

    def test_the_mail_goes_to_the_new_address_once_that_confirms(
        self, api: APIClient, sink: Sink, ada: Subscriber, owner_token: str
    ) -> None:
        answer = self.move(api, owner_token)
        work()
        before = dict(Subscriber.objects.values_list("address", "status"))
        confirmed = self.confirm(api, sink)
        work()

        new = Subscriber.objects.get(address=self.NEW)
        assert (answer.status_code, confirmed.status_code) == (202, 200)
        assert before == {ADA: "active", self.NEW: "pending"}
        assert dict(Subscriber.objects.values_list("address", "status")) == {
            ADA: "unsubscribed",
            self.NEW: "active",
        }
        assert (new.frequency, new.gets_every_topic) == ("monthly", False)
        assert [*new.topics.values_list("slug", flat=True)] == ["developer-tools"]
        assert [*new.reviewers.values_list("slug", flat=True)] == ["skeptic"]
        records = Consent.objects.order_by("id").values_list("address_key", "action")
        assert [(bytes(key), action) for key, action in records] == [
            (address_key(self.NEW), "asked"),
            (address_key(self.NEW), "confirmed"),
            (address_key(ADA), "unsubscribed"),
        ]

    def test_the_former_address_is_told_once_and_not_where_the_mail_goes(
        self, api: APIClient, sink: Sink, owner_token: str
    ) -> None:
        self.move(api, owner_token)
        work()
        self.confirm(api, sink)
        self.confirm(api, sink)
        work()

        [told] = sink.to(ADA)
        assert "goes to another address from now on" in told.text
        assert self.NEW not in told.text

    def test_the_link_of_a_forwarded_mail_moves_nothing(self, api: APIClient, ada: Subscriber) -> None:
        answer = self.move(api, links.preferences_token(ada.pk))

        assert refused(answer) == (403, "owner_link_needed")
        assert not MailJob.objects.exists()

    @pytest.mark.parametrize(
        ("email", "code"),
        [
            pytest.param(ADA, "same_address", id="the same"),
            pytest.param(" Ada@EXAMPLE.com ", "same_address", id="the same in other letters"),
            pytest.param("ada@localhost", "invalid_address", id="no address of the internet"),
            pytest.param("", "validation_error", id="nothing"),
        ],
    )
    def test_another_address_is_needed(self, api: APIClient, owner_token: str, email: str, code: str) -> None:
        answer = self.move(api, owner_token, email)

        assert refused(answer) == (400, code)
        assert answer.json()["errors"][0]["pointer"] == "/email"
        assert not MailJob.objects.exists()

    def test_who_reads_both_addresses_already_is_left_with_the_new_one(
        self, api: APIClient, sink: Sink, owner_token: str
    ) -> None:
        SubscriberFactory(address=self.NEW, frequency="weekly")
        self.move(api, owner_token)
        work()

        self.confirm(api, sink)

        # With the choices of that address.
        assert Subscriber.objects.get(address=self.NEW).frequency == "weekly"

        assert dict(Subscriber.objects.values_list("address", "status")) == {
            ADA: "unsubscribed",
            self.NEW: "active",
        }

    def test_a_blocked_mailbox_is_not_mailed_and_the_answer_is_the_same(
        self, api: APIClient, sink: Sink, owner_token: str
    ) -> None:
        free = self.move(api, owner_token, "free@example.org")
        Suppression.objects.create(address_key=address_key(self.NEW), reason="complaint", created_at=NOW)

        blocked = self.move(api, owner_token)
        work()

        assert (blocked.status_code, blocked.json()) == (free.status_code, free.json())
        assert sink.to(self.NEW) == []

    def test_nobody_asks_more_than_three_times_a_day(self, api: APIClient, owner_token: str) -> None:
        answers = [self.move(api, owner_token, f"ada-{n}@example.org") for n in range(4)]

        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]

    def test_of_two_addresses_the_first_to_confirm_is_the_new_one(
        self, api: APIClient, sink: Sink, owner_token: str
    ) -> None:
        other = "ada@example.net"
        self.move(api, owner_token)
        self.move(api, owner_token, other)
        work()
        late = links_in(sink.to(other)[-1])["/newsletter/confirm"]

        self.confirm(api, sink)
        answer = api.post(CONFIRM, {"token": late}, format="json")

        assert refused(answer) == (409, "expired_confirmation")
        active = Subscriber.objects.filter(status="active").values_list("address", flat=True)
        assert list(active) == [self.NEW]

    def test_who_has_left_moves_nowhere(
        self, api: APIClient, sink: Sink, ada: Subscriber, owner_token: str
    ) -> None:
        self.move(api, owner_token)
        work()
        self.move(api, owner_token, "ada@example.net")
        consent.unsubscribe(ada, source="page", now=NOW)
        work()

        assert refused(self.move(api, owner_token)) == (409, "not_subscribed")
        assert refused(self.confirm(api, sink)) == (409, "expired_confirmation")
        assert sink.to("ada@example.net") == []
        assert not Subscriber.objects.filter(status="active").exists()

    def test_a_sign_up_in_between_still_moves(
        self, api: APIClient, sink: Sink, owner_token: str, clock: time_machine.Traveller
    ) -> None:
        self.move(api, owner_token)
        work()
        clock.shift(timedelta(minutes=6))
        subscribe(api, self.NEW)
        work()

        self.confirm(api, sink)

        active = Subscriber.objects.filter(status="active").values_list("address", flat=True)
        assert list(active) == [self.NEW]

    def test_the_mail_to_the_new_address_says_that_it_takes_the_place_of_another(
        self, api: APIClient, sink: Sink, owner_token: str
    ) -> None:
        self.move(api, owner_token)
        work()

        [mail] = sink.to(self.NEW)
        assert "in place of another one" in mail.text
        assert ADA not in mail.text

    def test_who_is_erased_before_the_mail_is_sent_moves_nowhere(
        self, api: APIClient, sink: Sink, ada: Subscriber, owner_token: str
    ) -> None:
        self.move(api, owner_token)
        consent.erase(subscriber=ada, source="page", now=NOW)

        work()

        assert sink.received == []
        assert not Subscriber.objects.exists()
