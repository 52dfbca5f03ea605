"""The curators' preview of an edition, by choices or as one subscriber gets it, and the tests sent of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import Category
from newsletter.models import Edition, Subscriber, Suppression
from newsletter.readers import links
from newsletter.readers.addresses import address_key
from newsletter.readers.consent_record import record
from reviews.models import Reviewer
from tests.desk import count_queries, desk_of, messages_of, open_desk
from tests.factories import (
    NOW,
    CategoryFactory,
    DeliveryFactory,
    EditionFactory,
    ReviewerFactory,
    SubscriberFactory,
)
from tests.mail_sink import Sink
from tests.newsletter.editions import new_pair, shelf

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def preview_of(edition: Edition) -> str:
    return f"/admin/newsletter/edition/{edition.pk}/preview/"


@pytest.fixture
def edition() -> Edition:
    """A draft, in a week in which there is a pair on each of two topics."""
    now = timezone.now()
    new_pair(first_tool__name="Aider", at=now, first_tool__category=shelf())
    new_pair(first_tool__name="Figma", at=now, first_tool__category=shelf("design", "Design"))
    ReviewerFactory(name="The Skeptic", slug="the-skeptic")
    draft: Edition = EditionFactory(subject="Two tools", intro="Hello.")
    return draft


def test_an_edition_leads_to_its_preview(edition: Edition) -> None:
    page = open_desk().get(f"/admin/newsletter/edition/{edition.pk}/change/").content.decode()

    assert f'href="{preview_of(edition)}"' in page


def test_the_preview_shows_subject_text_and_a_frame_that_can_do_nothing(edition: Edition) -> None:
    response: Any = open_desk().get(preview_of(edition))

    page = response.content.decode()
    assert "Subject: <strong>Two tools</strong>" in page
    assert f'src="{preview_of(edition)}mail/?"' in page
    assert 'sandbox=""' in page
    assert "* Ship Aider" in page
    assert "* Ship Figma" in page
    assert response.context["preview"].composed.intro == "Hello."


def test_the_mail_itself_may_be_framed_by_us_and_may_load_and_run_nothing(edition: Edition) -> None:
    response = open_desk().get(f"{preview_of(edition)}mail/")

    assert "Ship Aider" in response.content.decode()
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    policy = set(response["Content-Security-Policy"].split("; "))
    assert {"default-src 'none'", "frame-ancestors 'self'", "sandbox"} <= policy


@pytest.mark.parametrize(
    ("choices", "shown", "hidden"),
    [
        pytest.param("topics=design", "Ship Figma", "Ship Aider", id="topics"),
        pytest.param(
            "topics=design&topics=developer-tools", "Ship Aider", "nothing to tell", id="two topics"
        ),
        pytest.param("frequency=each_comparison", "each new comparison", "every topic", id="frequency"),
        pytest.param(
            "days=30&reviewers=the-skeptic", "Ship Aider", "nothing to tell", id="days and reviewers"
        ),
    ],
)
def test_choices_change_what_is_shown(edition: Edition, choices: str, shown: str, hidden: str) -> None:
    desk = open_desk()

    text = desk.get(f"{preview_of(edition)}?{choices}").context["preview"].composed.text

    assert shown in text
    assert hidden not in text
    assert shown in desk.get(f"{preview_of(edition)}mail/?{choices}").content.decode()


@pytest.mark.parametrize(
    "choices",
    ["topics=law", "reviewers=nobody", "frequency=hourly", "days=0", "days=367", "days=x", "topics=a%20b"],
)
def test_choices_that_are_none_are_refused(edition: Edition, choices: str) -> None:
    response: Any = open_desk().get(f"{preview_of(edition)}?{choices}")

    assert response.status_code == 200
    assert response.context["preview"].form.errors
    assert response.context["preview"].composed is None


def test_nothing_to_tell_is_said() -> None:
    edition = EditionFactory()
    desk = open_desk()

    assert "There is nothing to tell these readers" in desk.get(preview_of(edition)).content.decode()
    assert desk.get(f"{preview_of(edition)}mail/").status_code == 404


def test_looking_changes_nothing(edition: Edition) -> None:
    open_desk().get(preview_of(edition))

    kept = Edition.objects.get()
    assert (kept.state, kept.html, kept.text, kept.archive) == ("draft", "", "", None)


@pytest.mark.parametrize("page", ["", "mail/"])
def test_only_staff_who_may_see_editions_see_previews(edition: Edition, page: str) -> None:
    stranger, clerk = Client(), Client()
    clerk.force_login(User.objects.create(username="clerk", is_staff=True))

    assert stranger.get(f"{preview_of(edition)}{page}").status_code == 302
    assert clerk.get(f"{preview_of(edition)}{page}").status_code == 403


def test_an_edition_that_is_not_there_has_no_preview() -> None:
    address = "/admin/newsletter/edition/019a4b2e-5c1d-7a34-8f6b-2d9c0e7a1b53/preview/"

    assert open_desk().get(address).status_code == 404


def test_where_a_readers_own_links_stand_the_page_says_so(edition: Edition) -> None:
    new_pair()

    desk = open_desk()
    page: Any = desk.get(preview_of(edition))
    mail = desk.get(f"{preview_of(edition)}mail/").content.decode()

    assert "Unsubscribe:\n(each reader&#x27;s own link)" in page.content.decode()
    for shown in (page.content.decode(), mail):
        assert "_url}}" not in shown
        assert "Read online" not in shown


def test_personas_are_told_from_people(edition: Edition) -> None:
    ReviewerFactory(name="The Skeptic")
    ReviewerFactory(name="Ada", kind="human")

    page = open_desk().get(preview_of(edition)).content.decode()

    assert "The Skeptic (a persona)" in page
    assert "Ada (a persona)" not in page


def test_an_intro_that_would_fill_the_mail_is_refused(edition: Edition) -> None:
    address = f"/admin/newsletter/edition/{edition.pk}/change/"

    response: Any = open_desk().post(address, {"week": edition.week, "intro": "x" * 5_001})

    assert list(response.context["adminform"].form.errors) == ["intro"]


def a_subscriber(*topics: str, address: str = "ada@example.com", **fields: Any) -> Subscriber:
    subscriber: Subscriber = SubscriberFactory(address=address, **fields)
    subscriber.topics.set(Category.objects.filter(slug__in=topics))
    return subscriber


class TestAsOneSubscriberGetsIt:
    def test_it_is_composed_by_their_own_choices(self, edition: Edition) -> None:
        subscriber = a_subscriber("design", frequency="each_comparison")
        subscriber.reviewers.set(Reviewer.objects.filter(slug="the-skeptic"))
        desk = open_desk()

        response: Any = desk.get(f"{preview_of(edition)}?subscriber={subscriber.pk}")

        choices = response.context["preview"].choices
        assert (choices.topics, choices.reviewers, choices.frequency) == (
            ("design",), ("the-skeptic",), "each_comparison",
        )  # fmt: skip
        page = response.content.decode()
        assert "* Ship Figma" in page
        assert "* Ship Aider" not in page
        mail = desk.get(f"{preview_of(edition)}mail/?subscriber={subscriber.pk}").content.decode()
        assert "Ship Figma" in mail
        assert "Ship Aider" not in mail

    def test_it_begins_where_the_last_edition_of_their_kind_ended(self, edition: Edition) -> None:
        now = timezone.now()
        EditionFactory(state="done", frozen_at=now - 3 * DAY, prepared_at=now, done_at=now, audience=0)
        monthly: Edition = EditionFactory(
            state="done", frozen_at=now - 20 * DAY, prepared_at=now, done_at=now, audience=0,
            includes_monthly=True,
        )  # fmt: skip
        desk = open_desk()

        def since(frequency: str) -> datetime:
            subscriber = a_subscriber(address=f"{frequency}@example.com", frequency=frequency)
            page: Any = desk.get(f"{preview_of(edition)}?subscriber={subscriber.pk}")
            began: datetime = page.context["preview"].choices.since
            return began

        assert since("weekly") == now - 3 * DAY
        assert since("monthly") == monthly.frozen_at

    def test_a_whole_address_in_any_spelling_leads_to_its_subscriber_by_id(self, edition: Edition) -> None:
        subscriber = a_subscriber()

        response = open_desk().post(f"{preview_of(edition)}subscriber/", {"address": " Ada@EXAMPLE.com"})

        assert response["Location"] == f"{preview_of(edition)}?subscriber={subscriber.pk}"

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("eve@example.com", "There is no subscriber with this address."),
            ("ada@", "This is no mail address that we can write to."),
            ("", "This field is required."),
        ],
    )
    def test_an_address_that_leads_nowhere_is_not_repeated(
        self, edition: Edition, address: str, said: str
    ) -> None:
        a_subscriber()

        response = open_desk().post(f"{preview_of(edition)}subscriber/", {"address": address}, follow=True)

        assert messages_of(response) == [said]
        assert not address or address not in response.content.decode()

    def test_the_address_is_shown_masked(self, edition: Edition) -> None:
        subscriber = a_subscriber()

        page = open_desk().get(f"{preview_of(edition)}?subscriber={subscriber.pk}").content.decode()

        assert f'<a href="/admin/newsletter/subscriber/{subscriber.pk}/change/">a…@example.com</a>' in page
        assert "ada@example.com" not in page

    @pytest.mark.parametrize(
        ("fields", "reason", "obstacles"),
        [
            pytest.param({}, "", [], id="nothing"),
            pytest.param(
                {"status": "pending", "confirmed_at": None}, "", ["They have not confirmed."], id="pending"
            ),
            pytest.param(
                {"status": "unsubscribed", "unsubscribed_at": NOW}, "", ["They have left."], id="left"
            ),
            pytest.param({}, "hard_bounce", ["Their mailbox is suppressed: hard bounce."], id="bounced"),
            pytest.param(
                {"frequency": "monthly"},
                "",
                ["They read monthly, and get another edition of this month."],
                id="monthly",
            ),
        ],
    )
    # So that no month ends between the two editions.
    @time_machine.travel(NOW, tick=False)
    def test_why_they_get_no_copy_is_said(
        self, edition: Edition, fields: dict[str, Any], reason: str, obstacles: list[str]
    ) -> None:
        now = timezone.now()
        EditionFactory(
            state="done", frozen_at=now - timedelta(seconds=1), prepared_at=now, done_at=now, audience=0,
            includes_monthly=True,
        )  # fmt: skip
        Edition.objects.filter(pk=edition.pk).update(due_at=now)
        subscriber = a_subscriber(**fields)
        if reason:
            Suppression.objects.create(address_key=subscriber.address_key, reason=reason, created_at=NOW)

        response: Any = open_desk().get(f"{preview_of(edition)}?subscriber={subscriber.pk}")

        assert response.context["reader"].obstacles == obstacles

    @time_machine.travel("2026-11-28T09:00:00Z", tick=False)
    def test_whether_monthly_readers_get_it_follows_from_the_time_that_it_goes_out(
        self, edition: Edition
    ) -> None:
        now = timezone.now()
        EditionFactory(
            week="2026-W48", state="done", frozen_at=now - timedelta(seconds=1), prepared_at=now, done_at=now,
            audience=0, includes_monthly=True,
        )  # fmt: skip
        # Of the next month.
        Edition.objects.filter(pk=edition.pk).update(week="2026-W50")
        subscriber = a_subscriber(frequency="monthly")

        response: Any = open_desk().get(f"{preview_of(edition)}?subscriber={subscriber.pk}")

        assert response.context["reader"].obstacles == []

    @pytest.mark.parametrize("subscriber", ["019a4b2e-5c1d-7a34-8f6b-2d9c0e7a1b53", "ada@example.com", "1"])
    def test_whoever_is_not_there_has_none(self, edition: Edition, subscriber: str) -> None:
        assert open_desk().get(f"{preview_of(edition)}?subscriber={subscriber}").status_code == 404

    def test_their_page_leads_to_it(self, edition: Edition) -> None:
        subscriber = a_subscriber()

        page = open_desk().get(f"/admin/newsletter/subscriber/{subscriber.pk}/change/").content.decode()

        assert f'href="{preview_of(edition)}?subscriber={subscriber.pk}"' in page

    @pytest.mark.parametrize(
        ("permissions", "status"),
        [
            pytest.param(("view_edition",), 403, id="editions alone"),
            pytest.param(("view_subscriber",), 403, id="subscribers alone"),
            pytest.param(("view_edition", "view_subscriber"), 200, id="both"),
        ],
    )
    def test_it_takes_the_permission_to_see_both(
        self, edition: Edition, permissions: tuple[str, ...], status: int
    ) -> None:
        subscriber = a_subscriber()
        desk = desk_of(*permissions)

        found = desk.post(f"{preview_of(edition)}subscriber/", {"address": "ada@example.com"})

        assert desk.get(f"{preview_of(edition)}?subscriber={subscriber.pk}").status_code == status
        assert desk.get(f"{preview_of(edition)}mail/?subscriber={subscriber.pk}").status_code == status
        assert found.status_code == (302 if status == 200 else 403)

    def test_whoever_may_not_see_subscribers_is_not_asked_for_one(self, edition: Edition) -> None:
        page = desk_of("view_edition").get(preview_of(edition)).content.decode()

        assert f"{preview_of(edition)}subscriber/" not in page

    def test_of_an_edition_that_was_sent_it_says_that_it_is_made_anew(self, edition: Edition) -> None:
        Edition.objects.update(state="sending", frozen_at=timezone.now())
        subscriber = a_subscriber()

        page = open_desk().get(f"{preview_of(edition)}?subscriber={subscriber.pk}").content.decode()

        assert "This edition is no longer a draft" in page


LEDGER = [
    "consent", "confirmationtoken", "delivery", "edition", "mailjob", "mailrate", "segment",
    "subscriber", "subscriber_reviewers", "subscriber_topics", "suppression",
]  # fmt: skip


def ledger() -> dict[str, list[str]]:
    """Each row of each table of the mail, as PostgreSQL writes it."""
    with connection.cursor() as cursor:
        found = {}
        for table in LEDGER:
            cursor.execute(f"SELECT row::text FROM newsletter_{table} row ORDER BY 1")
            found[table] = [text for (text,) in cursor.fetchall()]
    return found


class TestSendingATest:
    def send(self, desk: Client, edition: Edition, address: str, query: str = "") -> Any:
        return desk.post(f"{preview_of(edition)}test/?{query}", {"address": address}, follow=True)

    def test_what_is_shown_is_mailed_to_the_address(self, edition: Edition, sink: Sink) -> None:
        response = self.send(open_desk(), edition, "Eve@Example.com", "topics=design")

        [received] = sink.received
        assert received.recipient == "eve@example.com"
        assert received.mail["Subject"] == "[Test] Two tools"
        assert "Ship Figma" in received.text
        assert "Ship Aider" not in received.text
        assert "Ship Figma" in received.html
        assert messages_of(response) == ["A test is on its way to e…@example.com."]
        assert response.redirect_chain == [(f"{preview_of(edition)}?topics=design", 302)]

    def test_as_one_subscriber_gets_it_but_with_links_of_nobody(self, edition: Edition, sink: Sink) -> None:
        subscriber = a_subscriber("design")

        self.send(open_desk(), edition, "eve@example.com", f"subscriber={subscriber.pk}")

        [received] = sink.received
        assert "Ship Figma" in received.text
        assert "Ship Aider" not in received.text
        assert links.unsubscribe_token(subscriber.pk) not in received.text + received.html
        assert links.preferences_token(subscriber.pk) not in received.text + received.html

    @pytest.mark.parametrize("address", ["ada@example.com", "refused-ada@example.com"])
    def test_the_ledger_never_hears_of_it(self, edition: Edition, sink: Sink, address: str) -> None:
        a_subscriber("design", address=address)
        DeliveryFactory(edition=edition)
        record([address_key("ada@example.com")], "asked", source="page", now=NOW)
        before = ledger()

        self.send(open_desk(), edition, address)

        assert ledger() == before
        assert {table for table, rows in before.items() if rows} >= {
            "consent", "delivery", "edition", "segment", "subscriber", "subscriber_topics",
        }  # fmt: skip

    def test_it_goes_to_the_curators_own_address_unless_they_type_another(self, edition: Edition) -> None:
        desk = open_desk()
        User.objects.update(email="curator@example.com")

        page: Any = desk.get(preview_of(edition))

        assert page.context["test_form"]["address"].value() == "curator@example.com"

    def test_the_history_has_it_without_the_address(self, edition: Edition, sink: Sink) -> None:
        desk = open_desk()

        self.send(desk, edition, "eve@example.com")

        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.get_change_message()) == (
            str(edition.pk), "Sent a test to e…@example.com.",
        )  # fmt: skip
        history = desk.get(f"/admin/newsletter/edition/{edition.pk}/history/").content.decode()
        assert "Sent a test to e…@example.com." in history
        assert "eve@example.com" not in history

    def test_no_log_line_of_ours_holds_the_address(
        self, edition: Edition, sink: Sink, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.send(open_desk(), edition, "refused-eve@example.com")

        # The server of the test tells all it hears.
        told = "\n".join(str(record.msg) for record in caplog.records if record.name != "mail.log")
        assert f"POST {preview_of(edition)}test/" in told
        assert "refused-eve" not in told

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("ada@", "This is no mail address that we can write to."),
            ("ada@example.com\nbcc: eve@example.com", "This is no mail address that we can write to."),
            ("", "This field is required."),
            (
                "refused-ada@example.com",
                "No test was sent to r…@example.com. The mail server did not take it: 550 5.1.1 No such user.",
            ),
        ],
        ids=["no address", "two lines", "empty", "refused"],
    )  # fmt: skip
    def test_what_is_in_the_way_is_said(self, edition: Edition, sink: Sink, address: str, said: str) -> None:
        response = self.send(open_desk(), edition, address)

        assert (response.status_code, messages_of(response)) == (200, [said])
        assert sink.received == []
        assert not LogEntry.objects.exists()

    def test_where_there_is_nothing_to_tell_nothing_is_sent(self, sink: Sink) -> None:
        response = self.send(open_desk(), EditionFactory(), "ada@example.com")

        assert messages_of(response) == ["Nothing was sent: there is nothing to tell these readers."]
        assert sink.received == []

    def test_the_sixth_within_a_minute_has_to_wait(self, edition: Edition, sink: Sink) -> None:
        desk = open_desk()

        said = [messages_of(self.send(desk, edition, "ada@example.com"))[0] for _ in range(6)]

        assert said[4] == "A test is on its way to a…@example.com."
        assert said[5].startswith("No test was sent to a…@example.com. At most 5 tests in 60 seconds")
        assert len(sink.received) == 5

    @pytest.mark.parametrize(
        ("permissions", "status"),
        [((), 403), (("change_edition",), 403), (("view_edition", "send_edition"), 302)],
        ids=["none", "change", "send"],
    )
    def test_it_takes_the_permission_to_send_editions(
        self, edition: Edition, sink: Sink, permissions: tuple[str, ...], status: int
    ) -> None:
        desk = desk_of(*permissions)

        response = desk.post(f"{preview_of(edition)}test/", {"address": "ada@example.com"})

        assert response.status_code == status
        assert len(sink.received) == (1 if status == 302 else 0)
        shown = desk.get(preview_of(edition)).content.decode()
        assert ("Send test" in shown) is (status == 302)

    def test_a_look_at_its_address_sends_nothing(self, edition: Edition, sink: Sink) -> None:
        response = open_desk().get(f"{preview_of(edition)}test/?address=ada@example.com")

        assert (response.status_code, sink.received) == (405, [])

    def test_a_post_of_another_site_sends_nothing(self, edition: Edition, sink: Sink) -> None:
        desk = Client(enforce_csrf_checks=True)
        desk.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))

        response = desk.post(f"{preview_of(edition)}test/", {"address": "ada@example.com"})

        assert (response.status_code, sink.received) == (403, [])


@pytest.mark.parametrize("number", [1, 20])
def test_the_page_costs_the_same_however_many_choices_there_are(edition: Edition, number: int) -> None:
    subscriber = a_subscriber("design", "developer-tools")
    subscriber.reviewers.set(ReviewerFactory.create_batch(number))
    CategoryFactory.create_batch(number)
    desk = open_desk()

    # Session, curator, edition, subscriber; what they chose, two, and each looked up, two; the last edition's end;
    # what there is to tell, six; when last mailed, and whether suppressed; the boxes to tick, two;
    # the root of the last day.
    assert count_queries(desk, f"{preview_of(edition)}?subscriber={subscriber.pk}") == 20
