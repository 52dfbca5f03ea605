"""The ledger's rules, one statement at a time: who may send, what is recorded, what a late worker may still say."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from newsletter import deliveries
from newsletter.deliveries import Copy, Found, Outcome, Step
from newsletter.models import Delivery, Edition, Subscriber, Suppression
from newsletter.sending import editions
from tests.database import at_once, execute
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory

pytestmark = pytest.mark.django_db


# Copies of the same edition that wait.
MORE_COPIES = """
INSERT INTO newsletter_delivery (
    id, edition_id, segment_id, address_key, state, next_attempt_at, message_id, code, detail,
    fence, attempts, created_at, updated_at
)
SELECT md5(n::text)::uuid, edition_id, segment_id, sha256(n::text::bytea), 'pending', next_attempt_at, n::text, '', '',
    1, 0, now(), now()
FROM newsletter_delivery, generate_series(1, 3000) AS n WHERE id = %s
"""


MANY_SUPPRESSIONS = """
INSERT INTO newsletter_suppression (address_key, reason, created_at)
SELECT sha256(('left' || n)::bytea), 'complaint', now() FROM generate_series(1, 5000) AS n
"""
BY_ID = {
    *("newsletter_delivery_pkey", "newsletter_subscriber_pkey"),
    "newsletter_suppression_address_key_key",
}


def an_edition(copies: int, **fields: object) -> Edition:
    known = {"state": "sending", "frozen_at": NOW, "prepared_at": NOW, "audience": copies}
    edition: Edition = EditionFactory(**known | fields)
    DeliveryFactory.create_batch(copies, edition=edition, segment=SegmentFactory(edition=edition))
    return edition


def claim_one(edition: Edition) -> Copy:
    (copy,) = deliveries.claim(edition_id=edition.pk, limit=1)
    return copy


def let_the_lease_run_out() -> None:
    execute(
        "UPDATE newsletter_delivery SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"
    )


def let_the_pause_run_out() -> None:
    execute(
        "UPDATE newsletter_delivery SET next_attempt_at = now() - interval '1 second' WHERE state = 'pending'"
    )


def allow(copy: Copy, *, after: Outcome | None, again: bool = False) -> bool:
    (is_allowed,) = deliveries.allow([Step(copy, after)], again=again)
    return is_allowed


def state_of(copy: Copy) -> str:
    return str(Delivery.objects.values_list("state", flat=True).get(pk=copy.id))


def test_at_most_fifty_are_claimed_at_once() -> None:
    edition = an_edition(60)

    first, second = (deliveries.claim(edition_id=edition.pk) for _ in range(2))

    assert (len(first), len(second)) == (50, 10)
    assert not {copy.id for copy in first} & {copy.id for copy in second}


@pytest.mark.django_db(transaction=True)
def test_workers_who_claim_at_once_claim_each_copy_once() -> None:
    edition = an_edition(200)
    claimed: list[Copy] = []

    errors = at_once(*[lambda: claimed.extend(deliveries.claim(edition_id=edition.pk)) for _ in range(8)])

    assert errors == [None] * 8
    assert len(claimed) == len({copy.id for copy in claimed}) == 200


def test_what_is_not_due_yet_is_not_claimed() -> None:
    edition = an_edition(1)
    Delivery.objects.update(state="deferred", next_attempt_at="2999-01-01T00:00Z")

    assert deliveries.claim(edition_id=edition.pk) == []


def test_one_commit_records_one_copy_and_allows_the_next() -> None:
    edition = an_edition(2)
    first, second = deliveries.claim(edition_id=edition.pk)

    allowed = allow(first, after=None)
    next_one = allow(second, after=Outcome(first, "accepted", "250", "taken"))

    assert (allowed, next_one) == (True, True)
    assert (state_of(first), state_of(second)) == ("accepted", "sending")


@pytest.mark.parametrize(
    ("table", "change", "left_as"),
    [
        pytest.param(
            "subscriber", "status = 'unsubscribed', unsubscribed_at = now()", "suppressed", id="left"
        ),
        pytest.param("edition", "state = 'paused'", "pending", id="paused"),
        pytest.param("edition", "state = 'cancelled'", "cancelled", id="cancelled"),
        pytest.param("delivery", "lease_until = now() - interval '1 second'", "pending", id="lease over"),
        pytest.param("delivery", "fence = fence + 1", "claimed", id="claimed by another"),
        pytest.param("delivery", "subscriber_id = NULL", "suppressed", id="erased"),
    ],
)
def test_the_last_look_before_a_mail_goes_out_stops_it(table: str, change: str, left_as: str) -> None:
    copy = claim_one(an_edition(1))
    execute(f"UPDATE newsletter_{table} SET {change}")

    allowed = allow(copy, after=None)
    deliveries.lay_down([copy])

    assert not allowed
    assert state_of(copy) == left_as


def test_a_suppressed_mailbox_gets_nothing() -> None:
    copy = claim_one(an_edition(1))
    suppress(deliveries.address_key_of(copy))

    assert not allow(copy, after=None)
    assert deliveries.lay_down([copy]) == ["suppressed"]


def test_a_claim_that_ran_out_waits_again_and_its_worker_may_not_send() -> None:
    edition = an_edition(1)
    late = claim_one(edition)
    let_the_lease_run_out()

    assert deliveries.reap() == {"pending": 1}
    assert not allow(late, after=None)
    let_the_pause_run_out()
    fresh = claim_one(edition)
    assert not allow(late, after=None)
    assert allow(fresh, after=None)


def test_a_copy_that_is_lost_each_time_fails_in_the_end() -> None:
    edition = an_edition(1)
    reaped = []

    for _ in range(deliveries.MOST_LOST):
        let_the_pause_run_out()
        claim_one(edition)
        let_the_lease_run_out()
        reaped.append(deliveries.reap())

    assert reaped == [{"pending": 1}] * (deliveries.MOST_LOST - 1) + [{"failed": 1}]
    assert Delivery.objects.values_list("code", "lost", "attempts").get() == ("lost", deliveries.MOST_LOST, 0)
    assert deliveries.claim(edition_id=edition.pk) == []


@pytest.mark.parametrize(("lost", "seconds"), [(0, 2), (6, 128)])
def test_those_that_were_lost_together_part(lost: int, seconds: int) -> None:
    edition = an_edition(50)
    Delivery.objects.update(lost=lost)
    deliveries.claim(edition_id=edition.pk)
    let_the_lease_run_out()

    before = deliveries.database_now()
    deliveries.reap()
    after = deliveries.database_now()

    pauses = Delivery.objects.values_list("next_attempt_at", flat=True)
    assert len(set(pauses)) == 50
    assert all(pause and before <= pause <= after + timedelta(seconds=seconds) for pause in pauses)
    assert max(pause for pause in pauses if pause) > before + timedelta(seconds=seconds / 2)


def test_a_copy_in_doubt_is_not_lost() -> None:
    edition = an_edition(1)
    Delivery.objects.update(lost=deliveries.MOST_LOST - 1)
    allow(claim_one(edition), after=None)
    let_the_lease_run_out()

    assert deliveries.reap() == {"uncertain": 1}
    assert Delivery.objects.get().lost == deliveries.MOST_LOST - 1


def test_a_copy_whose_sender_is_gone_is_in_doubt_and_not_sent_again() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    allow(copy, after=None)
    let_the_lease_run_out()

    assert deliveries.reap() == {"uncertain": 1}
    assert deliveries.claim(edition_id=edition.pk) == []


def test_a_late_sender_who_knows_settles_what_was_in_doubt() -> None:
    copy = claim_one(an_edition(1))
    allow(copy, after=None)
    let_the_lease_run_out()
    deliveries.reap()

    assert deliveries.record(Outcome(copy, "accepted", "250"))
    assert state_of(copy) == "accepted"


def test_a_commit_of_which_nobody_heard_may_be_repeated() -> None:
    copy = claim_one(an_edition(1))
    allow(copy, after=None)

    assert not allow(copy, after=None)
    assert allow(copy, after=None, again=True)


def test_a_handful_of_copies_is_found_by_their_ids() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    execute(MORE_COPIES, copy.id)
    execute(MANY_SUPPRESSIONS)
    to_claim = {"edition": edition.pk, "limit": 50, "seconds": 1}
    to_allow = deliveries.values_to_allow([Step(copy, Outcome(copy, "accepted"))], again=False)

    # Whatever PostgreSQL knows of the tables: a minute ago they may have been empty.
    for known in ("newsletter_edition", "newsletter_delivery", "newsletter_suppression"):
        assert scans(deliveries.RECORD_AND_ALLOW, to_allow) == BY_ID
        assert scans(deliveries.CLAIM, to_claim) == BY_ID | {"waiting_deliveries"}
        execute(f"ANALYZE {known}")


def scans(statement: str, values: Mapping[str, Any]) -> set[str]:
    """The indexes, and tables without one, that are read by the plan that is made once for all values."""
    places: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        name = match[1]
        places.extend([] if name in places else [name])
        return f"${places.index(name) + 1}"

    prepared = re.sub(r"%\((\w+)\)s", numbered, statement)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE planned AS {prepared}")
        nothing = ", ".join("NULL" for _ in places)
        cursor.execute(f"EXPLAIN EXECUTE planned ({nothing})")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE planned")
    found = re.findall(r"(?:Seq|Index|Only) Scan(?: using| on) (\w+)", plan)
    # There are few editions.
    return {name for name in found if not name.startswith("newsletter_edition")}


@pytest.mark.parametrize("said", ['"250" \\ {ok}, NULL', "NULL", "", "a\r\nb\tc", "é – 好", "\\", '"'])
def test_what_a_server_said_is_kept_as_it_said_it(said: str) -> None:
    copy, other = deliveries.claim(edition_id=an_edition(2).pk)

    deliveries.allow([Step(other, Outcome(copy, "failed", "5.0.0", said, counts=True))])

    assert Delivery.objects.values_list("state", "code", "detail", "attempts").get(pk=copy.id) == (
        "failed",
        "5.0.0",
        said,
        1,
    )


def test_refusals_wait_longer_and_longer_and_then_end() -> None:
    edition = an_edition(1)
    waited = []
    for _ in range(5):
        copy = claim_one(edition)
        outcome = deliveries.after_refusal(copy, code="4.3.2", detail="come again")
        waited.append(outcome.delay_seconds)
        deliveries.record(outcome)
        execute("UPDATE newsletter_delivery SET next_attempt_at = now()")
    last = deliveries.after_refusal(claim_one(edition), code="4.3.2", detail="come again")

    expected = settings.SENDING_RETRY_SECONDS
    assert all(0.8 * mean <= seconds <= 1.2 * mean for seconds, mean in zip(waited, expected, strict=True))
    assert last.state == "failed"


def suppress(key: bytes) -> None:
    Suppression.objects.create(address_key=key, reason="complaint", created_at=NOW)


# --- Copies in doubt --------------------------------------------------------------------------


class Known:
    """Somebody who says the same of all."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def find(self, message_ids: Sequence[str]) -> Mapping[str, Found]:
        return dict.fromkeys(message_ids, self._found)


