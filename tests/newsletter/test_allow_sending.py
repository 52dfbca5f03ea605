"""`manage.py allow_sending`: the words that staff read, and the way on."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from newsletter.models import MailingJournal, SendingIdentity
from newsletter.sending.identity import may_send
from tests.factories import NOW, EditionFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    return tmp_path / "suppressions.mailings"


def allow_sending() -> list[str]:
    out = io.StringIO()
    call_command("allow_sending", stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.usefixtures("file")
def test_it_says_what_was_refused_and_what_waits_for_staff_now() -> None:
    may_send()
    EditionFactory(week="2026-W48", state="sending", frozen_at=NOW)
    MailingJournal.objects.create(id="0f6b3f0e-3f5a-4c0e-9c54-0d1f2a3b4c5d", number=3, noted_at=NOW)
    SendingIdentity.objects.update(cluster="elsewhere")

    assert allow_sending() == [
        "This is a copy of the database that sends, or a standby that was promoted: its cluster is another.",
        "It may send from here now.",
        "2026-W48 was under way, and is paused: cancel it, unless its ledger lacks nothing.",
        "2 machines keep journals: replay all of them, and run this on each that sends.",
    ]
    assert may_send()


@pytest.mark.usefixtures("file")
def test_doing_it_again_says_that_there_is_nothing_to_allow() -> None:
    assert allow_sending() == ["There was nothing to allow."]
    assert allow_sending() == ["There was nothing to allow."]


def test_a_journal_that_cannot_be_read_is_named(file: Path) -> None:
    file.mkdir()

    with pytest.raises(CommandError, match=r"can't be read or written: Is a directory\."):
        allow_sending()
