"""What each provider's own words mean, as anymail reads them."""

import json
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from backend.mail_providers import PROVIDERS, anymail_settings
from newsletter.feedback.provider_rules import PERMANENT, kind_of, suppression_of

GONE = "550 5.1.1 no such user"
ADA = "ada@example.com"


def event_of(provider: str, raw: dict[str, Any]) -> Any:
    """Through anymail's view of that provider's webhook, but for the signature."""
    # Half a second of CPU for the libraries of all providers, which each process of a run would spend on collecting.
    from anymail.urls import urlpatterns

    name = f"{provider}_tracking_webhook"
    [view] = [each.callback.view_class for each in urlpatterns if each.name == name]
    if provider == "mandrill":
        request = RequestFactory().post("/", {"mandrill_events": json.dumps([raw])})
    else:
        body = {
            "sparkpost": [{"msys": {"message_event": raw}}],
            "mailtrap": {"events": [raw]},
            "amazon_ses": {"Type": "Notification", "Message": json.dumps(raw)},
        }.get(provider, raw)
        request = RequestFactory().post("/", json.dumps(body), content_type="application/json")
    [event] = view().parse_events(request)
    return event


def postal(status: str, output: str) -> dict[str, Any]:
    return {"event": "x", "payload": {"status": status, "output": output, "message": {"to": ADA}}}


def mailersend(kind: str) -> dict[str, Any]:
    return {"data": {"type": kind, "email": {"recipient": {"email": ADA}}}}


def mailgun(event: str, **data: Any) -> dict[str, Any]:
    return {
        "signature": {"token": "1"},
        "event-data": {"event": event, "recipient": ADA, "timestamp": 1.0, **data},
    }


def mailgun_bounce(message: str) -> dict[str, Any]:
    """Its answers have the code apart."""
    return mailgun(
        "failed",
        severity="permanent",
        reason="bounce",
        **{"delivery-status": {"code": 550, "message": message}},
    )


def mailtrap(event: str) -> dict[str, Any]:
    return {"event": event, "timestamp": 1, "message_id": "1", "email": ADA}


def unisender(status: str, why: str) -> dict[str, Any]:
    return {
        "event_name": "transactional_email_status",
        "status": status,
        "email": ADA,
        "event_time": "2026-11-02 09:30:00",
        "delivery_info": {"delivery_status": why},
    }


def amazon(kind: str, sub_kind: str, **person: str) -> dict[str, Any]:
    people = [{"emailAddress": ADA, **person}]
    bounce = {"bounceType": kind, "bounceSubType": sub_kind, "bouncedRecipients": people}
    return {"eventType": "Bounce", "bounce": bounce}


AMAZONS_REJECT = {"eventType": "Reject", "mail": {"destination": [ADA]}, "reject": {"reason": "Bad content"}}


def resend(kind: str, sub_kind: str, *answers: str) -> dict[str, Any]:
    bounce: dict[str, Any] = {"message": "a bounce message", "type": kind, "subType": sub_kind}
    bounce |= {"diagnosticCode": list(answers)} if answers else {}
    return {"type": "email.bounced", "data": {"bounce": bounce, "to": [ADA]}}


def mailjet(event: str, error: str, **more: bool) -> dict[str, Any]:
    return {"event": event, "email": ADA, "error": error, **more}


def postmark(kind: str, **more: Any) -> dict[str, Any]:
    return {"RecordType": "Bounce", "Type": kind, "Email": ADA, **more}


def suppressed_at_postmark(**more: Any) -> dict[str, Any]:
    return {"RecordType": "SubscriptionChange", "Recipient": ADA, **more}


