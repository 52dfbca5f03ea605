"""What the columns of other tools' subscriber files mean, above all those that say who must not be mailed.

The names and values are those of listmonk, Mailchimp, Ghost and Buttondown, and of our own export. What is not listed here
is refused: a column that somebody takes out since it was refused may be the one that keeps readers from being mailed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.models import Suppression
from newsletter.readers.other_tools import status_of_file

Reason = Suppression.Reason
# Of a line whose reader never confirmed.
UNCONFIRMED = "unconfirmed"
# Of a line whose reader wants the mail.
WANTED = ""

# What we read, by what other tools call it; of several names that a file has, the first counts.
NAMES = {
    "email": ("email", "email_address", "address"),
    # When the reader was added, where something else says that they confirmed.
    "confirmed_at": ("confirmed_at", "confirm_time", "created_at", "creation_date"),
    "frequency": ("frequency",),
    "topics": ("topics",),
    "reviewers": ("reviewers",),
}
# Columns of words, and what each word says of mail to the reader.
PLANS = {"subscriber_type", "type"}
STATUS = {"status", "subscription_status", "reason"} | PLANS
WORDS = {
    # Those who pay, paid or don't are all readers to Buttondown.
    WANTED: "enabled active subscribed confirmed regular "
    "premium gifted trialed unpaid churning churned paused past_due free paid",
    UNCONFIRMED: "unconfirmed unactivated upcoming pending waiting nonsubscribed non_subscribed transactional",
    Reason.UNSUBSCRIBE: "unsubscribed unsubscribe disabled removed inactive",
    Reason.HARD_BOUNCE: "cleaned bounced hard_bounce bounce undeliverable",
    Reason.COMPLAINT: "complained complaint spam",
    Reason.ERASED: "erased",
    Reason.MANUAL: "blocklisted blacklisted blocked banned spammy manual",
}
STATUS_OF_WORD = {word: status for status, words in WORDS.items() for word in words.split()}
# Whose plan is paused or over gets the mail; elsewhere the words may mean that somebody does not.
OF_PLANS = {"paused", "churned"}
# listmonk says it of an account that is not blocked, whatever lists its reader left.
OF_ACCOUNTS = {"enabled"}
# What may be said of all lines of a file.
STATUSES = (
    "confirmed",
    "subscribed",
    "unconfirmed",
    "nonsubscribed",
    "unsubscribed",
    "bounced",
    "cleaned",
    "complained",
    "blocklisted",
)
# Columns of yes or no, and columns of a time or nothing: what yes, or a time, says.
FLAGS = {
    "unsubscribed": Reason.UNSUBSCRIBE,
    "unsubscribed_at": Reason.UNSUBSCRIBE,
    "unsub_time": Reason.UNSUBSCRIBE,
    "unsubscription_date": Reason.UNSUBSCRIBE,
    "deleted_at": Reason.UNSUBSCRIBE,
    "bounced": Reason.HARD_BOUNCE,
    "bounced_at": Reason.HARD_BOUNCE,
    "clean_time": Reason.HARD_BOUNCE,
    "undeliverability_date": Reason.HARD_BOUNCE,
    # Ghost's, after a bounce for good or a complaint.
    "email_disabled": Reason.HARD_BOUNCE,
    "complained": Reason.COMPLAINT,
    "complained_at": Reason.COMPLAINT,
    "blocklisted": Reason.MANUAL,
    "blocklisted_at": Reason.MANUAL,
    "blacklisted": Reason.MANUAL,
    "blocked": Reason.MANUAL,
}
# Columns of yes or no in which no says that the reader has left.
SUBSCRIBED_FLAGS = {"subscribed_to_emails", "subscribed"}
NO = {"", "0", "f", "false", "n", "no", "null", "none"}
YES = {"1", "t", "true", "y", "yes"}
# Says nothing about whether the reader wants mail.
UNREAD = set(
    re.findall(
        r"\w+",
        """
    id uuid name first_name last_name phone_number address_line birthday attributes updated_at time_zone timezone language
    country note notes labels tags tiers complimentary_plan stripe_customer_id metadata referrer_url secondary_id source
    member_rating optin_time optin_ip confirm_ip latitude longitude gmtoff dstoff cc region last_changed leid euid
    unsub_campaign_title unsub_campaign_id unsub_reason unsub_reason_other unsubscription_reason
    clean_campaign_title clean_campaign_id
    gift_id absolute_url avatar_url api_url ip_address risk_score upgrade_date churn_date bounce_date bounce_reason
    undeliverability_reason firewall_reasons transitions email_transitions referral_code stripe_coupon stripe_customer
    subscriber_import_id gift_subscription_message purchased_by purchased_message last_open_date last_click_date
    open_rate click_rate delivered_count open_count click_count utm_campaign utm_medium utm_source
    """,
    )
)
# The weaker ones first: of several reasons the last one here counts.
STRENGTH = [
    WANTED,
    UNCONFIRMED,
    Reason.UNSUBSCRIBE,
    Reason.ERASED,
    Reason.HARD_BOUNCE,
    Reason.COMPLAINT,
    Reason.MANUAL,
]


class UnknownColumnsError(ValueError):
    """A header that can't be read; the message says what to do."""


