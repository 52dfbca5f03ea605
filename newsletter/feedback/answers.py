"""What a receiving server's answer says of the mailbox, as a returned mail or a provider's event passes it on."""

import re

from newsletter.transport.refusals import Concern, concern_by_words, concern_of
from newsletter.transport.smtp import Phase, RefusedError

# Of several lines each begins with the code.
ANSWER = re.compile(r"(?<![\d.])([45]\d\d)[ -]+(\S.*(?:\n\s*\1[ -].*)*)")
OVER_QUOTA = "5.2.2"
# What such an answer says of us, whatever becomes of the mail.
OF_THE_SENDER = {
    *(Concern.CONTENT, Concern.SIZE, Concern.RATE),
    *(Concern.REPUTATION, Concern.SETTINGS, Concern.SERVER),
}


def answer_in(words: str) -> tuple[int, str] | None:
    """The first answer that the words hold, as its code and its text: (550, "5.1.1 No such user")."""
    found = ANSWER.search(words)
    if not found:
        return None
    return int(found[1]), re.sub(rf"\s*\n\s*{found[1]}[ -]+", " ", found[2])


def is_gone(code: int, text: str) -> bool:
    """Whether the answer says for good that there is no such mailbox.

    To which command it was given isn't known, so a bare 550 is no proof.
    """
    return code >= 500 and concern_of(RefusedError(Phase.DOT, code, text)) == Concern.GONE


def is_no_hard_bounce(code: int, text: str) -> bool:
    """Whether the answer refuses us or speaks of a mailbox that is there, such as a full one.

    Providers call some of these hard bounces all the same.
    """
    by_words = concern_by_words(text)
    if by_words:
        return by_words != Concern.GONE
    error = RefusedError(Phase.RCPT, code, text)
    return code == 552 or error.enhanced == OVER_QUOTA or concern_of(error) in OF_THE_SENDER
