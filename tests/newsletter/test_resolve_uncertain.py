"""`resolve_uncertain`: a mail server's log settles what it shows, and nothing else."""

import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from newsletter.models import Delivery
from tests.factories import NOW, DeliveryFactory
from tests.newsletter.mail_logs import IDS, LOG, SETTLED

pytestmark = pytest.mark.django_db


@pytest.fixture
def copies() -> None:
    for name in IDS:
        DeliveryFactory(message_id=f"<{name}@example.com>", state="uncertain", uncertain_at=NOW)


def states() -> dict[str, str]:
    rows = Delivery.objects.values_list("message_id", "state")
    return {message_id.strip("<>").partition("@")[0]: state for message_id, state in rows}


@pytest.mark.usefixtures("copies")
def test_a_file_settles_what_it_shows_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "mail.log"
    log.write_bytes(LOG.encode() + b"\xff\n")

    call_command("resolve_uncertain", str(log))

    assert states() == SETTLED
    assert capsys.readouterr().out == "6 uncertain: 3 sent, 3 not in the log, which stay as they are.\n"


@pytest.mark.usefixtures("copies")
def test_standard_input_does_too_and_doing_it_again_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mail.log").write_bytes(LOG.encode() + b"\xff\n")

    for _ in range(2):
        with (tmp_path / "mail.log").open() as log:
            monkeypatch.setattr(sys, "stdin", log)
            call_command("resolve_uncertain")

    assert states() == SETTLED
    assert capsys.readouterr().out.splitlines()[1].startswith("3 uncertain: 0 sent, 3 not in the log")


@pytest.mark.usefixtures("copies")
def test_a_file_that_is_not_there_is_named_and_settles_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.log"):
        call_command("resolve_uncertain", str(tmp_path / "nowhere.log"))

    assert set(states().values()) == {"uncertain"}
