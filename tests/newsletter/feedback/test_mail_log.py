"""A mail server's log as evidence: it settles what it shows, and nothing else."""

from newsletter.feedback.mail_log import mails_taken
from tests.newsletter.mail_logs import IDS, LOG, SETTLED


def test_only_what_the_server_had_is_evidence() -> None:
    taken = mails_taken(LOG.splitlines(), [f"<{name}@example.com>" for name in IDS])

    assert taken == {f"<{name}@example.com>" for name, state in SETTLED.items() if state == "accepted"}
