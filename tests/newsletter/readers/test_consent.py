"""Links that work, links that do not, and what lasts when a reader leaves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Unpack

import pytest
import time_machine
from pytest_django.fixtures import Settings

from backend.api.problems import Refusal
from newsletter.models import Consent, Delivery, MailJob, Subscriber, Suppression
from newsletter.readers import consent, links, sign_ups, suppressions
from newsletter.readers.addresses import address_key
from newsletter.readers.links import CONFIRMATION_LIFETIME
from tests.database import at_once
from tests.factories import CategoryFactory, DeliveryFactory, ReviewerFactory, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import links_in, work

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADA = "ada@example.com"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sink")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def now() -> datetime:
    return datetime.now(UTC)


def mailed_token(sink: Sink, **choices: Unpack[consent.Preferences]) -> str:
    sign_ups.sign_up(address=ADA, choices=choices, source="api", now=now())
    work()
    return links_in(sink.to(ADA)[-1])["/newsletter/confirm"]


def confirm(token: str) -> Subscriber:
    return consent.confirm(token=token, source="api", now=now())


def leave() -> None:
    consent.unsubscribe(subscriber=Subscriber.objects.get(), source="api", now=now())


def erase() -> None:
    consent.erase(subscriber=Subscriber.objects.get(), source="api", now=now())


def suppressed_as() -> str | None:
    return Suppression.objects.filter(address_key=address_key(ADA)).values_list("reason", flat=True).first()


def recorded() -> list[str]:
    return list(Consent.objects.order_by("id").values_list("action", flat=True))


class TestConfirming:
    def test_it_takes_what_the_confirmed_sign_up_chose(self, sink: Sink) -> None:
        topic, reviewer = CategoryFactory(), ReviewerFactory()
        token = mailed_token(
            sink,
            topics=[topic.slug],
            reviewers=[reviewer.slug],
            frequency="monthly",
        )

        subscriber = confirm(token)

        assert (subscriber.status, subscriber.confirmed_at) == ("active", NOW)
        assert subscriber.frequency == "monthly"
        assert list(subscriber.topics.all()) == [topic]
        assert list(subscriber.reviewers.all()) == [reviewer]
        assert recorded() == ["asked", "confirmed"]

    def test_twice_is_once(self, sink: Sink, clock: time_machine.Traveller) -> None:
        token = mailed_token(sink)
        confirm(token)
        clock.shift(timedelta(days=20))

        again = confirm(token)

        assert (again.status, again.confirmed_at) == ("active", NOW)
        assert recorded() == ["asked", "confirmed"]

    @pytest.mark.django_db(transaction=True)
    def test_eight_at_once_are_one(self, sink: Sink) -> None:
        token = mailed_token(sink)

        raised = at_once(*[lambda: confirm(token)] * 8)

        assert raised == [None] * 8
        assert recorded() == ["asked", "confirmed"]

    def test_a_sign_up_whose_topic_was_deleted_before_it_was_confirmed_gets_none_not_every_one(
        self, sink: Sink
    ) -> None:
        topic = CategoryFactory()
        token = mailed_token(sink, topics=[topic.slug])
        topic.delete()

        subscriber = confirm(token)

        assert list(subscriber.topics.all()) == []
        assert not subscriber.gets_every_topic

    def test_a_link_lasts_48_hours(self, sink: Sink, clock: time_machine.Traveller) -> None:
        token = mailed_token(sink)
        clock.shift(CONFIRMATION_LIFETIME - timedelta(seconds=1))

        assert confirm(token).status == "active"


def expired(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    clock.shift(CONFIRMATION_LIFETIME)
    return token


def superseded(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    clock.shift(timedelta(minutes=6))
    mailed_token(sink)
    return token


def used_before_leaving(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    confirm(token)
    leave()
    return token


def mailed_before_leaving(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    leave()
    return token


def mailed_before_erasing(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    erase()
    return token


def used_before_erasing(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    confirm(token)
    erase()
    return token


def altered(sink: Sink, clock: time_machine.Traveller) -> str:
    return mailed_token(sink)[:-1] + "_"


def of_preferences(sink: Sink, clock: time_machine.Traveller) -> str:
    mailed_token(sink)
    return links.preferences_token(Subscriber.objects.get().pk)


def mailed_before_a_complaint(sink: Sink, clock: time_machine.Traveller) -> str:
    token = mailed_token(sink)
    Suppression.objects.create(address_key=address_key(ADA), reason="complaint", created_at=NOW)
    return token


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (expired, consent.ExpiredConfirmation),
        (superseded, consent.ExpiredConfirmation),
        (used_before_leaving, consent.UsedConfirmation),
        (mailed_before_leaving, consent.ExpiredConfirmation),
        (mailed_before_erasing, consent.UnknownConfirmation),
        (used_before_erasing, consent.UnknownConfirmation),
        (altered, consent.UnknownConfirmation),
        (of_preferences, consent.UnknownConfirmation),
        (mailed_before_a_complaint, suppressions.BlockedMailbox),
    ],
)
def test_a_link_that_is_over_revives_nobody(
    sink: Sink,
    clock: time_machine.Traveller,
    make: Callable[[Sink, time_machine.Traveller], str],
    refusal: type[Refusal],
) -> None:
    token = make(sink, clock)
    before = recorded()

    with pytest.raises(refusal):
        confirm(token)

    assert not Subscriber.objects.filter(status="active").exists()
    assert recorded() == before


class TestSignedLinks:
    def test_they_last_for_years_and_through_changes_of_keys(
        self, settings: Settings, clock: time_machine.Traveller
    ) -> None:
        settings.NEWSLETTER_KEYS = {"2026": b"o" * 32}
        subscriber = SubscriberFactory()
        tokens = [links.preferences_token(subscriber.pk), links.unsubscribe_token(subscriber.pk)]
        settings.NEWSLETTER_KEYS = {"2028": b"n" * 32, "2026": b"o" * 32}
        clock.shift(timedelta(days=3 * 365))

        read = [links.subscriber_of(token, links.PREFERENCES, links.UNSUBSCRIBE) for token in tokens]

        assert read == [subscriber] * 2
        assert links.preferences_token(subscriber.pk).startswith("v1.2028.")

    def test_a_key_taken_out_takes_its_links_along(self, settings: Settings) -> None:
        settings.NEWSLETTER_KEYS = {"leaked": b"o" * 32}
        token = links.preferences_token(SubscriberFactory().pk)
        settings.NEWSLETTER_KEYS = {"new": b"n" * 32}

        with pytest.raises(links.InvalidSubscriberToken):
            links.subscriber_of(token, links.PREFERENCES)

    def test_one_is_not_good_for_the_other(self) -> None:
        subscriber = SubscriberFactory()

        with pytest.raises(links.InvalidSubscriberToken):
            links.subscriber_of(links.unsubscribe_token(subscriber.pk), links.PREFERENCES)

    def test_who_is_erased_and_comes_back_is_somebody_else(self, sink: Sink) -> None:
        confirm(mailed_token(sink))
        old = links.preferences_token(Subscriber.objects.get().pk)
        erase()
        with time_machine.travel(NOW + timedelta(days=2)):
            confirm(mailed_token(sink))

        with pytest.raises(links.ErasedSubscriber):
            links.subscriber_of(old, links.PREFERENCES)


class TestLeaving:
    def test_it_ends_the_subscription_and_suppresses_the_mailbox(self, sink: Sink) -> None:
        confirm(mailed_token(sink))

        leave()
        leave()

        subscriber = Subscriber.objects.get()
        assert (subscriber.status, subscriber.unsubscribed_at) == ("unsubscribed", NOW)
        assert suppressed_as() == "unsubscribe"
        assert recorded() == ["asked", "confirmed", "unsubscribed"]

    def test_coming_back_takes_a_new_confirmation(self, sink: Sink, clock: time_machine.Traveller) -> None:
        confirm(mailed_token(sink))
        leave()
        clock.shift(timedelta(days=1))

        subscriber = confirm(mailed_token(sink))

        assert (subscriber.status, subscriber.unsubscribed_at) == ("active", None)
        assert suppressed_as() is None
        assert recorded()[-3:] == ["asked", "lifted", "confirmed"]

    def test_choices_never_subscribe_again(self, sink: Sink) -> None:
        confirm(mailed_token(sink))
        leave()

        changed = consent.change_preferences(
            subscriber=Subscriber.objects.get(), choices={"frequency": "monthly"}, source="api", now=NOW
        )

        assert (changed.status, changed.frequency) == ("unsubscribed", "monthly")
        assert suppressed_as() == "unsubscribe"
        assert recorded()[-2:] == ["unsubscribed", "changed"]

    @pytest.mark.django_db(transaction=True)
    def test_leaving_and_confirming_at_once_end_in_one_of_the_two(self, sink: Sink) -> None:
        token = mailed_token(sink)

        at_once(leave, lambda: confirm(token))

        state = (Subscriber.objects.get().status, suppressed_as())
        assert state in {("active", None), ("unsubscribed", "unsubscribe")}


class TestErasing:
    def test_nothing_is_left_but_keys(self, sink: Sink) -> None:
        subscriber = confirm(mailed_token(sink))
        DeliveryFactory(
            subscriber=subscriber, address_key=subscriber.address_key, detail=f"550 <{ADA}> unknown"
        )
        sign_ups.sign_up(address=ADA, choices={}, source="api", now=NOW)

        erase()

        delivery = Delivery.objects.get()
        assert not Subscriber.objects.exists()
        assert not MailJob.objects.exists()
        assert (delivery.subscriber, delivery.address, delivery.detail) == (None, "", "")
        assert suppressed_as() == "erased"
        assert recorded() == ["asked", "confirmed", "erased"]

    @pytest.mark.parametrize("reason", ["complaint", "manual"])
    def test_it_lifts_no_block(self, sink: Sink, reason: str) -> None:
        confirm(mailed_token(sink))
        consent.suppress(keys=[address_key(ADA)], reason=reason, source="provider", now=NOW)

        erase()

        assert suppressed_as() == reason

    def test_suppression_outlives_deleting_everything_else(self, sink: Sink) -> None:
        confirm(mailed_token(sink))
        leave()

        Subscriber.objects.all().delete()

        assert suppressed_as() == "unsubscribe"
        assert recorded() == ["asked", "confirmed", "unsubscribed"]


class TestSuppressing:
    def test_it_ends_the_subscription_and_links_that_are_out(self, sink: Sink) -> None:
        token = mailed_token(sink)

        consent.suppress(keys=[address_key(ADA)], reason="hard_bounce", source="provider", now=NOW)

        assert Subscriber.objects.get().status == "unsubscribed"
        assert suppressed_as() == "hard_bounce"
        with pytest.raises(consent.ExpiredConfirmation):
            confirm(token)


class TestBeingForgotten:
    @pytest.mark.parametrize("is_mailed", [True, False])
    def test_who_is_coming_back_is_there_as_long_as_the_link_works(
        self, sink: Sink, clock: time_machine.Traveller, is_mailed: bool
    ) -> None:
        confirm(mailed_token(sink))
        leave()
        clock.shift(timedelta(days=29, hours=23))
        sign_ups.sign_up(address=ADA, choices={}, source="api", now=now())
        if is_mailed:
            work()
        clock.shift(timedelta(hours=2))

        consent.purge_those_who_left(now=now())
        work()
        token = links_in(sink.to(ADA)[-1])["/newsletter/confirm"]

        assert confirm(token).status == "active"

    def test_who_does_not_come_back_after_all_is_deleted(
        self, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        confirm(mailed_token(sink))
        leave()
        clock.shift(timedelta(days=29, hours=23))
        mailed_token(sink)
        clock.shift(CONFIRMATION_LIFETIME)

        consent.purge_those_who_left(now=now())

        assert not Subscriber.objects.exists()
