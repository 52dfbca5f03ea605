"""An edition's life, in steps that may be repeated, overlap, or be taken up by somebody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import OperationalError, transaction
from django.db.models import F
from pytest_django.fixtures import Settings

from newsletter.deliveries import bounces, health
from newsletter.deliveries.totals import Totals, totals_of
from newsletter.models import Delivery, Edition, Segment, Suppression
from newsletter.sending import editions, identity, mailings
from newsletter.sending.freezing import freeze
from newsletter.tasks import prepare as prepare_task
from tests.database import at_once, execute, start_elsewhere
from tests.factories import EditionFactory, SubscriberFactory
from tests.newsletter.deliveries import ledger
from tests.newsletter.sending.weeks import DUE, SCHEDULE, clock, news, the_edition

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_begun_before_its_time() -> None:
    clock(DUE - timedelta(seconds=1))

    assert not Edition.objects.exists()


def test_an_edition_is_made_frozen_and_prepared_when_its_time_has_come() -> None:
    news()
    SubscriberFactory.create_batch(3)

    clock()

    edition = the_edition()
    assert (edition.week, edition.state, edition.audience) == ("2026-W48", "sending", 3)
    assert edition.frozen_at == DUE
    assert Delivery.objects.filter(state="pending").count() == 3


def test_any_number_of_clocks_make_one_edition_and_one_copy_each() -> None:
    news()
    SubscriberFactory.create_batch(3)

    errors = at_once(*[clock] * 4)
    clock(DUE + timedelta(minutes=1))

    assert errors == [None] * 4
    assert the_edition().audience == Delivery.objects.count() == 3


def test_fifty_who_send_now_at_once_send_one_edition() -> None:
    news()
    SubscriberFactory()
    edition = EditionFactory(week="2026-W50")

    errors = at_once(*[lambda: editions.send_now(edition_id=edition.pk, now=DUE)] * 10)
    at_once(*[lambda: freeze(edition_id=edition.pk, now=DUE, schedule=SCHEDULE)] * 5)
    clock(DUE)

    assert errors == [None] * 10
    assert Delivery.objects.filter(edition=edition).count() == 1


def test_a_curators_draft_becomes_the_edition_of_its_week() -> None:
    news()
    SubscriberFactory()
    EditionFactory(week="2026-W48", subject="By hand")

    clock()

    assert (the_edition().state, Segment.objects.get().subject) == ("sending", "By hand")


def test_a_cancelled_week_has_no_mail() -> None:
    news()
    SubscriberFactory()
    EditionFactory(week="2026-W48", state="cancelled")

    clock()

    assert not Delivery.objects.exists()


def test_a_changed_schedule_brings_no_two_editions_in_the_same_days() -> None:
    EditionFactory(
        week="2026-W47",
        state="done",
        frozen_at=DUE - timedelta(days=5),
        prepared_at=DUE,
        audience=0,
        done_at=DUE,
    )

    clock()
    clock(DUE + timedelta(days=1, seconds=1))

    assert Edition.objects.get(week="2026-W48").frozen_at == DUE + timedelta(days=1, seconds=1)


def test_an_edition_with_nobody_to_read_it_is_done() -> None:
    news()

    clock()

    assert (the_edition().state, the_edition().audience) == ("done", 0)


def test_an_audience_that_is_suppressed_throughout_is_done_at_once() -> None:
    news()
    for reader in SubscriberFactory.create_batch(3):
        Suppression.objects.create(address_key=reader.address_key, reason="hard_bounce", created_at=DUE)

    clock()

    assert (the_edition().state, the_edition().audience) == ("done", 3)
    assert totals_of(the_edition()) == Totals(0, 0, 0, 0, suppressed=3, cancelled=0, uncertain=0)


def sending() -> Edition:
    news()
    SubscriberFactory()
    clock()
    return the_edition()


def test_an_outage_is_over_by_itself() -> None:
    edition = sending()
    with transaction.atomic():
        editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)
        waits = Edition.objects.values_list(F("resume_at") - TransactionNow(), flat=True).get()
    at = DUE + timedelta(minutes=5)
    Edition.objects.update(resume_at=at)

    clock(at - timedelta(seconds=1))
    still = the_edition().state
    clock(at)

    outage = timedelta(seconds=settings.SENDING_OUTAGE_SECONDS)
    assert outage <= waits < outage + timedelta(hours=1)
    assert (still, the_edition().state) == ("paused", "sending")


def test_a_pause_by_staff_ends_by_staff() -> None:
    edition = sending()
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)
    editions.pause(edition_id=edition.pk, reason="wrong mail")
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)

    clock(DUE + timedelta(days=1))
    paused = (the_edition().state_reason, the_edition().resume_at)
    resumed = editions.resume(edition_id=edition.pk, now=DUE, by_staff=True)

    assert (paused, resumed, the_edition().state) == (("wrong mail", None), True, "sending")


def test_a_pause_by_staff_holds_though_the_clock_was_about_to_end_another() -> None:
    edition = sending()
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)
    Edition.objects.update(resume_at=DUE)

    with transaction.atomic():
        Edition.objects.select_for_update().get()
        # It has found the pause whose time is over, and waits to end it.
        ending = start_elsewhere(lambda: clock(DUE + timedelta(days=1)))
        editions.pause(edition_id=edition.pk, reason="wrong mail")
    ending.result(timeout=30)

    assert (the_edition().state, the_edition().state_reason) == ("paused", "wrong mail")


def test_a_pause_whose_time_is_not_over_is_not_ended_by_the_clock() -> None:
    edition = sending()
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)
    Edition.objects.update(resume_at=DUE + timedelta(minutes=1))

    assert not editions.resume(edition_id=edition.pk, now=DUE)
    assert editions.resume(edition_id=edition.pk, now=DUE + timedelta(minutes=1))


def test_what_was_paused_before_it_was_prepared_is_prepared_then() -> None:
    news()
    SubscriberFactory()
    editions.ensure_due_editions(now=DUE, schedule=SCHEDULE)
    editions.pause(edition_id=the_edition().pk, reason="wait")
    clock()
    waiting = Delivery.objects.count()

    editions.resume(edition_id=the_edition().pk, now=DUE, by_staff=True)
    clock()

    assert (waiting, Delivery.objects.count()) == (0, 1)


def test_a_cancelled_edition_sends_no_more_and_stays_so() -> None:
    edition = sending()

    cancelled = editions.cancel(edition_id=edition.pk)

    assert cancelled
    assert Delivery.objects.get().state == "cancelled"
    assert not editions.resume(edition_id=edition.pk, now=DUE, by_staff=True)
    assert not editions.cancel(edition_id=edition.pk)


# --- Weeks that a journal knows -----------------------------------------------------------------


@pytest.fixture
def mailed(settings: Settings, tmp_path: Path) -> Path:
    """This machine's journal says that the week was mailed, of which the database knows nothing."""
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    identity.may_send()
    mailings.note_begun("2026-W48")
    news()
    SubscriberFactory()
    return tmp_path / "suppressions.mailings"


