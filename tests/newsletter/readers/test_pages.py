"""The pages behind the links in mails: looking changes nothing, pressing does, and neither needs a cookie."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django.fixtures import Settings

from newsletter.models import ConfirmationToken, Consent, MailJob, Subscriber, Suppression
from newsletter.readers import consent, links, sign_ups
from tests.factories import CategoryFactory, ReviewerFactory, SubscriberFactory
from tests.faults.scale import scaled
from tests.mail_sink import Sink
from tests.newsletter.editions import new_pair, sent
from tests.newsletter.signing_up import links_in, work

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADA = "ada@example.com"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def client() -> Client:
    """A browser that opens a link: Django's checks of forms are on, and there is no cookie."""
    return Client(enforce_csrf_checks=True)


def now() -> datetime:
    return datetime.now(UTC)


def mailed(sink: Sink, address: str = ADA) -> str:
    """The token of a confirmation that was just mailed."""
    sign_ups.sign_up(address=address, choices={}, source="api", now=now())
    work()
    return links_in(sink.to(address)[-1])["/newsletter/confirm"]


def press_yes(client: Client, token: str, *, after: float = 10) -> Any:
    """The answer to a person who reads the page for so many seconds and presses its button."""
    page = Page(client.get(f"/newsletter/confirm?token={token}"))
    [shown] = page.all("input")
    form = {"shown_at": float(str(shown["value"])) - after, "answer": "yes"}
    return client.post(f"/newsletter/confirm{page.action()}", form)


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def everything() -> list[Any]:
    """All that a link could change."""
    models = [Subscriber, Suppression, Consent, ConfirmationToken, MailJob]
    return [list(model._default_manager.order_by("pk").values()) for model in models]


class Page(HTMLParser):
    """What a page without scripts offers."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def action(self) -> str:
        return str(self.all("form")[0]["action"])


class TestScanners:
    def test_reading_every_link_of_every_mail_three_times_changes_nothing(
        self, client: Client, sink: Sink
    ) -> None:
        half = scaled("LINK_MAILS", short=50, long=500) // 2
        for n in range(half):
            sign_ups.sign_up(address=f"new-{n}@example.com", choices={}, source="api", now=NOW)
            sign_ups.sign_up(
                address=SubscriberFactory(address=f"old-{n}@example.com").address,
                choices={},
                source="api",
                now=NOW,
            )
        while MailJob.objects.exists():
            work()
        opened = [
            f"{path}?token={token}"
            for received in sink.received
            for path, token in links_in(received).items()
        ]
        before = everything()

        statuses = {
            client.generic(method, address).status_code
            for address in opened
            for method in ("GET", "HEAD", "OPTIONS")
            for _ in range(3)
        }

        assert len(opened) == half + 2 * half
        assert statuses == {200, 204}
        assert everything() == before

    def test_a_link_still_confirms_after_that(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)
        for _ in range(7):
            client.get(f"/newsletter/confirm?token={token}")

        response = press_yes(client, token)

        assert response.status_code == 200
        assert Subscriber.objects.get().status == "active"


class TestProgramsThatSubmitForms:
    """What they post to the confirmation page; a person's press afterwards still counts."""

    @pytest.mark.parametrize(
        "form",
        [
            pytest.param({}, id="a form without a button"),
            pytest.param({"shown_at": NOW.timestamp() - 60}, id="the fields alone"),
            pytest.param({"shown_at": NOW.timestamp(), "answer": "yes"}, id="the right button at once"),
            pytest.param({"shown_at": NOW.timestamp() - 1.9, "answer": "yes"}, id="within two seconds"),
            pytest.param({"shown_at": NOW.timestamp(), "answer": "no"}, id="the first button at once"),
            pytest.param({"answer": "yes"}, id="a button without the fields"),
            pytest.param({"shown_at": "soon", "answer": "yes"}, id="a field filled in with words"),
            pytest.param({"shown_at": "nan", "answer": "yes"}, id="a field that is no number"),
            pytest.param({"shown_at": "inf", "answer": "yes"}, id="a field without an end"),
            pytest.param({"shown_at": NOW.timestamp() - 60, "answer": "maybe"}, id="another answer"),
        ],
    )
    def test_nobody_is_subscribed_by_a_program(
        self, client: Client, sink: Sink, form: dict[str, object]
    ) -> None:
        token = mailed(sink)
        before = everything()

        first = client.post(f"/newsletter/confirm?token={token}", form)
        again = client.post(f"/newsletter/confirm?token={token}", form, headers={"Sec-Purpose": "prefetch"})

        assert (first.status_code, again.status_code) == (200, 200)
        assert everything() == before
        assert "You are subscribed" in press_yes(client, token).content.decode()

    def test_a_person_who_is_quick_is_asked_to_press_once_more(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)

        asked = press_yes(client, token, after=0)

        assert "Please press once more" in asked.content.decode()
        assert "You are subscribed" in press_yes(client, token, after=2).content.decode()