def in_doubt(*, minutes: int) -> Edition:
    edition = an_edition(1)
    execute(
        "UPDATE newsletter_delivery SET state = 'uncertain', uncertain_at = now() - %s * interval '1 minute'",
        minutes,
    )
    return edition


def resolve(found: Found) -> Any:
    return deliveries.resolve(Known(found), source="a test")


def test_evidence_of_acceptance_settles_a_copy_at_once() -> None:
    in_doubt(minutes=0)

    assert resolve(Found.SENT) == deliveries.Resolved(sent=1, requeued=0)
    assert Delivery.objects.get().state == "accepted"


@pytest.mark.parametrize(("minutes", "state"), [(14, "uncertain"), (16, "pending")])
def test_evidence_of_absence_must_be_as_old_as_a_lease(minutes: int, state: str) -> None:
    in_doubt(minutes=minutes)

    resolve(Found.NOT_SENT)

    assert Delivery.objects.get().state == state


def test_who_sent_it_after_all_is_no_longer_believed() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    allow(copy, after=None)
    execute("UPDATE newsletter_delivery SET state = 'uncertain', uncertain_at = now() - interval '1 hour'")
    resolve(Found.NOT_SENT)

    assert not deliveries.record(Outcome(copy, "accepted", "250"))
    assert claim_one(edition).fence > copy.fence


