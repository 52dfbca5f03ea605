"""Calls of our webhook as each provider makes them, with signatures that are right."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

LOGIN = "provider:0123456789abcdef0123456789abcdef"
BASIC = {"Authorization": f"Basic {base64.b64encode(LOGIN.encode()).decode()}"}
MAILGUN_KEY = "mailgun-signing-key"
RESEND_SECRET = f"whsec_{base64.b64encode(b'0123456789abcdef01234567').decode()}"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)


@dataclass(frozen=True)
class Told:
    """What an event says, before a provider puts it into its own form."""

    kind: str
    address: str = "ada@example.com"
    delivery: str = ""
    message_id: str = ""
    event_id: str = "1"
    at: datetime = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    words: str = "smtp; 550 5.1.1 <ada@example.com>: no such user"


@dataclass(frozen=True)
class Call:
    body: bytes
    headers: dict[str, str]


# --- Postmark: a login ------------------------------------------------------------------------

POSTMARK: dict[str, dict[str, Any]] = {
    "delivered": {"RecordType": "Delivery", "DeliveredAt": ""},
    "hard_bounce": {"RecordType": "Bounce", "Type": "HardBounce"},
    "soft_bounce": {"RecordType": "Bounce", "Type": "SoftBounce"},
    "deferred": {"RecordType": "Bounce", "Type": "Transient"},
    "auto_reply": {"RecordType": "Bounce", "Type": "AutoResponder"},
    "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint"},
    "unsubscribe": {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "ManualSuppression"},
    "resubscribe": {"RecordType": "SubscriptionChange", "SuppressSending": False},
    "rejected": {"RecordType": "Bounce", "Type": "BadEmailAddress"},
    "opened": {"RecordType": "Open"},
}  # fmt: skip


def postmark(told: Told) -> Call:
    raw: dict[str, Any] = {**POSTMARK[told.kind], "MessageID": f"pm-{told.event_id}", "Details": told.words}
    raw["Metadata"] = {"delivery": told.delivery} if told.delivery else {}
    raw["Email" if raw["RecordType"] in {"Bounce", "SpamComplaint"} else "Recipient"] = told.address
    if "Type" in raw:
        raw["ID"] = int(told.event_id)
    raw["DeliveredAt" if told.kind == "delivered" else "BouncedAt"] = told.at.isoformat()
    return Call(json.dumps(raw).encode(), BASIC)


# --- Mailgun: HMAC ----------------------------------------------------------------------------

MAILGUN: dict[str, dict[str, Any]] = {
    "delivered": {"event": "delivered"},
    "hard_bounce": {"event": "failed", "severity": "permanent", "reason": "bounce"},
    "soft_bounce": {"event": "failed", "severity": "permanent", "reason": "old"},
    "deferred": {"event": "failed", "severity": "temporary", "reason": "generic"},
    "complaint": {"event": "complained"},
    "unsubscribe": {"event": "unsubscribed"},
    "rejected": {"event": "failed", "severity": "permanent", "reason": "suppress-bounce"},
    "opened": {"event": "opened"},
}


def mailgun(told: Told) -> Call:
    stamp, token = str(int(told.at.timestamp())), f"token-{told.event_id}"
    signature = hmac.new(MAILGUN_KEY.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    event = {
        **MAILGUN[told.kind],
        "id": told.event_id,
        "timestamp": told.at.timestamp(),
        "recipient": told.address,
        "message": {"headers": {"message-id": told.message_id.strip("<>")}},
        "user-variables": {"delivery": told.delivery} if told.delivery else {},
        "delivery-status": {"message": told.words},
    }
    raw = {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}
    return Call(json.dumps(raw).encode(), {})


# --- Resend: Svix -----------------------------------------------------------------------------


def resends_bounce(message: str, kind: str, sub_kind: str) -> dict[str, Any]:
    return {"bounce": {"message": message, "type": kind, "subType": sub_kind}}


RESEND: dict[str, tuple[str, dict[str, Any]]] = {
    "delivered": ("email.delivered", {}),
    "hard_bounce": ("email.bounced", resends_bounce("a bounce message", "Permanent", "General")),
    "soft_bounce": ("email.bounced", resends_bounce("a bounce message", "Transient", "General")),
    "deferred": ("email.delivery_delayed", {}),
    "complaint": ("email.complained", {}),
    "rejected": ("email.bounced", resends_bounce("suppressed sending", "Permanent", "Suppressed")),
    "opened": ("email.opened", {}),
}


def resend(told: Told) -> Call:
    # Loading it takes a second, and each process that tests comes to this file.
    from svix.webhooks import Webhook

    kind, more = RESEND[told.kind]
    metadata = json.dumps({"delivery": told.delivery} if told.delivery else {})
    headers = [{"name": "X-Metadata", "value": metadata}, {"name": "Message-ID", "value": told.message_id}]
    data = {"email_id": f"re-{told.event_id}", "to": [told.address], "headers": headers, **more}
    body = json.dumps({"type": kind, "created_at": told.at.isoformat(), "data": data}).encode()
    now, message = datetime.now(UTC), f"msg_{told.event_id}"
    return Call(
        body,
        {
            "svix-id": message,
            "svix-timestamp": str(int(now.timestamp())),
            "svix-signature": Webhook(RESEND_SECRET).sign(message, now, body.decode()),
        },
    )


# --- Amazon SES: SNS --------------------------------------------------------------------------

AMAZON: dict[str, tuple[str, dict[str, Any]]] = {
    "delivered": ("Delivery", {}),
    "hard_bounce": ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}),
    "soft_bounce": ("Bounce", {"bounceType": "Transient", "bounceSubType": "MailboxFull"}),
    "complaint": ("Complaint", {"complaintFeedbackType": "abuse"}),
    "rejected": ("Bounce", {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}),
    "opened": ("Open", {}),
}


def amazon_ses(told: Told) -> Call:
    kind, details = AMAZON[told.kind]
    person = {"emailAddress": told.address, "diagnosticCode": told.words}
    metadata = json.dumps({"delivery": told.delivery} if told.delivery else {})
    headers = [{"name": "X-Metadata", "value": metadata}, {"name": "Message-ID", "value": told.message_id}]
    event = {
        "eventType": kind,
        "mail": {"messageId": f"ses-{told.event_id}", "destination": [told.address], "headers": headers},
        kind.lower(): {
            **details,
            "bouncedRecipients": [person],
            "complainedRecipients": [person],
            "recipients": [told.address],
        },
    }
    return sns(Message=json.dumps(event), MessageId=f"sns-{told.event_id}", Timestamp=told.at.isoformat())


@cache
def amazon_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def sns(*, key: rsa.RSAPrivateKey | None = None, signed: bool = True, **values: Any) -> Call:
    """A message of SNS; by default a notification of our topic, in the second version of signatures."""
    message = {
        "Type": "Notification",
        "TopicArn": TOPIC,
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        **values,
    }
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    hashed = SHA1() if message["SignatureVersion"] == "1" else SHA256()
    signature = (key or amazon_key()).sign(text.encode(), PKCS1v15(), hashed)
    if signed:
        message["Signature"] = base64.b64encode(signature).decode()
    headers = {
        "x-amz-sns-message-type": message["Type"],
        "x-amz-sns-message-id": message["MessageId"],
        **BASIC,
    }
    return Call(json.dumps(message).encode(), headers)


def certificate() -> bytes:
    """As it would lie at CERTIFICATE_URL."""
    key = amazon_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=800))
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )


CALLS: dict[str, Callable[[Told], Call]] = {
    "amazon_ses": amazon_ses,
    "mailgun": mailgun,
    "postmark": postmark,
    "resend": resend,
}
VARIABLES = {
    "amazon_ses": {"ANYMAIL_WEBHOOK_SECRET": LOGIN},
    "mailgun": {"ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY": MAILGUN_KEY},
    "postmark": {"ANYMAIL_WEBHOOK_SECRET": LOGIN},
    "resend": {"ANYMAIL_RESEND_SIGNING_SECRET": RESEND_SECRET},
}
