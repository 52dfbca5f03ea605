"""What curators see and may do on the pages of subscribers, editions and deliveries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from newsletter.models import Consent, Delivery, Edition, MailJob, ProviderEvent, Subscriber, Suppression
from newsletter.readers.addresses import address_key
from tests.desk import act, count_queries, errors_of, fill, find_mailbox, open_desk, send, submit
from tests.factories import NOW, DeliveryFactory, EditionFactory, SubscriberFactory

pytestmark = pytest.mark.django_db

SUBSCRIBERS = "/admin/newsletter/subscriber/"
EDITIONS = "/admin/newsletter/edition/"
DELIVERIES = "/admin/newsletter/delivery/"
SUPPRESSIONS = "/admin/newsletter/suppression/"
JOBS = "/admin/newsletter/mailjob/"
EVENTS = "/admin/newsletter/providerevent/"


LISTS = {
    # Session, curator; by status; the topics to filter by; all, those found, ids, rows; two for the dates.
    SUBSCRIBERS: 10,
    # Session, curator; whether this database may send; all, those found, ids, rows; two for dates, two for plans.
    EDITIONS: 11,
    # Session, curator; the codes and editions to filter by; those found, the page's ids, its rows; two for the dates.
    DELIVERIES: 9,
}


# Of all lists at once, for making the rows takes longer than to read them.
@pytest.mark.parametrize("rows", [5, 50])
def test_a_list_costs_the_same_however_long_it_is(rows: int) -> None:
    DeliveryFactory.create_batch(rows)

    desk = open_desk()
    assert {address: count_queries(desk, address) for address in LISTS} == LISTS


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("q=first-copy", id="message id"),
        pytest.param("state__exact=failed", id="state"),
        pytest.param("code__exact=550", id="code"),
    ],
)
def test_a_delivery_is_found_by(words: str) -> None:
    delivery = DeliveryFactory(
        subscriber__address="ada@example.com",
        message_id="<first-copy@example.com>",
        state="failed",
        code="550",
    )
    DeliveryFactory()

    response: Any = open_desk().get(f"{DELIVERIES}?{words}")

    assert [found.pk for found in response.context["cl"].result_list] == [delivery.pk]


def test_a_delivery_outlives_its_subscriber_and_can_only_be_read() -> None:
    desk, delivery = open_desk(), DeliveryFactory()

    desk.post(f"{SUBSCRIBERS}{delivery.subscriber.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert Delivery.objects.get().subscriber is None
    assert desk.get(DELIVERIES).status_code == 200
    assert desk.get(f"{DELIVERIES}{delivery.pk}/change/").status_code == 200
    assert desk.post(f"{DELIVERIES}{delivery.pk}/change/", {"state": "failed"}).status_code == 403
    assert (
        desk.post(f"{DELIVERIES}{delivery.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code
        == 403
    )


def test_a_subscriber_is_found_by_status() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    SubscriberFactory(address="ada@example.org", status="pending", confirmed_at=None)

    response: Any = open_desk().get(f"{SUBSCRIBERS}?status__exact=active")

    assert [found.pk for found in response.context["cl"].result_list] == [subscriber.pk]


def test_who_is_looked_for_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    desk = open_desk()

    with caplog.at_level("INFO"):
        desk.get(f"{SUBSCRIBERS}?status__exact=active&q=ada%40example.com")

    assert f"GET {SUBSCRIBERS}?status__exact=…&q=…" in caplog.text
    # A request's id may well hold the letters of her name alone.
    assert "ada%40" not in caplog.text
    assert "ada@" not in caplog.text


def test_nobody_subscribes_somebody_else() -> None:
    assert open_desk().get(f"{SUBSCRIBERS}add/").status_code == 403


def test_a_subscribers_address_can_not_be_changed() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    desk, page = open_desk(), f"{SUBSCRIBERS}{subscriber.pk}/change/"

    form = fill(desk.get(page).context)
    send(desk, page, form | {"address": "eve@example.com", "frequency": "monthly"})

    kept = Subscriber.objects.get()
    assert (kept.address, kept.frequency) == ("ada@example.com", "monthly")


def test_only_the_reader_confirms() -> None:
    subscriber = SubscriberFactory(status="pending", confirmed_at=None)

    submit(open_desk(), f"{SUBSCRIBERS}{subscriber.pk}/change/", status="active", confirmed_at="2026-11-02")

    kept = Subscriber.objects.get()
    assert (kept.status, kept.confirmed_at) == ("pending", None)


def test_lists_show_addresses_masked() -> None:
    SubscriberFactory(address="ada@example.com")
    MailJob.objects.create(address="ada@example.com", choices={}, source="api", due_at=NOW, created_at=NOW)

    desk = open_desk()

    for address in (SUBSCRIBERS, JOBS):
        shown = desk.get(address).content.decode()

        assert "a…@example.com" in shown
        assert "ada@example.com" not in shown


def test_a_curator_can_take_a_subscriber_off_the_list_for_good() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")

    said = act(open_desk(), SUBSCRIBERS, "unsubscribe", [subscriber])

    subscriber.refresh_from_db()
    assert said == ["1 subscriber unsubscribed."]
    assert subscriber.status == "unsubscribed"
    assert Suppression.objects.get().reason == "unsubscribe"
    assert Consent.objects.get().source == "staff"


def test_deleting_a_subscriber_erases_and_suppresses() -> None:
    desk, subscriber = open_desk(), SubscriberFactory(address="ada@example.com")

    desk.post(f"{SUBSCRIBERS}{subscriber.pk}/delete/", {"post": "yes", "why": "They asked for it."})

    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"
    assert Consent.objects.get().action == "erased"


def test_staff_blocks_an_address_and_finds_it_again_by_the_whole_of_it() -> None:
    desk = open_desk()
    subscriber = SubscriberFactory(address="ada@example.com")

    desk.post(f"{SUPPRESSIONS}add/", {"address": "ADA@example.com"})
    found = find_mailbox(desk, SUPPRESSIONS, "Ada@Example.com")
    nothing = find_mailbox(desk, SUPPRESSIONS, "bob@example.com")

    blocked = Suppression.objects.get()
    subscriber.refresh_from_db()
    assert (blocked.reason, bytes(blocked.address_key)) == ("manual", address_key("ada@example.com"))
    assert subscriber.status == "unsubscribed"
    assert list(found.context["cl"].result_list) == [blocked]
    assert list(nothing.context["cl"].result_list) == []
    assert desk.get(f"{SUPPRESSIONS}{blocked.pk}/change/").status_code == 200
    assert "example.com" not in found.content.decode()


def test_what_is_no_address_cannot_be_blocked() -> None:
    response = open_desk().post(f"{SUPPRESSIONS}add/", {"address": "ada"})

    assert errors_of(response) == {"address": ["This is no mail address that we can write to."]}
    assert not Suppression.objects.exists()


def test_lifting_a_suppression_is_recorded_and_subscribes_nobody() -> None:
    desk = open_desk()
    desk.post(f"{SUPPRESSIONS}add/", {"address": "ada@example.com"})

    desk.post(f"{SUPPRESSIONS}{Suppression.objects.get().pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert not Suppression.objects.exists()
    assert list(Consent.objects.order_by("id").values_list("action", flat=True)) == ["suppressed", "lifted"]


@pytest.mark.parametrize("address", ["consent", "mailjob"])
def test_what_the_product_writes_can_only_be_read(address: str) -> None:
    desk = open_desk()
    desk.post(f"{SUPPRESSIONS}add/", {"address": "ada@example.com"})
    MailJob.objects.create(address="ada@example.com", choices={}, source="api", due_at=NOW, created_at=NOW)
    row = {"consent": Consent.objects, "mailjob": MailJob.objects}[address].get()

    page = f"/admin/newsletter/{address}/{row.pk}/"

    assert desk.get(f"{page}change/").status_code == 200
    assert desk.post(f"{page}change/", {}).status_code == 403
    assert desk.post(f"{page}delete/", {"post": "yes", "why": "A mistake."}).status_code == 403


def test_an_edition_is_added_as_a_draft() -> None:
    submit(open_desk(), f"{EDITIONS}add/", week="2099-W48", subject="Two tools", state="done")

    edition = Edition.objects.get()
    assert (edition.week, edition.state) == ("2099-W48", "draft")


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ("2027-W53", "The calendar has no 2027-W53."),
        ("2020-W01", "2020-W01 is over: a draft for it would never"),
        ("9999-W01", "Choose a week of the years from 2000 to 2199."),
        ("1999-W01", "Choose a week of the years from 2000 to 2199."),
    ],
)
def test_a_draft_is_for_a_week_that_comes(week: str, said: str) -> None:
    response = submit(open_desk(), f"{EDITIONS}add/", week=week)

    assert errors_of(response)["week"][0].startswith(said)
    assert not Edition.objects.exists()


@pytest.mark.parametrize("week", ["2026-W00", "2026-W54", "2026-48", "W48", "2026-W4"])
def test_a_week_that_is_none_is_refused(week: str) -> None:
    response = submit(open_desk(), f"{EDITIONS}add/", week=week)

    assert errors_of(response) == {"week": ["Write the ISO week like 2026-W48."]}


def test_a_draft_is_offered_for_the_coming_week() -> None:
    with time_machine.travel(datetime(2026, 11, 28, 9, 0, tzinfo=UTC), tick=False):
        EditionFactory(week="2026-W49")
        desk = open_desk()
        page = desk.get(f"{EDITIONS}add/").content.decode()

    assert 'value="2026-W50"' in page
    assert "The ISO week in which it goes out" in page


def test_a_subject_and_a_name_are_one_line_without_what_nobody_sees() -> None:
    submit(
        open_desk(),
        f"{EDITIONS}add/",
        week="2099-W48",
        subject="Two\r\nBcc: eve@example.com \u202egpj\u202c",
        intro="Hello.",
        editor="Ada\r\n\u200fLovelace",
    )

    edition = Edition.objects.get()
    assert edition.subject == "Two Bcc: eve@example.com gpj"
    assert edition.editor == "Ada Lovelace"


@pytest.mark.parametrize("field", ["week", "subject", "intro"])
def test_a_nul_in_an_editions_text_is_refused(field: str) -> None:
    edition = EditionFactory()

    response = submit(open_desk(), f"{EDITIONS}{edition.pk}/change/", **{field: "a\x00b"})

    assert "Null characters are not allowed." in errors_of(response)[field]


def test_a_frozen_edition_can_only_be_read() -> None:
    desk, edition = open_desk(), EditionFactory(state="frozen", frozen_at=NOW)

    assert desk.get(f"{EDITIONS}{edition.pk}/change/").status_code == 200
    assert desk.post(f"{EDITIONS}{edition.pk}/change/", {"week": "2020-W01"}).status_code == 403
    assert (
        desk.post(f"{EDITIONS}{edition.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code == 403
    )


def test_a_draft_edition_with_deliveries_is_protected() -> None:
    edition = DeliveryFactory().edition

    response = open_desk().post(f"{EDITIONS}{edition.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert "Cannot delete edition" in response.content.decode()
    assert Edition.objects.filter(pk=edition.pk).exists()


@pytest.mark.parametrize(
    ("action", "before", "after", "said"),
    [
        pytest.param("pause", "sending", "paused", "1 edition paused.", id="pause"),
        pytest.param("resume", "paused", "sending", "1 edition resumed.", id="resume"),
    ],
)
def test_a_curator_steers_an_edition(action: str, before: str, after: str, said: str) -> None:
    edition = EditionFactory(state=before, frozen_at=NOW, prepared_at=NOW, audience=0)

    assert act(open_desk(), EDITIONS, action, [edition]) == [said]

    edition.refresh_from_db()
    assert edition.state == after


def test_send_now_in_the_list_asks_first_with_the_readers() -> None:
    edition = EditionFactory()
    SubscriberFactory.create_batch(2)

    response = open_desk().post(EDITIONS, {"action": "send_now", "_selected_action": [edition.pk]})

    edition.refresh_from_db()
    assert f"{edition.week} goes out within a minute, to 2 readers at most" in response.content.decode()
    assert edition.due_at is None


def test_several_are_not_sent_now_at_once() -> None:
    said = act(open_desk(), EDITIONS, "send_now", [EditionFactory(), EditionFactory()])

    assert said == ["Select one draft that is not held: each asks first, with its readers."]
    assert not Edition.objects.exclude(due_at=None).exists()


def test_an_edition_is_not_resumed_from_the_list_days_after_another_one() -> None:
    now = timezone.now()
    values = {"frozen_at": now, "prepared_at": now, "audience": 0}
    EditionFactory(state="done", done_at=now, **values)
    paused = EditionFactory(state="paused", **values)

    said = act(open_desk(), EDITIONS, "resume", [paused])

    paused.refresh_from_db()
    assert said == [f"Resume {paused} on its page: another went out less than six days ago."]
    assert paused.state == "paused"


def test_the_list_cancels_nothing_for_it_does_not_ask() -> None:
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=0)
    desk = open_desk()

    offered = desk.get(EDITIONS).context["action_form"].fields["action"].choices
    act(desk, EDITIONS, "cancel", [edition])

    edition.refresh_from_db()
    assert [name for name, _ in offered] == ["", "send_now", "pause", "resume"]
    assert edition.state == "sending"


@pytest.mark.parametrize("action", ["send_now", "pause", "resume"])
def test_an_edition_that_is_over_is_left_alone(action: str) -> None:
    edition = EditionFactory(state="cancelled")

    [said] = act(open_desk(), EDITIONS, action, [edition])

    edition.refresh_from_db()
    assert said.startswith(("Not ", "Select one draft"))
    assert edition.state == "cancelled"


def test_the_page_of_an_edition_shows_what_became_of_its_copies() -> None:
    delivery = DeliveryFactory(edition__state="sending", edition__frozen_at=NOW, edition__audience=1)

    page = open_desk().get(f"{EDITIONS}{delivery.edition_id}/change/").content.decode()

    assert "1: 1 waiting, 0 held, 0 accepted, 0 failed, 0 suppressed, 0 cancelled, 0 uncertain" in page


@pytest.mark.parametrize(
    ("action", "state"),
    [
        pytest.param("settle_as_sent", "accepted", id="sent"),
        pytest.param("settle_as_not_sent", "pending", id="not"),
    ],
)
def test_a_copy_in_doubt_is_settled_by_who_looked_it_up(action: str, state: str) -> None:
    delivery = DeliveryFactory(state="uncertain", uncertain_at=NOW - timedelta(days=30))

    act(open_desk(), DELIVERIES, action, [delivery])

    delivery.refresh_from_db()
    assert delivery.state == state
    assert delivery.detail.startswith("Resolved by ")


def test_a_copy_that_is_not_in_doubt_cannot_be_settled() -> None:
    delivery = DeliveryFactory()

    [said] = act(open_desk(), DELIVERIES, "settle_as_sent", [delivery])

    delivery.refresh_from_db()
    assert said.startswith("Not settled as sent")
    assert delivery.state == "pending"


def event(number: int = 0, **fields: object) -> ProviderEvent:
    known = {"key": b"%d" % number, "provider": "postmark", "kind": "complaint"}
    times = {"happened_at": NOW, "created_at": NOW}
    return ProviderEvent.objects.create(**known | times | fields)


class TestProviderEvents:
    """What curators see of bounces and complaints."""

    @pytest.mark.parametrize("rows", [5, 50])
    def test_the_list_costs_the_same_however_long_it_is(self, rows: int) -> None:
        for number in range(rows):
            event(number, delivery=DeliveryFactory())

        # Session, curator; editions and providers to filter by; those found, the page's ids, its rows; two for the dates.
        assert count_queries(open_desk(), EVENTS) == 9

    @pytest.mark.parametrize("words", ["kind__exact=hard_bounce", "provider=mailgun"])
    def test_an_event_is_found_by(self, words: str) -> None:
        found = event(1, address_key=address_key("ada@example.com"), kind="hard_bounce", provider="mailgun")
        event(2, address_key=address_key("eve@example.com"))

        response: Any = open_desk().get(f"{EVENTS}?{words}")

        assert [row.pk for row in response.context["cl"].result_list] == [found.pk]

    def test_events_of_one_edition_are_found(self) -> None:
        delivery = DeliveryFactory()
        found = event(1, delivery=delivery)
        event(2, delivery=DeliveryFactory())

        response: Any = open_desk().get(f"{EVENTS}?delivery__edition__id__exact={delivery.edition_id}")

        assert [row.pk for row in response.context["cl"].result_list] == [found.pk]

    def test_a_page_names_the_mailbox_by_a_short_key_and_changes_nothing(self) -> None:
        desk, row = open_desk(), event(address_key=address_key("ada@example.com"), detail="550 no such user")

        page = desk.get(f"{EVENTS}{row.pk}/change/").content.decode()

        assert address_key("ada@example.com").hex()[:12] in page
        assert address_key("ada@example.com").hex() not in page
        assert "Bounces and complaints" in desk.get(EVENTS).content.decode().replace("bounces", "Bounces")
        assert desk.post(f"{EVENTS}{row.pk}/change/", {"kind": "taken"}).status_code == 403
        assert desk.post(f"{EVENTS}{row.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code == 403
        assert desk.get(f"{EVENTS}add/").status_code == 403