@pytest.mark.parametrize(("minutes", "state"), [(24 * 60 - 1, "uncertain"), (24 * 60 + 1, "accepted")])
def test_after_a_day_nobody_asks_any_more(minutes: int, state: str) -> None:
    in_doubt(minutes=minutes)

    deliveries.assume_sent()

    assert Delivery.objects.get().state == state


def test_an_edition_that_was_done_goes_on_with_what_was_not_sent() -> None:
    edition = in_doubt(minutes=20)
    editions.close_finished(now=NOW)
    done = Edition.objects.get(pk=edition.pk).state

    resolve(Found.NOT_SENT)
    editions.ensure_due_editions(now=NOW, schedule=editions.schedule_from_settings())

    assert done == "done"
    assert Edition.objects.get(pk=edition.pk).state == "sending"


# --- Books ------------------------------------------------------------------------------------


def test_books_say_what_became_of_each_copy() -> None:
    edition = an_edition(3)
    first, _ = deliveries.claim(edition_id=edition.pk, limit=2)
    deliveries.record(Outcome(first, "failed", "5.1.1"))

    books = deliveries.books(edition)

    assert (books.audience, books.waiting, books.held, books.failed, books.settled) == (3, 1, 1, 1, 1)
    assert not books.balance


@pytest.mark.parametrize(
    ("failures", "successes", "is_too_much"), [(50, 0, False), (51, 0, True), (51, 950, False)]
)
def test_many_failures_at_the_beginning_are_a_sign(failures: int, successes: int, is_too_much: bool) -> None:
    edition = an_edition(failures + successes)
    execute("UPDATE newsletter_delivery SET state = 'accepted', accepted_at = now()")
    failed = Delivery.objects.order_by("id").values("pk")[:failures]
    Delivery.objects.filter(pk__in=failed).update(state="failed", accepted_at=None)

    assert deliveries.too_many_fail(edition_id=edition.pk) == is_too_much


def test_once_staff_resume_failures_are_counted_anew() -> None:
    edition = an_edition(60)
    Delivery.objects.update(state="failed", updated_at=NOW)
    editions.pause(edition_id=edition.pk, reason="too many")

    editions.resume(edition_id=edition.pk, by_staff_at=NOW)

    assert not deliveries.too_many_fail(edition_id=edition.pk)


def test_whoever_is_erased_is_sent_nothing_and_named_nowhere() -> None:
    an_edition(2)
    reader = Subscriber.objects.order_by("id")[0]

    deliveries.forget_addresses(subscriber_id=reader.pk)

    mine = Delivery.objects.get(subscriber=reader)
    assert (mine.address, mine.state) == ("", "suppressed")
    assert Delivery.objects.exclude(address="").get().state == "pending"