@pytest.mark.parametrize("name", ["confirm", "preferences", "unsubscribe"])
class TestEveryPage:
    @pytest.fixture
    def address(self, sink: Sink, name: str) -> str:
        token = mailed(sink)
        subscriber = Subscriber.objects.get()
        tokens = {
            "confirm": token,
            "preferences": links.preferences_token(subscriber.pk),
            "unsubscribe": links.unsubscribe_token(subscriber.pk),
        }
        return f"/newsletter/{name}?token={tokens[name]}"

    def test_it_is_nobodys_but_the_readers(self, client: Client, address: str) -> None:
        response = client.get(address)

        assert response.status_code == 200
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert "ETag" not in response
        assert not response.cookies

    def test_it_is_a_page_for_everybody_without_a_script(self, client: Client, address: str) -> None:
        page = Page(client.get(address))

        assert page.all("html") == [{"lang": "en"}]
        assert len(page.all("h1")) == len(page.all("main")) == 1
        assert page.all("script") == []
        assert not [value for _, attributes in page.tags for value in attributes if value.startswith("on")]
        assert page.all("button")

    @pytest.mark.parametrize(
        "token",
        [
            "",
            "nonsense",
            "A" * 43,
            "v1.first.AAAA.AAAA",
            "%3Cscript%3E",
            "é",
            "A" * 3_000,
            "v1.." + "%2e" * 9,
        ],
    )
    def test_a_broken_link_is_a_calm_page(self, client: Client, name: str, token: str) -> None:
        for method in ("GET", "POST"):
            response = client.generic(method, f"/newsletter/{name}?token={token}")

            assert response.status_code == 404
            assert response["Content-Type"] == "text/html; charset=utf-8"
            assert "This link is incomplete" in response.content.decode()
            assert b"<script>" not in response.content

    def test_other_methods_are_refused(self, client: Client, address: str) -> None:
        before = everything()

        statuses = {client.generic(method, address).status_code for method in ("PUT", "PATCH", "DELETE")}

        assert statuses == {405}
        assert everything() == before

    def test_the_frontend_may_have_a_page_of_its_own(
        self, client: Client, settings: Settings, address: str, name: str
    ) -> None:
        settings.SITE_NEWSLETTER_URL = "https://www.example.com/mail"

        response = client.get(address)

        assert response.status_code == 302
        assert response["Location"] == f"https://www.example.com/mail/{name}?token={address.split('=')[1]}"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "no-store"