class UnknownWordError(ValueError):
    """A value in a column about consent that is not listed here."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a header's columns are: `read` by our own names, and those about consent by theirs.

    `status` is one of STATUSES, and holds for each line; it is empty where nobody said it.
    """

    number: int
    read: Mapping[str, int]
    consent: Mapping[str, int]
    names: Sequence[str]
    status: str

    @property
    def says_who_wants_mail(self) -> bool:
        return bool(self.consent or self.status)

    def value(self, name: str, fields: Sequence[str]) -> str:
        return fields[self.read[name]].strip() if name in self.read else ""

    def objection(self, fields: Sequence[str]) -> str:
        """WANTED, UNCONFIRMED or the reason of a suppression, the strongest; raises UnknownWordError."""
        found = [_status_in(name, fields[place].strip().lower()) for name, place in self.consent.items()]
        return max([STATUS_OF_WORD.get(self.status, WANTED), *found], key=STRENGTH.index)

    def refuse_accounts(self, fields: Sequence[str]) -> None:
        """Raises UnknownWordError where only the state of an account speaks for mail to its owner."""
        if self.status or {"confirmed_at", "subscription_status"} & set(self.names):
            return
        for name, place in self.consent.items():
            if name in STATUS and (word := _normalized(fields[place])) in OF_ACCOUNTS:
                raise UnknownWordError(
                    f"{name}: {word} is said of an account, not of a reader who confirmed; if all did, --status confirmed"
                )


def columns_of(
    header: Sequence[str], *, unread: Sequence[str] = (), status: str = "", file_name: str = ""
) -> Columns:
    """Raises UnknownColumnsError. `unread` are columns that the operator says to leave out.

    What the name of a file says of its lines, and the operator's `status`, hold both: the stronger one counts.
    """
    names = [_normalized(name) for name in header]
    left_out = UNREAD | {_normalized(name) for name in unread}
    read = {
        ours: names.index(theirs[0])
        for ours, known in NAMES.items()
        if (theirs := [name for name in known if name in names])
    }
    known = {name for all_names in NAMES.values() for name in all_names}
    consent = {
        name: place for place, name in enumerate(names) if name in STATUS | FLAGS.keys() | SUBSCRIBED_FLAGS
    }
    if twice := sorted({name for name in names if names.count(name) > 1 and name in known | consent.keys()}):
        raise UnknownColumnsError(f"names the column {twice[0]} twice")
    if "email" not in read:
        raise UnknownColumnsError("names no column email")
    unknown = [name for name in names if name not in known | consent.keys() | left_out]
    if unknown:
        raise UnknownColumnsError(
            f"has the column {', '.join(unknown)}, which is not understood. If it says who must not be mailed, a file "
            "without it would have them mailed: take their lines out first. Then --ignore-column it"
        )
    said = [word for word in (status, status_of_file(file_name, names)) if word]
    strongest = max(said, key=lambda word: STRENGTH.index(STATUS_OF_WORD[word]), default="")
    return Columns(len(names), read, consent, names, strongest)


def _normalized(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _status_in(name: str, value: str) -> str:
    if name in STATUS:
        word = _normalized(value)
        if word not in STATUS_OF_WORD or (word in OF_PLANS and name not in PLANS):
            raise UnknownWordError(
                f"{name}: {value[:40]!r} is not understood; it may mean that they want no mail"
            )
        return STATUS_OF_WORD[word]
    if name in SUBSCRIBED_FLAGS:
        if value not in NO | YES:
            raise UnknownWordError(f"{name}: must be true or false")
        return WANTED if value in YES else Reason.UNSUBSCRIBE
    # A time, a word for yes, anything at all.
    return WANTED if value in NO else FLAGS[name]