@pytest.mark.usefixtures("mailed")
@pytest.mark.parametrize("has_draft", [False, True])
def test_a_week_that_the_journal_knows_is_not_begun_until_staff_decide(has_draft: bool) -> None:
    if has_draft:
        EditionFactory(week="2026-W48", due_at=DUE)

    clock()
    clock(DUE + timedelta(minutes=1))

    held = the_edition()
    assert (held.state, held.repeat) == ("draft", "held")
    assert held.state_reason.startswith("The journal says that this week was mailed: begun on ")
    assert held.state_reason.endswith("Send again mails it twice, Cancel does not.")
    assert not freeze(edition_id=held.pk, now=DUE, schedule=SCHEDULE)
    assert not Delivery.objects.exists()


@pytest.mark.usefixtures("mailed")
def test_staff_may_have_it_sent_again() -> None:
    clock()

    assert not editions.send_now(edition_id=the_edition().pk, now=DUE)
    assert editions.send_again(edition_id=the_edition().pk, now=DUE)
    clock()

    assert (the_edition().state, the_edition().repeat, the_edition().state_reason) == (
        "sending",
        "allowed",
        "",
    )
    assert Delivery.objects.count() == 1


@pytest.mark.usefixtures("mailed")
def test_staff_may_leave_it_at_that() -> None:
    clock()

    assert editions.cancel(edition_id=the_edition().pk)
    clock()

    assert (the_edition().state, Delivery.objects.count()) == ("cancelled", 0)


@pytest.mark.usefixtures("mailed")
def test_who_sends_a_draft_now_has_not_said_that_it_goes_out_twice() -> None:
    draft = EditionFactory(week="2026-W48")

    editions.send_now(edition_id=draft.pk, now=DUE)
    editions.send_again(edition_id=draft.pk, now=DUE)
    clock()

    assert the_edition().repeat == "held"


def test_a_week_that_the_database_knows_goes_on_whatever_the_journal_says(mailed: Path) -> None:
    mailed.unlink()
    clock()
    mailings.note_begun("2026-W48")

    clock()

    assert (the_edition().state, the_edition().repeat) == ("sending", "")


