"""One reader's copy, what a provider tells of it, and what became of both."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from backend import urls
from backend.mail_providers import anymail_settings
from newsletter.feedback.hooks import hook_urls
from newsletter.feedback.provider_events import apply_waiting
from newsletter.models import Delivery, Subscriber, Suppression
from newsletter.readers.addresses import address_key
from newsletter.sending.bounces import suppress_single_bounces
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory, SubscriberFactory
from tests.newsletter.hook_calls import TOPIC, VARIABLES, Call, Told
from tests.newsletter.hook_calls import sns as sns_call

ADA = "ada@example.com"
COPY = UUID("01234567-89ab-cdef-0123-456789abcdef")
MESSAGE_ID = f"<2026-W45.{COPY.hex}@mail.example.com>"
Send = Callable[[Call], Any]


def sender(settings: Settings, provider: str) -> Send:
    """A stranger who posts to the provider's address, from a browser that would be asked for a CSRF token."""
    settings.MAIL_HOOKS, settings.SNS_TOPIC_ARNS = provider, [TOPIC]
    # By the database's clock, which no test holds, everything here has been held for long.
    settings.SENDING_BOUNCE_SECONDS = 0
    settings.ANYMAIL = anymail_settings(VARIABLES[provider], public_base_url="https://api.example.com")
    settings.ROOT_URLCONF = (*urls.urlpatterns, *hook_urls())

    def post(call: Call) -> Any:
        client = Client(enforce_csrf_checks=True, headers=call.headers)
        return client.post(f"/hooks/mail/{provider}/", call.body, content_type="application/json")

    return post


def a_copy(state: str = "accepted", **fields: Any) -> Delivery:
    subscriber = Subscriber.objects.filter(address=ADA).first() or SubscriberFactory(address=ADA)
    # They confirmed long before.
    Subscriber.objects.update(confirmed_at=NOW - timedelta(days=30))
    times = {"accepted": {"accepted_at": NOW}, "uncertain": {"uncertain_at": NOW}}
    held = {"lease_until": NOW + timedelta(days=9)} if state in {"claimed", "sending"} else {}
    edition = EditionFactory(state="sending", frozen_at=NOW, prepared_at=NOW, audience=1)
    copy: Delivery = DeliveryFactory(
        edition=edition,
        segment=SegmentFactory(edition=edition),
        subscriber=subscriber,
        state=state,
        **{"id": COPY, "message_id": MESSAGE_ID, **times.get(state, {}), **held, **fields},
    )
    return copy


def told(kind: str, copy: Delivery | None = None, **more: Any) -> Told:
    return Told(kind, delivery=str(copy.pk) if copy else "", **more)


def reason() -> str | None:
    """Once the clock has looked at what was held, and at what the request on a busy machine left over."""
    apply_waiting(now=timezone.now(), seconds=60)
    suppress_single_bounces(now=timezone.now())
    return Suppression.objects.filter(address_key=address_key(ADA)).values_list("reason", flat=True).first()


def state_now() -> tuple[str, str | None, str]:
    """Of the subscriber, of the mailbox, of the copy."""
    suppressed = reason()
    return (Subscriber.objects.get().status, suppressed, Delivery.objects.get().state)


def edited(call: Call, **values: str) -> Call:
    return Call(json.dumps(json.loads(call.body) | values).encode(), call.headers)


def resigned(call: Call, **options: Any) -> Call:
    """A message of SNS with other values, and a signature over them."""
    message = json.loads(call.body)
    del message["Signature"]
    return sns_call(**(message | options))
