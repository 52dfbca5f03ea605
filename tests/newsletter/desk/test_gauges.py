"""What `/metrics` tells of the mail."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from newsletter.deliveries import claims
from newsletter.deliveries.database import database_now
from newsletter.desk.gauges import gauges
from newsletter.models import MailingJournal, MailJob, SendingIdentity
from newsletter.sending import identity, mailings
from tests.factories import NOW, EditionFactory
from tests.newsletter.deliveries.ledger import an_edition

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def journal(settings: Settings, tmp_path: Path) -> Path:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    return tmp_path


def told(name: str) -> Any:
    """The value, or values by the values of the labels."""
    (metric,) = [metric for metric in gauges() if metric.name == f"verdicts_{name}"]
    by_labels = {tuple(sample.labels.values()): sample.value for sample in metric.samples}
    return by_labels.get((), by_labels)


def sign_up(*, due_for: timedelta, state: str = "waiting") -> None:
    due_at = database_now() - due_for
    MailJob.objects.create(
        address="ada@example.com", choices={}, source="api", state=state, due_at=due_at, created_at=due_at
    )


class TestSignUps:
    def test_nobody_waits(self) -> None:
        assert told("sign_ups_due") == told("sign_ups_retried") == told("sign_ups_oldest_seconds") == 0

    def test_who_waits_is_counted_and_who_failed_is_not(self) -> None:
        sign_up(due_for=timedelta(minutes=2))
        sign_up(due_for=timedelta(hours=1))
        sign_up(due_for=-timedelta(minutes=2))
        sign_up(due_for=timedelta(days=1), state="failed")

        assert (told("sign_ups_due"), told("sign_ups_retried")) == (2, 1)
        assert 3_500 <= told("sign_ups_oldest_seconds") < 3_700

    def test_one_that_waits_for_its_next_try_is_not_late(self) -> None:
        sign_up(due_for=-timedelta(minutes=2))

        assert told("sign_ups_oldest_seconds") == 0


class TestEditions:
    def test_each_state_is_told_and_who_waits_for_staff(self) -> None:
        EditionFactory(week="2026-W40")
        EditionFactory(week="2026-W41", repeat="held")
        EditionFactory(week="2026-W42", state="paused", frozen_at=NOW)
        EditionFactory(week="2026-W43", state="paused", frozen_at=NOW, resume_at=NOW)

        states = ("draft", "frozen", "preparing", "sending", "paused", "done", "cancelled")
        counts = {(state,): 0 for state in states} | {("draft",): 2, ("paused",): 2}
        assert told("editions") == counts
        assert told("editions_undecided") == 2

    def test_copies_are_told_by_state_while_they_are_sent(self) -> None:
        edition = an_edition(3)
        claims.claim(edition_id=edition.pk, limit=1)

        assert told("edition_copies") == {(edition.week, "pending"): 2, (edition.week, "claimed"): 1}
        assert told("edition_audience") == {(edition.week,): edition.audience}

    def test_a_database_that_may_not_send_is_told(self) -> None:
        assert told("sending_refused") == 0

        SendingIdentity.objects.create(cluster="elsewhere")
        identity.may_send()

        assert told("sending_refused") == 1


class TestJournals:
    def test_both_can_be_written_before_their_first_line(self) -> None:
        assert told("journal_writable") == {("suppressions",): 1, ("mailings",): 1}

    @pytest.mark.parametrize("path", ["/nowhere/suppressions", "/proc/suppressions"])
    def test_where_they_can_not_be_written_it_is_told(self, settings: Settings, path: str) -> None:
        settings.SUPPRESSION_JOURNAL = path

        assert told("journal_writable") == {("suppressions",): 0, ("mailings",): 0}
        assert told("journal_lag_lines") == 0

    def test_without_a_journal_nothing_is_told_of_it(self, settings: Settings) -> None:
        settings.SUPPRESSION_JOURNAL = ""

        assert not [metric.name for metric in gauges() if "journal" in metric.name]

    def test_lines_that_are_not_on_the_disk_are_counted(self, journal: Path) -> None:
        assert identity.may_send()
        assert identity.may_send()
        file = mailings.file()
        assert file
        whole = file.read_bytes()
        mailings.note_alive(mailings.read_file())
        assert told("journal_lag_lines") == 0

        file.write_bytes(whole)

        assert told("journal_lag_lines") == 1

    def test_a_journal_of_another_database_has_no_lag(self) -> None:
        assert identity.may_send()
        assert identity.may_send()
        MailingJournal.objects.all().delete()

        assert told("journal_lag_lines") == 0


def test_more_rows_cost_no_more_queries() -> None:
    an_edition(1)
    with CaptureQueriesContext(
        connection,
    ) as few:
        list(gauges())
    for week in range(10, 20):
        EditionFactory(week=f"2025-W{week}")
        sign_up(due_for=timedelta(minutes=2))

    with CaptureQueriesContext(connection) as many:
        list(gauges())

    # Sign-ups, editions, the identity, copies, which are then kept for a second.
    assert len(few) == 4
    assert len(many) <= 4