ROWS = [
    ("amazon_ses", amazon("Permanent", "General", diagnosticCode=GONE), "hard_bounce", "hard_bounce"),
    ("amazon_ses", amazon("Permanent", "General", diagnosticCode="550 5.7.26 no DMARC"), "soft_bounce", None),
    ("amazon_ses", amazon("Permanent", "General", diagnosticCode="550 5.7.1 No such user!"), "hard_bounce", "hard_bounce"),
    ("amazon_ses", amazon("Permanent", "General", diagnosticCode="550 spam message rejected"), "soft_bounce", None),
    ("amazon_ses", amazon("Permanent", "General", diagnosticCode="smtp; 550 Refused"), "hard_bounce", "hard_bounce"),
    ("amazon_ses", amazon("Transient", "MailboxFull"), "soft_bounce", None),
    # A vacation reply, which Amazon calls a bounce.
    ("amazon_ses", amazon("Transient", "General"), "soft_bounce", None),
    ("amazon_ses", amazon("Undetermined", "Undetermined"), "soft_bounce", None),
    ("amazon_ses", amazon("Permanent", "Suppressed"), "rejected", "hard_bounce"),
    ("amazon_ses", amazon("Permanent", "OnAccountSuppressionList"), "rejected", "hard_bounce"),
    ("amazon_ses", AMAZONS_REJECT, "rejected", None),
    ("brevo", {"event": "hard_bounce", "email": ADA}, "hard_bounce", "hard_bounce"),
    ("brevo", {"event": "invalid_email", "email": ADA}, "hard_bounce", "hard_bounce"),
    ("brevo", {"event": "soft_bounce", "email": ADA}, "soft_bounce", None),
    ("brevo", {"event": "blocked", "email": ADA}, "rejected", None),
    ("brevo", {"event": "spam", "email": ADA}, "complaint", "complaint"),
    ("brevo", {"event": "unsubscribe", "email": ADA}, "unsubscribe", "unsubscribe"),
    ("brevo", {"event": "request", "email": ADA}, "taken", None),
    ("brevo", {"event": "list_addition", "email": ADA}, None, None),
    ("brevo", {"event": "new", "email": ADA}, None, None),
    ("mailersend", mailersend("hard_bounced"), "hard_bounce", "hard_bounce"),
    ("mailersend", mailersend("soft_bounced"), "soft_bounce", None),
    ("mailersend", mailersend("spam_complaint"), "complaint", "complaint"),
    ("mailgun", mailgun("failed", severity="permanent", reason="bounce"), "hard_bounce", "hard_bounce"),
    ("mailgun", mailgun_bounce("5.1.1 The email account does not exist.\n5.1.1 Learn more"), "hard_bounce", "hard_bounce"),
    ("mailgun", mailgun_bounce("5.7.26 Unauthenticated email is not accepted due to DMARC policy"), "soft_bounce", None),
    ("mailgun", mailgun_bounce("5.2.2 The email account is over quota"), "soft_bounce", None),
    ("mailgun", mailgun("failed", severity="permanent", reason="generic"), "soft_bounce", None),
    ("mailgun", mailgun("failed", severity="permanent"), "soft_bounce", None),
    ("mailgun", mailgun("failed", severity="temporary", reason="generic"), "deferred", None),
    ("mailgun", mailgun("failed", severity="permanent", reason="suppress-bounce"), "rejected", "hard_bounce"),
    ("mailgun", mailgun("failed", severity="permanent", reason="suppress-complaint"), "rejected", "complaint"),
    ("mailgun", mailgun("failed", severity="permanent", reason="suppress-unsubscribe"), "rejected", "unsubscribe"),
    ("mailgun", mailgun("rejected", reject={"reason": "Sandbox"}), "rejected", None),
    ("mailjet", mailjet("bounce", "user unknown", hard_bounce=True), "hard_bounce", "hard_bounce"),
    ("mailjet", mailjet("bounce", "quota exceeded", hard_bounce=False), "soft_bounce", None),
    ("mailjet", mailjet("bounce", "greylisted"), "deferred", None),
    ("mailjet", mailjet("blocked", "user unknown"), "rejected", "hard_bounce"),
    ("mailjet", mailjet("blocked", "quota exceeded"), "rejected", None),
    ("mailjet", mailjet("blocked", "spam reporter"), "rejected", "complaint"),
    ("mailjet", {"event": "sent", "email": ADA}, "taken", None),
    ("mailtrap", mailtrap("bounce"), "hard_bounce", "hard_bounce"),
    ("mailtrap", mailtrap("soft bounce"), "deferred", None),
    ("mailtrap", mailtrap("reject"), "rejected", None),
    ("mandrill", {"event": "hard_bounce", "msg": {"email": ADA}}, "hard_bounce", "hard_bounce"),
    ("mandrill", {"event": "soft_bounce", "msg": {"email": ADA}}, "soft_bounce", None),
    ("mandrill", {"event": "reject", "msg": {"email": ADA}}, "rejected", None),
    ("postal", postal("HardFail", GONE), "hard_bounce", "hard_bounce"),
    ("postal", postal("HardFail", "550 User unknown"), "hard_bounce", "hard_bounce"),
    ("postal", postal("HardFail", "552 5.2.2 mailbox full"), "soft_bounce", None),
    # Of the sender.
    ("postal", postal("HardFail", "553 5.1.8 Domain of sender address does not exist"), "soft_bounce", None),
    ("postal", postal("HardFail", ""), "soft_bounce", None),
    ("postal", postal("SoftFail", "450 4.2.1 later"), "deferred", None),
    ("postal", postal("Sent", "250 OK"), "taken", None),
    ("postal", {"event": "x", "payload": {"bounce": {}, "original_message": {"to": ADA}}}, "soft_bounce", None),
    ("postmark", postmark("HardBounce"), "hard_bounce", "hard_bounce"),
    ("postmark", postmark("SoftBounce"), "soft_bounce", None),
    ("postmark", postmark("AutoResponder"), "auto_reply", None),
    ("postmark", postmark("BadEmailAddress"), "rejected", "hard_bounce"),
    ("postmark", postmark("DMARCPolicy"), "rejected", None),
    ("postmark", suppressed_at_postmark(SuppressionReason="HardBounce"), "hard_bounce", "hard_bounce"),
    ("postmark", suppressed_at_postmark(SuppressSending=False), None, None),
    ("resend", resend("Permanent", "General"), "hard_bounce", "hard_bounce"),
    ("resend", resend("Permanent", "General", f"smtp; {GONE}"), "hard_bounce", "hard_bounce"),
    ("resend", resend("Permanent", "General", "smtp; 550 5.7.26 DMARC"), "soft_bounce", None),
    ("resend", resend("Transient", "General"), "soft_bounce", None),
    ("resend", resend("Permanent", "Suppressed"), "rejected", "hard_bounce"),
    ("sparkpost", {"type": "bounce", "bounce_class": "10", "raw_rcpt_to": ADA}, "hard_bounce", "hard_bounce"),
    ("sparkpost", {"type": "out_of_band", "bounce_class": "30", "raw_rcpt_to": ADA}, "hard_bounce", "hard_bounce"),
    ("sparkpost", {"type": "bounce", "bounce_class": "22", "raw_rcpt_to": ADA}, "soft_bounce", None),
    ("sparkpost", {"type": "bounce", "bounce_class": "51", "raw_rcpt_to": ADA}, "soft_bounce", None),
    ("sparkpost", {"type": "out_of_band", "bounce_class": "60", "raw_rcpt_to": ADA}, "auto_reply", None),
    ("sparkpost", {"type": "policy_rejection", "bounce_class": "25", "raw_rcpt_to": ADA}, "rejected", None),
    ("sparkpost", {"type": "generation_failure", "raw_rcpt_to": ADA}, "rejected", None),
    ("unisender_go", unisender("hard_bounced", "err_user_unknown"), "hard_bounce", "hard_bounce"),
    ("unisender_go", unisender("hard_bounced", "err_mailbox_full"), "soft_bounce", None),
    ("unisender_go", unisender("soft_bounced", "err_will_retry"), "deferred", None),
    ("unisender_go", unisender("delivered", ""), "taken", None),
]  # fmt: skip


@pytest.fixture(autouse=True)
def every_key(settings: Settings) -> None:
    names = {name for kind in PROVIDERS.values() for name in kind.credentials + kind.hook_keys}
    # This key must have the form of one; none is used.
    names.discard("ANYMAIL_RESEND_SIGNING_SECRET")
    settings.ANYMAIL = anymail_settings(dict.fromkeys(names, "user:" + 32 * "k"), public_base_url="")


@pytest.mark.parametrize(
    ("provider", "raw", "kind", "suppression"),
    [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(ROWS)],
)
def test_what_an_event_means(
    provider: str, raw: dict[str, Any], kind: str | None, suppression: str | None
) -> None:
    event = event_of(provider, raw)

    meaning = kind_of(event, provider=provider)

    assert meaning == kind
    assert (meaning and suppression_of(event, meaning, provider=provider)) == suppression


def test_every_provider_with_webhooks_is_in_the_table() -> None:
    with_hooks = {name for name, kind in PROVIDERS.items() if kind.hook_keys}

    assert {row[0] for row in ROWS} == with_hooks == {*PERMANENT, "postal"}
