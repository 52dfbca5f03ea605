"""Evidence from the log of a mail server in the manner of Postfix: what became of a mail, by its Message-ID.

A line of `cleanup` names the Message-ID of a queue id, later lines of that queue id what became of it. Only a mail that
the server had is evidence: that a mail is not in a log does not mean that it was not sent.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from newsletter.deliveries.resolution import Found

NAMED = re.compile(
    r"postfix\S*/cleanup\[\d+\]: (?P<queue_id>\w+): (?:resent-)?message-id=(?P<message_id><[^\s>]+>)"
)
# Passed on, come back, or still to be passed on: the server had taken it.
TAKEN = re.compile(r"postfix\S*/\w+\[\d+\]: (?P<queue_id>\w+): to=<.*\bstatus=(?:sent|bounced|deferred)\b")


class MailLog:
    """A log of any length, read once, of which as much is kept as concerns the mails that are asked for."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def find(self, message_ids: Sequence[str]) -> Mapping[str, Found]:
        wanted, queued, taken = set(message_ids), {}, set()
        for line in self._lines:
            if named := NAMED.search(line):
                # Queue ids are used again, for mails that nobody asks for too.
                queued[named["queue_id"]] = named["message_id"]
                if named["message_id"] not in wanted:
                    del queued[named["queue_id"]]
            elif (end := TAKEN.search(line)) and end["queue_id"] in queued:
                taken.add(queued[end["queue_id"]])
        return dict.fromkeys(sorted(taken), Found.SENT)