class TestConfirming:
    def test_the_button_confirms_and_leads_to_the_preferences(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)

        response = press_yes(client, token)

        [link] = Page(response).all("a")
        text = response.content.decode()
        assert "You are subscribed" in text
        assert "<strong>a…@example.com</strong> gets every topic, once a week." in text
        assert client.get(path_of(str(link["href"]))).status_code == 200
        assert Consent.objects.order_by("id").last().source == "page"  # type: ignore[union-attr]

    def test_a_new_reader_learns_when_the_next_mail_comes_and_reads_the_last_one(
        self, client: Client, sink: Sink
    ) -> None:
        new_pair()
        sent("2026-W44", subject="Two <tools>", frozen_at=NOW - timedelta(days=6))
        token = mailed(sink)

        response = press_yes(client, token, after=2)

        text = " ".join(response.content.decode().split())
        assert (
            "The next mail goes out on <strong>Tuesday, 3 November 2026, 08:00</strong> (Europe/Berlin)"
            in text
        )
        assert "Two &lt;tools&gt;</a>" in text
        assert "http://127.0.0.1:8000/newsletter/editions/2026-W44" in [
            link["href"] for link in Page(response).all("a")
        ]

    def test_an_expired_link_offers_a_new_mail_whose_link_works(
        self, client: Client, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        token = mailed(sink)
        clock.shift(timedelta(hours=48))
        expired = client.get(f"/newsletter/confirm?token={token}")

        response = client.post(f"/newsletter/confirm{Page(expired).action()}")
        work()

        newer = links_in(sink.to(ADA)[-1])["/newsletter/confirm"]
        assert (expired.status_code, response.status_code) == (409, 200)
        assert newer != token
        assert press_yes(client, newer).status_code == 200
        assert Subscriber.objects.get().status == "active"

    def test_after_no_the_link_is_dead(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)
        address, no = f"/newsletter/confirm?token={token}", {"shown_at": NOW.timestamp() - 60, "answer": "no"}

        declined = client.post(address, no)
        after = client.get(address)

        assert "The link does not work any more" in declined.content.decode()
        assert (after.status_code, Subscriber.objects.get().status) == (409, "pending")

    def test_no_after_a_confirmation_leads_to_the_page_to_leave(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)
        press_yes(client, token)
        no = {"shown_at": NOW.timestamp() - 60, "answer": "no"}

        answer = client.post(f"/newsletter/confirm?token={token}", no)

        assert (answer.status_code, Subscriber.objects.get().status) == (302, "active")
        assert "/newsletter/unsubscribe" in answer["Location"]

    def test_asking_again_counts_like_signing_up(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)

        answers = [client.post(f"/newsletter/confirm?token={token}&again") for _ in range(6)]

        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1]["Retry-After"] == "60"
        assert "Please try again later" in answers[-1].content.decode()
        assert MailJob.objects.count() == 5

    def test_a_blocked_mailbox_is_told_so(self, client: Client, sink: Sink) -> None:
        token = mailed(sink)
        key = bytes(Subscriber.objects.get().address_key)
        Suppression.objects.create(address_key=key, reason="complaint", created_at=NOW)

        response = press_yes(client, token)

        assert response.status_code == 409
        assert "We do not write to this mailbox" in response.content.decode()
        assert "mailto:" in response.content.decode()
        assert Subscriber.objects.get().status == "pending"


