"""The links in mails and their tokens. Links are built from settings alone, and stay valid when keys rotate.

Who has a mail can use its links, so they do no harm: export and erasure take a token that is mailed when the owner asks,
and that lasts a day. A confirmation token follows from the sign-up and a key, and expires; only its
hash is stored. A subscriber's other tokens are signed and never expire; they are invalid once the subscriber is erased. A
token for preferences also unsubscribes, but not the reverse.
"""

from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from backend.api.credentials import Scheme
from backend.api.digests import digest
from backend.api.problems import Refusal
from backend.api.signed_tokens import InvalidSignatureError, base64url, sign, verify
from newsletter.models import Subscriber

CONFIRMATION = b"confirmation/v1"
UNSUBSCRIBE = "unsubscribe/v1"
PREFERENCES = "preferences/v1"
OWNER = "owner/v1"

CONFIRMATION_LIFETIME = timedelta(hours=48)
# How long the link that exports and erases is good.
OWNER_LIFETIME = timedelta(hours=24)
# Whom the links of a test mail name: no subscriber has this id.
OF_TEST_MAIL = UUID(int=0)
# Of 32 bytes in base64url.
CONFIRMATION_LENGTH = 43


class SubscriberRefusal(Refusal):
    """The base of refusals that ask for a subscriber's token."""

    status_code = 401
    default_code = "not_authenticated"
    default_detail = "This needs credentials and none were sent."
    headers = {"WWW-Authenticate": "Subscriber"}


class InvalidSubscriberToken(SubscriberRefusal):
    default_code = "invalid_subscriber_token"
    default_detail = "This is no subscriber's token of ours, or not one for this."
    example_rank = 21


class ErasedSubscriber(SubscriberRefusal):
    default_code = "erased_subscriber"
    default_detail = "Nothing is kept of this subscriber any more; signing up again makes a new one."
    example_rank = 22


class OwnerLinkNeeded(Refusal):
    status_code = 403
    default_code = "owner_link_needed"
    default_detail = "This takes a token that is mailed to the subscriber's own address, and lasts 24 hours."
    example_rank = 23


SUBSCRIBER = Scheme(
    name="Subscriber",
    description=(
        "`Subscriber <token>`, the token being that of a mail's links, or one from "
        "`POST /newsletter/subscriptions/confirm`."
    ),
    missing=SubscriberRefusal,
    refused=(InvalidSubscriberToken, ErasedSubscriber),
)


def confirm_url(token: str) -> str:
    return _url("newsletter-confirm", token)


def preferences_url(subscriber_id: UUID) -> str:
    return _url("newsletter-preferences", preferences_token(subscriber_id))


def unsubscribe_url(subscriber_id: UUID) -> str:
    """The page for people; a POST there unsubscribes at once, as `List-Unsubscribe` promises (RFC 8058)."""
    return _url("newsletter-unsubscribe", unsubscribe_token(subscriber_id))


def confirmation_token(job_id: UUID) -> str:
    """The token of a sign-up: the same in each mail that its tries may have sent, so that none ends another's link."""
    secret = next(iter(settings.NEWSLETTER_KEYS.values()))
    return base64url(digest(secret, CONFIRMATION, job_id.bytes))


def confirmation_key(token: str) -> bytes:
    """The value of `ConfirmationToken.key`. A token has 256 bits that nobody can guess, so a fast hash is enough."""
    return sha256(token.encode()).digest()


def preferences_token(subscriber_id: UUID) -> str:
    return sign(settings.NEWSLETTER_KEYS, PREFERENCES, subscriber_id.bytes)


def unsubscribe_token(subscriber_id: UUID) -> str:
    return sign(settings.NEWSLETTER_KEYS, UNSUBSCRIBE, subscriber_id.bytes)


def owner_url(subscriber_id: UUID, *, now: datetime) -> str:
    """The page that exports and erases, for OWNER_LIFETIME."""
    return _url("newsletter-data", owner_token(subscriber_id, now=now))


def owner_token(subscriber_id: UUID, *, now: datetime) -> str:
    until = int((now + OWNER_LIFETIME).timestamp())
    return sign(settings.NEWSLETTER_KEYS, OWNER, subscriber_id.bytes + until.to_bytes(8))


def owner_of(token: str, *, now: datetime) -> Subscriber:
    """The subscriber who read the mail of `owner_url` lately. One query.

    Raises OwnerLinkNeeded, also for a token of preferences, InvalidSubscriberToken or ErasedSubscriber.
    """
    try:
        payload = verify(settings.NEWSLETTER_KEYS, OWNER, token)
    except InvalidSignatureError:
        subscriber_of(token, PREFERENCES)
        raise OwnerLinkNeeded from None
    subscriber = Subscriber.objects.filter(pk=UUID(bytes=payload[:16])).first()
    if subscriber is None:
        raise ErasedSubscriber
    if int.from_bytes(payload[16:]) <= now.timestamp():
        raise OwnerLinkNeeded
    return subscriber


def is_of_test_mail(token: str) -> bool:
    """Whether it stands in a mail that an editor sent to try an edition out. No query."""
    try:
        return subscriber_id_of(token, PREFERENCES, UNSUBSCRIBE) == OF_TEST_MAIL
    except InvalidSubscriberToken:
        return False


def subscriber_id_of(token: str, *purposes: str) -> UUID:
    """Whose token it is, signed for one of the purposes; raises InvalidSubscriberToken. No query."""
    for purpose in purposes:
        try:
            return UUID(bytes=verify(settings.NEWSLETTER_KEYS, purpose, token))
        except InvalidSignatureError:
            continue
    raise InvalidSubscriberToken


def subscriber_of(token: str, *purposes: str) -> Subscriber:
    """Raises InvalidSubscriberToken or ErasedSubscriber. One query."""
    subscriber = Subscriber.objects.filter(pk=subscriber_id_of(token, *purposes)).first()
    if subscriber is None:
        raise ErasedSubscriber
    return subscriber


def _url(name: str, token: str) -> str:
    # Tokens are made of letters that need no quoting, and an edition has three links for each of a million readers.
    return f"{settings.PUBLIC_BASE_URL}{_path(name)}?token={token}"


@cache
def _path(name: str) -> str:
    return reverse(name)
