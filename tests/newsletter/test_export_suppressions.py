"""`export_suppressions`: a journal of all that is suppressed now."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from newsletter.models import Suppression
from newsletter.readers.journal import read_journals
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def exported() -> str:
    out = io.StringIO()
    call_command("export_suppressions", stdout=out)
    return out.getvalue()


def test_without_suppressions_it_is_empty() -> None:
    assert exported() == ""


def test_each_mailbox_is_a_line_that_the_journal_reads_again(tmp_path: Path) -> None:
    for number, reason in enumerate(Suppression.Reason.values):
        Suppression.objects.create(
            address_key=bytes([number]) * 32, reason=reason, created_at=NOW + timedelta(hours=number)
        )
    file = tmp_path / "journal"

    file.write_text(exported())

    journal = read_journals([file])
    assert journal.unreadable == ()
    assert len(journal.final_states) == len(file.read_text().splitlines()) == len(Suppression.Reason.values)
