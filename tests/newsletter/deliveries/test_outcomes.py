"""What may be sent, what is recorded, and what a late worker may still say."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from newsletter.deliveries import claims, outcomes, withdrawal
from newsletter.deliveries.claims import Copy
from newsletter.deliveries.outcomes import Outcome, Step
from newsletter.models import Delivery, Edition, Subscriber, Suppression
from tests.database import execute, start_elsewhere
from tests.factories import NOW
from tests.newsletter.deliveries.ledger import allow, an_edition, claim_one, let_the_lease_run_out, state_of

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


MANY_SUBSCRIBERS = """
INSERT INTO newsletter_subscriber (
    id, address, address_key, status, frequency, confirmed_at, created_at, updated_at
)
SELECT md5('reader' || n)::uuid, n || '@many.example', sha256(('reader' || n)::bytea), 'active', 'weekly',
    now(), now(), now()
FROM generate_series(1, 3000) AS n
"""
# Of copies, subscribers and suppressions.
BY_ID = {"id", "address_key"}
# Read whole, to see whether this database may send.
OF_A_ROW_OR_TWO = {"newsletter_sendingidentity", "pg_database"}


def test_one_commit_records_one_copy_and_allows_the_next() -> None:
    edition = an_edition(2)
    first, second = claims.claim(edition_id=edition.pk)

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
    claims.release([copy])

    assert not allowed
    assert state_of(copy) == left_as


def test_a_suppressed_mailbox_gets_nothing() -> None:
    copy = claim_one(an_edition(1))
    suppress(bytes(Delivery.objects.get(pk=copy.id).address_key))

    assert not allow(copy, after=None)
    assert claims.release([copy]) == ["suppressed"]


def test_a_late_sender_who_knows_settles_what_was_in_doubt() -> None:
    copy = claim_one(an_edition(1))
    allow(copy, after=None)
    let_the_lease_run_out()
    claims.reap()

    assert outcomes.record(Outcome(copy, "accepted", "250"))
    assert state_of(copy) == "accepted"


def test_a_commit_whose_answer_got_lost_may_be_repeated() -> None:
    copy = claim_one(an_edition(1))
    allow(copy, after=None)

    assert not allow(copy, after=None)
    assert allow(copy, after=None, again=True)


def test_a_handful_of_copies_is_found_by_their_ids() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    execute(MORE_COPIES, copy.id)
    execute(MANY_SUPPRESSIONS)
    execute(MANY_SUBSCRIBERS)
    to_claim = {"edition": edition.pk, "limit": 50, "seconds": 1}
    to_allow = outcomes.values_to_allow([Step(copy, Outcome(copy, "accepted"))], again=False)

    # Whatever PostgreSQL knows of the tables: a minute ago they may have been empty.
    for known in ("newsletter_edition", "newsletter_delivery", "newsletter_suppression"):
        assert sought_by(outcomes.RECORD_AND_ALLOW, to_allow) == BY_ID
        assert sought_by(claims.CLAIM, to_claim) == BY_ID | {"edition_id"} | OF_A_ROW_OR_TWO
        execute(f"ANALYZE {known}")


def sought_by(statement: str, values: Mapping[str, Any]) -> set[str]:
    """The columns that lead to rows, and tables that are read whole, in the plan that is made once for all values."""
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
    found = re.findall(r"Index Cond: \(+(?:\w+\.)?(\w+)|Seq Scan on (\w+)", plan)
    # There are few editions.
    return {column or table for column, table in found} - {"newsletter_edition"}


@pytest.mark.parametrize("said", ['"250" \\ {ok}, NULL', "NULL", "", "a\r\nb\tc", "é – 好", "\\", '"'])
def test_what_a_server_said_is_kept_as_it_said_it(said: str) -> None:
    copy, other = claims.claim(edition_id=an_edition(2).pk)

    outcomes.allow([Step(other, Outcome(copy, "failed", "5.0.0", said, counts=True))])

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
        outcome = outcomes.after_refusal(copy, code="4.3.2", detail="come again")
        waited.append(outcome.delay_seconds)
        outcomes.record(outcome)
        execute("UPDATE newsletter_delivery SET next_attempt_at = now()")
    last = outcomes.after_refusal(claim_one(edition), code="4.3.2", detail="come again")

    expected = settings.SENDING_RETRY_SECONDS
    assert all(0.8 * mean <= seconds <= 1.2 * mean for seconds, mean in zip(waited, expected, strict=True))
    assert last.state == "failed"


def suppress(key: bytes) -> None:
    Suppression.objects.create(address_key=key, reason="complaint", created_at=NOW)


# --- An acceptance that comes too late --------------------------------------------------------


def settled_as_not_sent_while_on_its_way() -> Copy:
    """Its sender was frozen for so long that evidence was asked, and a second one has it now."""
    copy = claim_one(an_edition(2))
    allow(copy, after=None)
    execute("UPDATE newsletter_delivery SET state = 'pending', fence = fence + 1, lease_until = NULL")
    return copy


def late_acceptances(caplog: pytest.LogCaptureFixture) -> int:
    return sum("accepted_with_an_old_fence" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("is_followed", [True, False], ids=["with the next copy", "alone"])
def test_an_acceptance_that_arrives_with_an_old_fence_is_logged(
    caplog: pytest.LogCaptureFixture, is_followed: bool
) -> None:
    late = Outcome(settled_as_not_sent_while_on_its_way(), "accepted", "250")

    if is_followed:
        allow(claim_one(Edition.objects.get()), after=late)
    else:
        outcomes.record(late)

    assert late_acceptances(caplog) == 1
    assert state_of(late.copy) != "accepted"


def test_an_acceptance_that_is_recorded_or_repeated_is_not_late(caplog: pytest.LogCaptureFixture) -> None:
    edition = an_edition(2)
    first, second = claims.claim(edition_id=edition.pk)
    allow(first, after=None)
    accepted = Outcome(first, "accepted", "250")

    allow(second, after=accepted)
    allow(second, after=accepted, again=True)

    assert late_acceptances(caplog) == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_server_says_of_a_reader_who_was_erased_meanwhile_is_not_kept() -> None:
    copy = claim_one(an_edition(1))
    allow(copy, after=None)
    answer = Outcome(copy, "deferred", "4.2.0", f"450 4.2.0 <{copy.address}>: greylisted")

    with transaction.atomic():
        withdrawal.erase_addresses(subscriber_id=Subscriber.objects.get().pk)
        recording = start_elsewhere(lambda: outcomes.record(answer))
    recording.result(timeout=30)

    kept = Delivery.objects.get()
    assert (kept.state, kept.code, kept.detail) == ("deferred", "4.2.0", "")
