"""What a provider's event means: that the mailbox is gone, that it is full, or that its reader complains. Pure rules.

anymail brings the events of all providers into one form, but calls a full mailbox and one that does not exist alike
`bounced`; which it was stands in what the provider itself sent.
"""

from collections.abc import Callable, Mapping

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from backend.api.json_type import Json
from newsletter.feedback.answers import answer_in, is_gone, is_no_hard_bounce
from newsletter.models import ProviderEvent, Suppression

Kind = ProviderEvent.Kind
Reason = Suppression.Reason
# Of any shape: each rule knows its provider's, and a KeyError or TypeError means that it is another.
Raw = Mapping[str, Json]

KINDS = {
    # An opened mail was delivered; that it was opened is not kept.
    **dict.fromkeys(
        [EventType.QUEUED, EventType.SENT, EventType.DELIVERED, EventType.OPENED, EventType.CLICKED],
        Kind.TAKEN,
    ),
    EventType.DEFERRED: Kind.DEFERRED,
    EventType.COMPLAINED: Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBE,
    EventType.AUTORESPONDED: Kind.AUTO_REPLY,
    EventType.REJECTED: Kind.REJECTED,
    EventType.FAILED: Kind.REJECTED,
}

# Whether a bounce is permanent, by what each provider sent. A provider that is not here never suppresses a mailbox.
PERMANENT: dict[str, Callable[[Raw], bool]] = {
    "amazon_ses": lambda raw: raw["bounce"]["bounceType"] == "Permanent",
    "brevo": lambda raw: raw["event"] in {"hard_bounce", "invalid_email"},
    "mailersend": lambda raw: raw["data"]["type"] == "hard_bounced",
    "mailgun": lambda raw: raw["event-data"]["reason"] == "bounce",
    "mailjet": lambda raw: raw["hard_bounce"] is True,
    "mailtrap": lambda raw: raw["event"] == "bounce",
    "mandrill": lambda raw: raw["event"] == "hard_bounce",
    "postmark": lambda raw: "HardBounce" in {raw.get("Type"), raw.get("SuppressionReason")},
    "resend": lambda raw: raw["data"]["bounce"]["type"] == "Permanent",
    "sparkpost": lambda raw: next(iter(raw["msys"].values()))["bounce_class"] in {"10", "30"},
    "unisender_go": lambda raw: (
        raw["delivery_info"]["delivery_status"]
        in {"err_user_unknown", "err_user_inactive", "err_mailbox_discarded", "err_domain_inactive"}
    ),
}

# Where the receiving server's answer stands, of providers of which anymail does not pass it on whole.
ANSWERS: dict[str, Callable[[Raw], str]] = {
    "mailgun": lambda raw: "{code} {message}".format(**raw["event-data"]["delivery-status"]),
    "resend": lambda raw: "\n".join(raw["data"]["bounce"]["diagnosticCode"]),
}

# Where a provider has a list of its own and did not send: what the list says of the mailbox.
LISTED: dict[str, tuple[Callable[[Raw], str], dict[str, str]]] = {
    "amazon_ses": (
        lambda raw: raw["bounce"]["bounceSubType"],
        # The account's list holds complaints too, and does not tell them apart.
        {"Suppressed": Reason.HARD_BOUNCE, "OnAccountSuppressionList": Reason.HARD_BOUNCE},
    ),
    "mailgun": (
        lambda raw: raw["event-data"]["reason"],
        {
            "suppress-bounce": Reason.HARD_BOUNCE,
            "suppress-complaint": Reason.COMPLAINT,
            "suppress-unsubscribe": Reason.UNSUBSCRIBE,
        },
    ),
    "mailjet": (
        lambda raw: raw["error"],
        {
            "user unknown": Reason.HARD_BOUNCE,
            "mailbox inactive": Reason.HARD_BOUNCE,
            "spam reporter": Reason.COMPLAINT,
        },
    ),
    "resend": (
        lambda raw: raw["data"]["bounce"]["subType"],
        {"Suppressed": Reason.HARD_BOUNCE, "OnAccountSuppressionList": Reason.HARD_BOUNCE},
    ),
}
REJECTED_AS = {
    RejectReason.BOUNCED: Reason.HARD_BOUNCE,
    RejectReason.INVALID: Reason.HARD_BOUNCE,
    RejectReason.UNSUBSCRIBED: Reason.UNSUBSCRIBE,
}


def kind_of(event: AnymailTrackingEvent, *, provider: str) -> Kind | None:
    """What the event is, or None for an event that is not kept, such as a sign-up at the provider."""
    kind = KINDS.get(event.event_type)
    if provider == "postal" and event.event_type == EventType.FAILED:
        # Its HardFail is the receiving server's refusal.
        answer = _answer(event, provider=provider)
        return Kind.HARD_BOUNCE if answer and is_gone(*answer) else Kind.SOFT_BOUNCE
    if event.event_type != EventType.BOUNCED:
        return kind
    # Some providers report a mailbox on their list as a bounce, although that mail was never sent.
    if provider != "mailjet" and _listed_as(event, provider=provider):
        return Kind.REJECTED
    return Kind.HARD_BOUNCE if _is_gone(event, provider=provider) else Kind.SOFT_BOUNCE


def suppression_of(event: AnymailTrackingEvent, kind: Kind, *, provider: str) -> str | None:
    """The reason to suppress the mailbox, a Suppression.Reason, or None."""
    if kind != Kind.REJECTED:
        return {
            Kind.HARD_BOUNCE: Reason.HARD_BOUNCE,
            Kind.COMPLAINT: Reason.COMPLAINT,
            Kind.UNSUBSCRIBE: Reason.UNSUBSCRIBE,
        }.get(kind)
    if provider in LISTED:
        return _listed_as(event, provider=provider)
    return REJECTED_AS.get(event.reject_reason)


def _answer(event: AnymailTrackingEvent, *, provider: str) -> tuple[int, str] | None:
    """What the receiving server said, as far as the provider passes it on."""
    answer = answer_in(str(event.mta_response or ""))
    if answer or provider not in ANSWERS:
        return answer
    try:
        return answer_in(ANSWERS[provider](event.esp_event))
    except (KeyError, TypeError):
        return None


def _is_gone(event: AnymailTrackingEvent, *, provider: str) -> bool:
    answer = _answer(event, provider=provider)
    if answer and is_no_hard_bounce(*answer):
        return False
    try:
        return PERMANENT[provider](event.esp_event)
    except (KeyError, TypeError):
        return False


def _listed_as(event: AnymailTrackingEvent, *, provider: str) -> str | None:
    if provider not in LISTED:
        return None
    word, meanings = LISTED[provider]
    try:
        return meanings.get(word(event.esp_event))
    except (KeyError, TypeError):
        return None