class TestPreferences:
    @pytest.fixture
    def address(self) -> str:
        return path_of(links.preferences_url(SubscriberFactory(address=ADA).pk))

    def test_choices_are_saved_and_shown(self, client: Client, address: str) -> None:
        topic, other = CategoryFactory(name="Coding"), CategoryFactory(name="Design & more")
        reviewer = ReviewerFactory(name="The Skeptic")

        response = client.post(
            address,
            {
                "deed": "save",
                "topics": [topic.slug],
                "reviewers": [reviewer.slug],
                "frequency": "monthly",
            },
        )

        checked = {each["value"] for each in Page(response).all("input") if "checked" in each}
        assert "Saved." in response.content.decode()
        assert checked == {"no", topic.slug, reviewer.slug, "monthly"}
        assert other.slug not in checked
        subscriber = Subscriber.objects.get()
        assert subscriber.frequency == "monthly"

    @pytest.mark.parametrize(
        "changes",
        [{"frequency": "hourly"}, {"topics": ["nowhere"]}, {"frequency": ""}],
    )
    def test_what_is_not_offered_is_not_saved(
        self, client: Client, address: str, changes: dict[str, Any]
    ) -> None:
        values = {"deed": "save", "frequency": "monthly", **changes}

        response = client.post(address, values)

        assert response.status_code == 400
        assert "Not saved" in response.content.decode()
        assert Subscriber.objects.get().frequency == "weekly"

    @pytest.mark.parametrize(
        ("posted", "status", "is_every"),
        [
            pytest.param({"every_topic": "yes"}, 200, True, id="every one"),
            pytest.param({"every_topic": "no"}, 400, True, id="none, and no reviewer"),
            pytest.param({"every_topic": "no", "reviewers": ["skeptic"]}, 200, False, id="reviewers alone"),
            pytest.param({}, 200, True, id="a page of before"),
        ],
    )
    def test_every_topic_is_a_choice_of_its_own(
        self, client: Client, address: str, posted: dict[str, Any], status: int, is_every: bool
    ) -> None:
        ReviewerFactory(slug="skeptic")

        response = client.post(address, {"deed": "save", "frequency": "weekly", **posted})

        assert response.status_code == status
        assert ("no mail would ever come" in response.content.decode()) == (status == 400)
        assert Subscriber.objects.get().gets_every_topic == is_every

    @pytest.mark.parametrize(
        ("was", "now_is", "is_every"),
        [
            pytest.param("yes", "yes", False, id="a tick beside the preset"),
            pytest.param("no", "yes", True, id="moved to every one"),
            pytest.param("yes", "no", False, id="moved to some"),
            pytest.param(None, "yes", False, id="a page of before"),
        ],
    )
    def test_of_every_topic_and_a_tick_the_one_chosen_last_counts(
        self, client: Client, address: str, was: str | None, now_is: str, is_every: bool
    ) -> None:
        topic = CategoryFactory()
        preset = {"every_topic_was": was} if was else {}

        client.post(
            address,
            {"deed": "save", "frequency": "weekly", "every_topic": now_is, "topics": [topic.slug], **preset},
        )

        subscriber = Subscriber.objects.get()
        assert subscriber.gets_every_topic == is_every
        assert list(subscriber.topics.all()) == ([] if is_every else [topic])

    def test_a_reader_whose_topics_are_gone_is_told(self, client: Client, address: str) -> None:
        topic = CategoryFactory()
        Subscriber.objects.get().topics.add(topic)
        topic.delete()

        assert "None of the topics that you chose is there any more" in client.get(address).content.decode()

    def test_a_persona_to_follow_is_told_from_a_person(self, client: Client, address: str) -> None:
        ReviewerFactory(name="The Skeptic")
        ReviewerFactory(name="Ada Example", kind="human")

        text = client.get(address).content.decode()

        assert "The Skeptic (a persona)</label>" in text
        assert "Ada Example</label>" in text

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("page", "You confirmed on 2 November 2026."),
            (
                "staff",
                "Your address came with a list that we took over, to which you had subscribed on 2 November 2026.",
            ),
        ],
    )
    def test_it_says_how_the_reader_came(self, client: Client, address: str, source: str, said: str) -> None:
        key = Subscriber.objects.get().address_key
        Subscriber.objects.update(confirmed_at=NOW)
        Consent.objects.create(
            address_key=key, action="confirmed", source=source, wording="x", created_at=NOW
        )

        assert said in client.get(address).content.decode()

    def test_every_field_has_a_label(self, client: Client, address: str) -> None:
        CategoryFactory()
        ReviewerFactory()

        text = client.get(address).content.decode()
        page = Page(client.get(address))

        shown = [each for each in page.all("input") if each["type"] != "hidden"]
        assert text.count("<label><input") == len(shown)
        assert [each["for"] for each in page.all("label") if "for" in each] == [
            each["id"] for each in page.all("select")
        ]
        assert len(page.all("fieldset")) == len(page.all("legend")) == 3

    def test_it_unsubscribes(self, client: Client, address: str) -> None:
        response = client.post(address, {"deed": "unsubscribe"})

        assert "You are unsubscribed" in response.content.decode()
        assert Subscriber.objects.get().status == "unsubscribed"
        assert "is not subscribed" in client.get(address).content.decode()

    @pytest.mark.parametrize("posted", [{"deed": "ask"}, {"deed": "erase", "sure": "on"}])
    def test_it_erases_nobody_but_mails_the_owner_a_link(
        self, client: Client, address: str, posted: dict[str, str], sink: Sink
    ) -> None:
        response = client.post(address, posted)
        work()

        assert "A mail to <strong>a…@example.com</strong> is on its way" in response.content.decode()
        assert "/newsletter/data" in links_in(sink.to(ADA)[-1])
        assert Subscriber.objects.exists()

    def test_who_asks_too_often_for_the_link_is_told_where_it_is(self, client: Client, address: str) -> None:
        answers = [client.post(address, {"deed": "ask"}) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200] * 3 + [429]
        assert "the link in each is good for 24 hours" in answers[-1].content.decode()

    def test_it_shows_no_whole_address_to_whoever_has_a_forwarded_mail(
        self, client: Client, address: str
    ) -> None:
        assert ADA not in client.get(address).content.decode()

    def test_names_are_escaped(self, client: Client, address: str) -> None:
        CategoryFactory(name="<script>alert(1)</script>")

        text = client.get(address).content.decode()

        assert "<script>" not in text
        assert "&lt;script&gt;" in text


