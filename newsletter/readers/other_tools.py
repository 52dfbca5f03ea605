"""What the exports of other tools do not say of their lines, and how to export so that they say it.

listmonk's columns tell of a reader's account, not of a list they left. Mailchimp's columns are the same for those who
subscribed and those who never did: its files tell them apart by their names. Ghost leaves out whose mailbox bounced or
complained. None of this can be seen in a line, so such a file is taken only with a word for all of its lines.
"""

import re
from collections.abc import Collection, Set
from dataclasses import dataclass

# Mailchimp's zip has a file of each kind; a sign-up by text message is none by mail.
MAILCHIMP_FILE = re.compile(
    r"(subscribed|unsubscribed|nonsubscribed|cleaned)_(?:email|members|segment)_[a-z0-9_]*export",
    re.IGNORECASE,
)


class UntoldStatusError(ValueError):
    """Nothing says of the lines of a file whether their readers want mail; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool whose export is known by all columns of one of `marks`, and says enough with any column of `told_by`."""

    name: str
    marks: Collection[Set[str]]
    told_by: Set[str]
    lacks: str
    remedy: str


TOOLS = (
    Tool(
        "listmonk",
        marks=[{"uuid", "status"}, {"attributes", "status"}],
        told_by={"subscription_status"},
        lacks="its status is that of the account, and stays enabled when a reader leaves a list or never confirmed to it",
        remedy=(
            "In listmonk open Lists, follow the list's number of confirmed subscribers (the address then ends with "
            "?subscription_status=confirmed), export these, and import them with --status confirmed. Do the same with "
            "those who left, and --status unsubscribed"
        ),
    ),
    Tool(
        "Mailchimp",
        marks=[{"confirm_time"}],
        told_by=set(),
        lacks="the same columns stand in its files of contacts who never subscribed",
        remedy=(
            "Keep the names of the files in its zip (subscribed_email_audience_export_….csv), or say which one it is: "
            "--status subscribed, nonsubscribed, unsubscribed or cleaned"
        ),
    ),
    Tool(
        "Ghost",
        marks=[{"subscribed_to_emails"}],
        told_by={"email_disabled"},
        lacks="its members whose mail bounced, or who complained, are subscribed_to_emails all the same",
        remedy=(
            "In Ghost filter the members by “Subscribed is Subscribed”, which leaves them out, and by the newsletter where "
            "there are several; export these, and import them with --status subscribed"
        ),
    ),
    Tool(
        "Buttondown",
        marks=[{"email_address", "creation_date"}],
        told_by={"type", "subscriber_type"},
        lacks="without its column type nothing tells who never confirmed, left or bounced",
        remedy="Export from Buttondown with all columns",
    ),
)


def status_of_file(name: str, columns: Collection[str]) -> str:
    """What the name of a Mailchimp file, or a column that only one of its files has, says of its lines; else empty."""
    if "confirm_time" not in columns:
        return ""
    if found := MAILCHIMP_FILE.match(name):
        return found[1].lower()
    return "unsubscribed" if "unsub_time" in columns else "cleaned" if "clean_time" in columns else ""


def refuse_untold(columns: Collection[str], *, words_of_status: Set[str]) -> None:
    """Raises UntoldStatusError for a header that does not say who wants mail; `words_of_status` are columns of words."""
    names = set(columns)
    tool = next((tool for tool in TOOLS if any(marks <= names for marks in tool.marks)), None)
    if tool and not names & tool.told_by:
        raise UntoldStatusError(
            f"looks like an export of {tool.name}, which does not say who wants this mail: {tool.lacks}. {tool.remedy}"
        )
    if not tool and "confirmed_at" not in names and not names & words_of_status:
        raise UntoldStatusError(
            "names no column confirmed_at, nor one that says who confirmed; when somebody was added says neither. If "
            "everybody in it did, --status confirmed"
        )
