"""A mail server's log as evidence: it settles what it shows, and nothing else."""

import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from newsletter.deliveries.resolution import Found
from newsletter.feedback.mail_log import MailLog
from newsletter.models import Delivery
from tests.factories import NOW, DeliveryFactory

pytestmark = pytest.mark.django_db

LOG = """\
Nov 24 09:00:00 mail postfix/smtpd[11]: 4F1A2B: client=api[192.0.2.1]
Nov 24 09:00:00 mail postfix/cleanup[12]: 4F1A2B: message-id=<sent@example.com>
Nov 24 09:00:00 mail postfix/qmgr[13]: 4F1A2B: from=<digest@example.com>, size=900, nrcpt=1 (queue active)
Nov 24 09:00:01 mail postfix/cleanup[12]: 4F1A2C: message-id=<bounced@example.com>
Nov 24 09:00:01 mail postfix/cleanup[12]: 4F1A2D: message-id=<cut-off@example.com>
Nov 24 09:00:02 mail postfix/smtp[14]: 4F1A2B: to=<a@b.example>, relay=b.example[192.0.2.2]:25, delay=1, dsn=2.0.0, status=sent (250 OK)
Nov 24 09:00:02 mail postfix/smtp[14]: 4F1A2C: to=<c@b.example>, relay=b.example[192.0.2.2]:25, dsn=5.1.1, status=bounced (550 no)
Nov 24 09:00:03 mail postfix/cleanup[12]: 4F1A2D: message-id=<stranger@example.com>
Nov 24 09:00:04 mail postfix/smtp[14]: 4F1A2D: to=<d@b.example>, dsn=2.0.0, status=sent (250 OK)
Nov 24 09:00:05 mail postfix-out/cleanup[12]: 3zXyPq5Rt2z1: message-id=<long-id@example.com>
Nov 24 09:00:06 mail postfix-out/smtp[14]: 3zXyPq5Rt2z1: to=<e@b.example>, dsn=4.2.1, status=deferred (450 later)
Nov 24 09:00:07 mail postfix/smtp[14]: 4F1A2E: to=<f@b.example>, dsn=2.0.0, status=sent (250 OK)
Nov 24 09:00:08 mail dovecot: message-id=<elsewhere@example.com> status=sent
"""  # noqa: E501 - Lines of a log are as long as they are.
IDS = ["sent", "bounced", "cut-off", "long-id", "elsewhere", "absent"]


@pytest.fixture
def copies() -> None:
    for name in IDS:
        DeliveryFactory(message_id=f"<{name}@example.com>", state="uncertain", uncertain_at=NOW)


def states() -> dict[str, str]:
    rows = Delivery.objects.values_list("message_id", "state")
    return {message_id.strip("<>").partition("@")[0]: state for message_id, state in rows}


SETTLED = {
    **dict.fromkeys(["sent", "bounced", "long-id"], "accepted"),
    **dict.fromkeys(["cut-off", "elsewhere", "absent"], "uncertain"),
}


def test_only_what_the_server_had_is_evidence() -> None:
    found = MailLog(LOG.splitlines()).find([f"<{name}@example.com>" for name in IDS])

    assert found == {
        f"<{name}@example.com>": Found.SENT for name, state in SETTLED.items() if state == "accepted"
    }


@pytest.mark.usefixtures("copies")
def test_a_file_settles_what_it_shows_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "mail.log"
    log.write_bytes(LOG.encode() + b"\xff\n")

    call_command("resolve_uncertain", str(log))

    assert states() == SETTLED
    assert capsys.readouterr().out == "6 in doubt: 3 sent, 3 not in the log, which stay as they are.\n"


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
    assert capsys.readouterr().out.splitlines()[1].startswith("3 in doubt: 0 sent, 3 not in the log")


@pytest.mark.usefixtures("copies")
def test_a_file_that_is_not_there_is_named_and_settles_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.log"):
        call_command("resolve_uncertain", str(tmp_path / "nowhere.log"))

    assert set(states().values()) == {"uncertain"}