class TestData:
    @pytest.fixture
    def address(self) -> str:
        return path_of(links.owner_url(SubscriberFactory(address=ADA).pk, now=now()))

    def test_it_exports(self, client: Client, address: str) -> None:
        response = client.post(address, {"deed": "export"})

        assert response["Content-Disposition"].startswith("attachment")
        assert response["Cache-Control"] == "no-store"
        assert response.json()["preferences"]["email"] == ADA

    def test_it_erases_who_is_sure(self, client: Client, address: str) -> None:
        unsure = client.post(address, {"deed": "erase"})
        before = Subscriber.objects.count()

        response = client.post(address, {"deed": "erase", "sure": "on"})

        assert (unsure.status_code, before) == (400, 1)
        assert "You are forgotten" in response.content.decode()
        assert not Subscriber.objects.exists()
        assert client.get(address).status_code == 404

    def test_it_mails_another_address_a_link_that_moves_the_mail_there(
        self, client: Client, sink: Sink, address: str
    ) -> None:
        response = client.post(address, {"deed": "move", "email": " Ada@example.org "})
        work()

        token = links_in(sink.to("ada@example.org")[-1])["/newsletter/confirm"]
        assert response.status_code == 200
        assert press_yes(client, token).status_code == 200
        assert dict(Subscriber.objects.values_list("address", "status")) == {
            ADA: "unsubscribed",
            "ada@example.org": "active",
        }

    def test_after_a_move_the_pages_of_the_old_address_say_so_and_name_no_new_one(
        self, client: Client, sink: Sink, address: str
    ) -> None:
        client.post(address, {"deed": "move", "email": "bob@example.org"})
        work()
        press_yes(client, links_in(sink.to("bob@example.org")[-1])["/newsletter/confirm"])
        old = Subscriber.objects.get(address=ADA).pk

        pages = [client.get(path_of(url(old))) for url in (links.preferences_url, links.unsubscribe_url)]

        for page in pages:
            assert "moved to another address" in " ".join(page.content.decode().split())
            assert "example.org" not in page.content.decode()

    def test_an_expired_link_of_a_move_offers_one_that_still_moves(
        self, client: Client, sink: Sink, address: str, clock: time_machine.Traveller
    ) -> None:
        client.post(address, {"deed": "move", "email": "ada@example.org"})
        work()
        token = links_in(sink.to("ada@example.org")[-1])["/newsletter/confirm"]
        assert "in place of another one" in client.get(f"/newsletter/confirm?token={token}").content.decode()
        clock.shift(timedelta(hours=48))

        client.post(f"/newsletter/confirm?token={token}&again")
        work()
        press_yes(client, links_in(sink.to("ada@example.org")[-1])["/newsletter/confirm"])

        assert dict(Subscriber.objects.values_list("address", "status")) == {
            ADA: "unsubscribed",
            "ada@example.org": "active",
        }

    @pytest.mark.parametrize(
        ("email", "words"),
        [
            ("ada@localhost", "no mail address that we can write to"),
            (ADA, "the mail goes to already"),
            ("", "no mail address"),
        ],
    )
    def test_an_address_that_will_not_do_is_shown_again_with_the_reason(
        self, client: Client, address: str, email: str, words: str
    ) -> None:
        response = client.post(address, {"deed": "move", "email": email})

        assert response.status_code == 400
        assert words in response.content.decode()
        assert email in response.content.decode()
        assert not MailJob.objects.exists()

    def test_a_link_to_preferences_does_not_open_it(self, client: Client) -> None:
        token = links.preferences_token(SubscriberFactory().pk)

        response = client.post(f"/newsletter/data?token={token}", {"deed": "erase", "sure": "on"})

        assert response.status_code == 403
        assert Subscriber.objects.exists()


