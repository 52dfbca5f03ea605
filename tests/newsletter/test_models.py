"""What the database promises of the weekly mail: one mailbox, one row; one edition, one copy; states that hold true."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from newsletter.models import (
    ConfirmationToken,
    Consent,
    Delivery,
    Edition,
    MailJob,
    ProviderEvent,
    SendingIdentity,
    Subscriber,
    Suppression,
)
from tests.database import broken_constraint, constraints_of, execute
from tests.factories import (
    NOW,
    CategoryFactory,
    DeliveryFactory,
    EditionFactory,
    ReviewerFactory,
    SegmentFactory,
    SubscriberFactory,
)

pytestmark = pytest.mark.django_db


def edition_with(**fields: object) -> Edition:
    edition: Edition = EditionFactory(**fields)
    return edition


def two_copies_for_one_subscriber() -> None:
    first = DeliveryFactory()
    DeliveryFactory(edition=first.edition, subscriber=first.subscriber, address_key=b"another")


def two_copies_to_one_mailbox() -> None:
    first = DeliveryFactory()
    DeliveryFactory(edition=first.edition, address_key=first.address_key)


def two_segments_for_the_same_choices() -> None:
    first = SegmentFactory()
    SegmentFactory(edition=first.edition, key=first.key)


def topic_twice() -> None:
    subscriber, topic = SubscriberFactory(), CategoryFactory()
    through = Subscriber.topics.through
    for _ in range(2):
        through.objects.create(subscriber=subscriber, category=topic)


def reviewer_twice() -> None:
    subscriber, reviewer = SubscriberFactory(), ReviewerFactory()
    through = Subscriber.reviewers.through
    for _ in range(2):
        through.objects.create(subscriber=subscriber, reviewer=reviewer)


def suppression(**fields: object) -> object:
    return Suppression.objects.create(
        **{"address_key": b"key", "reason": "unsubscribe", "created_at": NOW} | fields
    )


def consent(**fields: object) -> object:
    return Consent.objects.create(
        **{"address_key": b"key", "action": "asked", "source": "api", "created_at": NOW} | fields
    )


def mail_job(**fields: object) -> object:
    return MailJob.objects.create(
        **{"address": "ada@example.com", "choices": {}, "source": "api", "due_at": NOW, "created_at": NOW}
        | fields
    )


def confirmation_that_replaces_itself() -> None:
    reader = SubscriberFactory()
    ConfirmationToken.objects.create(
        key=b"key",
        subscriber=reader,
        replaces=reader,
        mailbox_key=b"mailbox",
        job_id=reader.pk,
        choices={},
        created_at=NOW,
        expires_at=NOW,
    )


def provider_event(**fields: object) -> object:
    times = {"happened_at": NOW, "created_at": NOW}
    return ProviderEvent.objects.create(
        **{"key": b"key", "provider": "postmark", "kind": "complaint", **times} | fields
    )


BROKEN: dict[str, Callable[[], object]] = {
    "newsletter_subscriber_address_key_key": lambda: SubscriberFactory.create_batch(2, address_key=b"twice"),
    "newsletter_suppression_address_key_key": lambda: [suppression(), suppression()],
    "suppression_reason_is_known": lambda: suppression(reason="mood"),
    "consent_deed_is_known": lambda: consent(action="guessed"),
    "consent_source_is_known": lambda: consent(source="rumour"),
    "a_confirmation_replaces_another_address": confirmation_that_replaces_itself,
    "mail_job_kind_is_known": lambda: mail_job(kind="rumour"),
    "mail_job_state_is_known": lambda: mail_job(state="hidden"),
    "mail_job_source_is_known": lambda: mail_job(source="rumour"),
    "newsletter_mailjob_attempts_check": lambda: mail_job(attempts=-1),
    "newsletter_subscriber_re_subscriber_id_reviewer_i_45124ede_uniq": reviewer_twice,
    "subscriber_status_is_known": lambda: SubscriberFactory(status="hidden"),
    "subscriber_frequency_is_known": lambda: SubscriberFactory(frequency="hourly"),
    "an_active_subscriber_has_confirmed": lambda: SubscriberFactory(confirmed_at=None),
    "an_unsubscribed_subscriber_has_a_time": lambda: SubscriberFactory(status="unsubscribed"),
    "newsletter_subscriber_to_subscriber_id_category_i_eba0e1ad_uniq": topic_twice,
    "newsletter_edition_week_key": lambda: EditionFactory.create_batch(2, week="2026-W48"),
    "newsletter_edition_audience_check": lambda: EditionFactory(audience=-1),
    "edition_week_is_in_the_calendar": lambda: EditionFactory(week="2026-W54"),
    "edition_state_is_known": lambda: EditionFactory(state="hidden", frozen_at=NOW),
    "a_sent_edition_was_frozen": lambda: EditionFactory(state="sending"),
    "a_done_edition_was_prepared": lambda: EditionFactory(state="done", frozen_at=NOW),
    "edition_repeat_is_known": lambda: EditionFactory(repeat="perhaps"),
    "a_held_edition_is_not_begun": lambda: EditionFactory(repeat="held", state="frozen", frozen_at=NOW),
    "one_sending_identity": lambda: SendingIdentity.objects.create(id=2, cluster=""),
    "newsletter_delivery_fence_check": lambda: DeliveryFactory(fence=-1),
    "newsletter_delivery_attempts_check": lambda: DeliveryFactory(attempts=-1),
    "delivery_state_is_known": lambda: DeliveryFactory(state="hidden"),
    "one_delivery_per_subscriber_and_edition": two_copies_for_one_subscriber,
    "one_delivery_per_edition_and_mailbox": two_copies_to_one_mailbox,
    "an_accepted_delivery_has_a_time": lambda: DeliveryFactory(state="accepted"),
    "a_claimed_delivery_has_a_lease": lambda: DeliveryFactory(state="claimed"),
    "a_waiting_delivery_has_a_time": lambda: DeliveryFactory(next_attempt_at=None),
    "an_uncertain_delivery_has_a_time": lambda: DeliveryFactory(state="uncertain"),
    "one_segment_per_edition_and_choices": two_segments_for_the_same_choices,
    "newsletter_providerevent_key_key": lambda: [provider_event(), provider_event()],
    "provider_event_kind_is_known": lambda: provider_event(kind="mood"),
    "newsletter_segment_item_count_check": lambda: SegmentFactory(item_count=-1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_must_never_happen_is_refused(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


def test_every_constraint_is_broken_on_purpose() -> None:
    assert constraints_of("newsletter") == set(BROKEN)


@pytest.mark.parametrize(
    "week",
    [
        *("2026-W1", "2026-W00", "2026-48", "26-W48", "2026-w48", "2026-W4\n", ""),
        *("2027-W53", "2025-W53", "1026-W48", "2026-13-01", "2026-11-32", "2026-1-01"),
    ],
)
def test_no_way_in_makes_an_edition_of_a_week_that_the_calendar_lacks(week: str) -> None:
    assert broken_constraint(lambda: EditionFactory(week=week)) == "edition_week_is_in_the_calendar"


@pytest.mark.parametrize(
    "week", ["2026-W01", "2026-W09", "2026-W10", "2026-W49", "2026-W53", "2032-W53", "2026-11-28"]
)
def test_every_iso_week_and_day_may_have_an_edition(week: str) -> None:
    assert EditionFactory(week=week).week == week


@pytest.mark.parametrize("missing", ["prepared_at", "audience", "done_at"])
def test_a_done_edition_lacks_nothing(missing: str) -> None:
    complete = {"state": "done", "frozen_at": NOW, "prepared_at": NOW, "audience": 0, "done_at": NOW}

    refusal = broken_constraint(lambda: edition_with(**complete | {missing: None}))

    assert refusal == "a_done_edition_was_prepared"
    assert edition_with(**complete).state == "done"


@pytest.mark.parametrize("state", ["frozen", "preparing", "sending", "paused", "done"])
def test_nothing_is_sent_before_it_is_frozen(state: str) -> None:
    prepared = {"prepared_at": NOW, "audience": 0, "done_at": NOW}

    refusal = broken_constraint(lambda: edition_with(state=state, **prepared))

    assert refusal == "a_sent_edition_was_frozen"
    assert edition_with(state=state, frozen_at=NOW, **prepared).state == state


def test_an_edition_may_be_cancelled_before_it_is_frozen() -> None:
    assert edition_with(state="cancelled").frozen_at is None


@pytest.mark.parametrize("state", [state for state in Delivery.State.values if state != "accepted"])
def test_only_an_accepted_delivery_has_a_time_of_acceptance(state: str) -> None:
    refusal = broken_constraint(
        lambda: DeliveryFactory(state=state, accepted_at=NOW, lease_until=NOW, uncertain_at=NOW)
    )

    assert refusal == "an_accepted_delivery_has_a_time"
    assert DeliveryFactory(state=state, lease_until=NOW, uncertain_at=NOW).accepted_at is None


@pytest.mark.parametrize("state", ["claimed", "sending"])
def test_what_a_worker_holds_it_holds_for_a_time(state: str) -> None:
    assert broken_constraint(lambda: DeliveryFactory(state=state)) == "a_claimed_delivery_has_a_lease"
    assert DeliveryFactory(state=state, lease_until=NOW).lease_until == NOW


def test_erased_subscribers_leave_their_deliveries_behind_and_one_mailbox_still_gets_one_copy() -> None:
    edition = EditionFactory()
    first, second = (DeliveryFactory(edition=edition) for _ in range(2))

    Subscriber.objects.all().delete()
    again = broken_constraint(lambda: DeliveryFactory(edition=edition, address_key=first.address_key))

    assert set(Delivery.objects.filter(subscriber=None)) == {first, second}
    assert again == "one_delivery_per_edition_and_mailbox"


def test_an_edition_that_was_delivered_cannot_be_deleted() -> None:
    delivery = DeliveryFactory()

    with pytest.raises(ProtectedError):
        delivery.edition.delete()

    assert Delivery.objects.filter(pk=delivery.pk).exists()


def test_the_next_edition_goes_to_the_same_mailbox() -> None:
    first = DeliveryFactory()

    next_one = DeliveryFactory(subscriber=first.subscriber, address_key=first.address_key)

    assert next_one.edition != first.edition


@pytest.mark.parametrize("state", ["pending", "claimed", "sending", "deferred"])
def test_an_edition_is_not_done_while_a_copy_is_under_way(state: str) -> None:
    edition = DeliveryFactory(state=state, lease_until=NOW).edition

    assert broken_constraint(lambda: finish(edition, audience=1)) == "a_done_edition_balances"


@pytest.mark.parametrize("audience", [0, 2])
def test_an_edition_is_not_done_with_more_or_fewer_copies_than_readers(audience: int) -> None:
    edition = DeliveryFactory(state="failed").edition

    assert broken_constraint(lambda: finish(edition, audience=audience)) == "a_done_edition_balances"


@pytest.mark.parametrize("state", ["accepted", "failed", "suppressed", "cancelled", "uncertain"])
def test_an_edition_is_done_when_each_copy_has_come_to_an_end(state: str) -> None:
    accepted_at = NOW if state == "accepted" else None
    edition = DeliveryFactory(state=state, accepted_at=accepted_at, uncertain_at=NOW).edition

    finish(edition, audience=1)

    assert Edition.objects.get().state == "done"


def finish(edition: Edition, *, audience: int) -> None:
    Edition.objects.filter(pk=edition.pk).update(
        state="done", frozen_at=NOW, prepared_at=NOW, done_at=NOW, audience=audience
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE newsletter_consent SET deed = 'erased'",
        "DELETE FROM newsletter_consent",
        "UPDATE newsletter_consent SET deed = 'erased' WHERE false",
    ],
)
def test_the_record_of_consent_is_only_added_to(statement: str) -> None:
    consent()

    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        execute(statement)

    assert Consent.objects.get().action == "asked"


def test_a_reader_was_last_mailed_when_a_copy_was_last_accepted() -> None:
    reader = SubscriberFactory()
    for state, accepted_at in (("accepted", NOW - timedelta(days=7)), ("accepted", NOW), ("failed", None)):
        DeliveryFactory(subscriber=reader, state=state, accepted_at=accepted_at)

    assert reader.last_mailed_at == NOW
    assert SubscriberFactory().last_mailed_at is None


def test_a_topic_that_is_added_in_any_way_ends_every_topic() -> None:
    reader = SubscriberFactory()

    reader.topics.add(CategoryFactory())

    reader.refresh_from_db()
    assert not reader.gets_every_topic


def test_every_topic_ends_those_that_were_chosen() -> None:
    reader = SubscriberFactory()
    reader.topics.add(CategoryFactory())

    Subscriber.objects.filter(pk=reader.pk).update(gets_every_topic=True)

    assert reader.topics.count() == 0


def test_a_deleted_category_leaves_its_only_follower_with_no_topic_and_not_with_every_one() -> None:
    reader, topic = SubscriberFactory(), CategoryFactory()
    reader.topics.add(topic)

    execute(f"DELETE FROM newsletter_subscriber_topics WHERE category_id = '{topic.pk}'")
    topic.delete()

    reader.refresh_from_db()
    assert (reader.gets_every_topic, reader.topics.count()) == (False, 0)
