"""What a receiving server's answer says of the mailbox, as a returned mail or a provider's event passes it on."""

import re

from newsletter.transport.refusals import Concern, concern_of
from newsletter.transport.smtp import Phase, RefusedError

ANSWER = re.compile(r"(?<![\d.])([45]\d\d)[ -]+(\S.*)")
# What such an answer says of us, whatever becomes of the mail.
OF_THE_SENDER = {
    *(Concern.CONTENT, Concern.SIZE, Concern.RATE),
    *(Concern.REPUTATION, Concern.SETTINGS, Concern.SERVER),
}


def answer_in(words: str) -> tuple[int, str] | None:
    """The first answer that the words hold, as its code and its text: (550, "5.1.1 No such user")."""
    found = ANSWER.search(words)
    return (int(found[1]), found[2]) if found else None


def is_gone(code: int, text: str) -> bool:
    """Whether the answer says for good that there is no such mailbox.

    To which command it was given isn't known, so a bare 550 is no proof.
    """
    return code >= 500 and concern_of(RefusedError(Phase.DOT, code, text)) == Concern.GONE


def is_of_the_sender(code: int, text: str) -> bool:
    """Whether the answer refuses us, and so says nothing of the mailbox, whatever a provider makes of it."""
    return concern_of(RefusedError(Phase.RCPT, code, text)) in OF_THE_SENDER