class TestUnsubscribing:
    @pytest.fixture
    def subscriber(self) -> Subscriber:
        subscriber: Subscriber = SubscriberFactory(address=ADA)
        return subscriber

    @pytest.fixture
    def address(self, subscriber: Subscriber) -> str:
        return path_of(links.unsubscribe_url(subscriber.pk))

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            pytest.param(b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded", id="urlencoded"),
            pytest.param(
                encode_multipart(BOUNDARY, {"List-Unsubscribe": "One-Click"}),
                MULTIPART_CONTENT,
                id="multipart",
            ),
            pytest.param(b"--broken", "multipart/form-data", id="broken multipart"),
            pytest.param(b"", "text/plain", id="nothing"),
            pytest.param(b"\xff" * 5_000, "application/octet-stream", id="something else"),
        ],
    )
    def test_one_click_is_enough(self, client: Client, address: str, body: bytes, content_type: str) -> None:
        response = client.generic(
            "POST", address, body, content_type=content_type, headers={"Origin": "https://mail.example.org"}
        )

        assert response.status_code == 200
        assert not response.cookies
        assert Subscriber.objects.get().status == "unsubscribed"
        assert Suppression.objects.get().reason == "unsubscribe"
        assert Consent.objects.get().source == "one_click"

    def test_the_frontends_pages_do_not_stand_in_its_way(
        self, client: Client, settings: Settings, address: str
    ) -> None:
        settings.SITE_NEWSLETTER_URL = "https://www.example.com"

        assert client.post(address).status_code == 200
        assert Subscriber.objects.get().status == "unsubscribed"

    def test_the_button_does_the_same(self, client: Client, address: str) -> None:
        action = Page(client.get(address)).action()

        response = client.post(f"/newsletter/unsubscribe{action}")

        assert "You are unsubscribed" in response.content.decode()
        assert Consent.objects.get().source == "page"

    def test_it_may_come_twice_and_after_erasing(
        self, client: Client, subscriber: Subscriber, address: str
    ) -> None:
        answers = [client.post(address) for _ in range(2)]
        consent.erase(subscriber=subscriber, source="api", now=NOW)
        answers.append(client.post(address))

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers[:2]}) == 1
        assert Suppression.objects.get().reason == "erased"

    def test_it_names_the_address_masked_and_offers_a_way_back(self, client: Client, address: str) -> None:
        page = client.post(address).content.decode()

        assert "<strong>a…@example.com</strong> gets no more mail" in page
        assert ADA not in page
        assert "Come back, once a month" in page

    @pytest.mark.parametrize(("back", "frequency"), [("same", "weekly"), ("monthly", "monthly")])
    def test_coming_back_takes_a_mail_and_keeps_what_was_chosen(
        self, client: Client, address: str, sink: Sink, back: str, frequency: str
    ) -> None:
        topic = CategoryFactory()
        Subscriber.objects.get().topics.set([topic])
        client.post(address)

        client.post(f"{address}&back={back}")
        still = Subscriber.objects.get().status
        work()
        consent.confirm(token=links_in(sink.to(ADA)[-1])["/newsletter/confirm"], source="page", now=now())

        reader = Subscriber.objects.get()
        assert (still, reader.status, reader.frequency) == ("unsubscribed", "active", frequency)
        assert list(reader.topics.all()) == [topic]

    def test_monthly_instead_is_not_said_to_who_has_left_but_a_way_back_offered(
        self, client: Client, address: str
    ) -> None:
        client.post(address)

        page = client.post(f"{address}&monthly").content.decode()

        reader = Subscriber.objects.get()
        assert (reader.status, reader.frequency) == ("unsubscribed", "weekly")
        assert "You are unsubscribed" in page
        assert "Come back, once a month" in page

    def test_monthly_instead_stays_subscribed(self, client: Client, address: str) -> None:
        client.post(f"{address}&monthly")

        reader = Subscriber.objects.get()
        assert (reader.status, reader.frequency) == ("active", "monthly")

    def test_another_purposes_token_does_not_unsubscribe(
        self, client: Client, subscriber: Subscriber
    ) -> None:
        token = links.preferences_token(subscriber.pk)

        assert client.post(f"/newsletter/unsubscribe?token={token}").status_code == 404
        assert Subscriber.objects.get().status == "active"


def test_tokens_are_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    url = links.unsubscribe_url(SubscriberFactory(address=ADA).pk)
    [token] = parse_qs(urlsplit(url).query)["token"]

    with caplog.at_level("INFO"):
        client.get(path_of(url))
        client.post(path_of(url))

    assert "GET /newsletter/unsubscribe?token=…" in caplog.text
    assert token not in caplog.text
    assert ADA not in caplog.text
