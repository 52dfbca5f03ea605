"""A mail server's log as evidence: it settles what it shows, and nothing else."""

from newsletter.deliveries.resolution import SendResult
from newsletter.feedback.mail_log import MailLog
from tests.newsletter.mail_logs import IDS, LOG, SETTLED


def test_only_what_the_server_had_is_evidence() -> None:
    found = MailLog(LOG.splitlines()).find([f"<{name}@example.com>" for name in IDS])

    assert found == {
        f"<{name}@example.com>": SendResult.SENT for name, state in SETTLED.items() if state == "accepted"
    }
