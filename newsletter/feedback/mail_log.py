"""Reads the log of Postfix, or one like it, for mails that the server accepted, by their Message-IDs.

A line of `cleanup` gives the Message-ID of a queue id; later lines of the same queue id say what became of the mail.
A mail that is missing from the log may have been sent all the same.
"""

import re
from collections.abc import Collection, Iterable

NAMED = re.compile(
    r"postfix\S*/cleanup\[\d+\]: (?P<queue_id>\w+): (?:resent-)?message-id=(?P<message_id><[^\s>]+>)"
)
# Each of these states means that the server had accepted the mail.
TAKEN = re.compile(r"postfix\S*/\w+\[\d+\]: (?P<queue_id>\w+): to=<.*\bstatus=(?:sent|bounced|deferred)\b")


def mails_taken(lines: Iterable[str], message_ids: Collection[str]) -> set[str]:
    """Those of the mails that the server had, by a log of any length, which is read once."""
    wanted, queued, taken = set(message_ids), {}, set()
    for line in lines:
        if named := NAMED.search(line):
            # A queue id is used again, also for a mail that is not among the given ones.
            queued[named["queue_id"]] = named["message_id"]
            if named["message_id"] not in wanted:
                del queued[named["queue_id"]]
        elif (end := TAKEN.search(line)) and end["queue_id"] in queued:
            taken.add(queued[end["queue_id"]])
    return taken