def test_without_its_line_in_the_journal_no_edition_begins(mailed: Path) -> None:
    edition = EditionFactory(week="2026-W49", state="sending", frozen_at=DUE)
    written = mailed.read_text()

    assert editions.note_begun(edition_id=edition.pk)
    assert mailed.read_text().startswith(written)
    assert " begun 2026-W49\n" in mailed.read_text()

    mailed.unlink()
    mailed.mkdir()
    assert not editions.note_begun(edition_id=edition.pk)
    edition.refresh_from_db()
    assert (edition.state, edition.state_reason) == (
        "paused", f"{mailed} can't be written: Is a directory.",
    )  # fmt: skip
    assert edition.resume_at


def test_the_journal_hears_of_the_end(mailed: Path) -> None:
    edition = EditionFactory(week="2026-W49", state="sending", frozen_at=DUE, prepared_at=DUE, audience=0)
    editions.note_begun(edition_id=edition.pk)

    editions.ensure_due_editions(now=DUE - timedelta(days=3), schedule=SCHEDULE)

    assert mailed.read_text().endswith(" finished 2026-W49\n")


# --- What goes wrong with one edition ---------------------------------------------------------


@contextmanager
def refusing_content_of(edition: Edition) -> Iterator[None]:
    """As a content that can't be written, for whatever reason."""
    execute(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'this content is broken'; END $$"
    )
    execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON newsletter_segment FOR EACH ROW"
        f" WHEN (NEW.edition_id = '{edition.pk}') EXECUTE FUNCTION refuse()"
    )
    try:
        yield
    finally:
        execute("DROP FUNCTION refuse CASCADE")


def test_a_failure_to_freeze_stands_in_the_reason_and_stops_no_other_edition() -> None:
    SubscriberFactory()
    news()
    broken = EditionFactory(week="2026-W47", due_at=DUE - timedelta(minutes=2))
    sound = EditionFactory(week="2026-W48", due_at=DUE - timedelta(minutes=1))

    with refusing_content_of(broken):
        clock()

    broken.refresh_from_db()
    sound.refresh_from_db()
    assert broken.state == "draft"
    assert "this content is broken" in broken.state_reason
    assert sound.state in {"sending", "done"}


def test_once_it_can_be_frozen_the_reason_is_gone() -> None:
    SubscriberFactory()
    news()
    broken = EditionFactory(week="2026-W48", due_at=DUE, state_reason="It can't be begun: …")

    clock()

    broken.refresh_from_db()
    assert broken.state in {"sending", "done"}
    assert broken.state_reason == ""


def test_a_failure_to_prepare_stands_in_the_reason() -> None:
    edition = EditionFactory(state="frozen", frozen_at=DUE)
    SubscriberFactory()

    with refusing_content_of(edition):
        prepare_task(str(edition.pk))

    edition.refresh_from_db()
    assert edition.state == "preparing"
    assert "this content is broken" in edition.state_reason


def test_an_outage_of_the_database_is_nothing_that_an_edition_is_blamed_for() -> None:
    edition = EditionFactory(week="2026-W48")
    outage = OperationalError("gone")

    with pytest.raises(OperationalError):
        editions.note_failure(edition_id=edition.pk, error=outage)


def test_an_edition_of_which_too_much_bounces_after_it_was_taken_pauses() -> None:
    edition = EditionFactory(state="sending", frozen_at=DUE, prepared_at=DUE, audience=213)
    health.count(edition_id=edition.pk, judged=213)
    health.count(edition_id=edition.pk, failed=21)

    editions.pause_where_in_trouble()

    edition.refresh_from_db()
    assert (edition.state, edition.resume_at) == ("paused", None)
    assert edition.state_reason == "21 of about the last 200 copies failed."


def test_a_thousand_complaints_about_213_copies_pause() -> None:
    edition = EditionFactory(state="sending", frozen_at=DUE, prepared_at=DUE, audience=300)
    health.count(edition_id=edition.pk, judged=213, complaints=213)

    editions.pause_where_in_trouble()

    edition.refresh_from_db()
    assert (edition.state, edition.state_reason) == ("paused", "The readers of 213 copies complained.")


@pytest.mark.parametrize(("by_staff", "state"), [(True, "pending"), (False, "failed")])
def test_what_was_refused_in_a_burst_is_tried_again_when_staff_resume(by_staff: bool, state: str) -> None:
    edition = ledger.an_edition(1)
    editions.pause(edition_id=edition.pk, reason="no answer", comes_back=True)
    Edition.objects.update(resume_at=DUE)
    Delivery.objects.update(state="failed", code="5.1.1")
    bounces.hold(delivery_id=Delivery.objects.get().pk, edition_id=edition.pk, is_hard=True)

    assert editions.resume(edition_id=edition.pk, now=DUE, by_staff=by_staff)

    assert Delivery.objects.get().state == state
