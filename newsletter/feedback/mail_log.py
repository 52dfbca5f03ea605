"""Reads the log of Postfix, or one like it, for mails that the server accepted, by their Message-IDs.

A line of `cleanup` gives the Message-ID of a queue id; later lines of the same queue id say what became of the mail.
A mail that is missing from the log may have been sent all the same.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from newsletter.deliveries.resolution import SendResult

NAMED = re.compile(
    r"postfix\S*/cleanup\[\d+\]: (?P<queue_id>\w+): (?:resent-)?message-id=(?P<message_id><[^\s>]+>)"
)
# Each of these states means that the server had accepted the mail.
TAKEN = re.compile(r"postfix\S*/\w+\[\d+\]: (?P<queue_id>\w+): to=<.*\bstatus=(?:sent|bounced|deferred)\b")


class MailLog:
    """A source of send results. It reads a log of any length once, and keeps only what concerns the given mails."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def find(self, message_ids: Sequence[str]) -> Mapping[str, SendResult]:
        wanted, queued, taken = set(message_ids), {}, set()
        for line in self._lines:
            if named := NAMED.search(line):
                # A queue id is used again, also for a mail that is not among the given ones.
                queued[named["queue_id"]] = named["message_id"]
                if named["message_id"] not in wanted:
                    del queued[named["queue_id"]]
            elif (end := TAKEN.search(line)) and end["queue_id"] in queued:
                taken.add(queued[end["queue_id"]])
        return dict.fromkeys(sorted(taken), SendResult.SENT)
