"""What a request does with a typed address: it counts, and writes a row for a worker (`mail_worker`), known address or not.

So every request gets the same answer in the same time, even while SMTP and the broker are down.
"""

from contextlib import suppress
from datetime import datetime

import structlog
from django.conf import settings

from backend.api.clients import Address
from backend.api.problems import Refusal
from backend.api.rate_limits import Limit, RateLimitState
from backend.api.throttling import Throttled, throttle, throttle_client
from newsletter.models import MailJob, Subscriber
from newsletter.readers import consent
from newsletter.readers.addresses import address_key, mailbox_key
from newsletter.readers.mail_jobs import queue_mail

log = structlog.get_logger(__name__)

# Before anything is looked at: a reader who mistypes an address uses up no sign-up.
ATTEMPTS = (Limit("sign-up-attempts-60s", 120, 60),)
PREFIX_LIMITS = (Limit("sign-ups-60s", 5, 60), Limit("sign-ups-86400s", 30, 86_400))
NETWORK_LIMITS = (Limit("sign-ups-of-network-86400s", 200, 86_400),)

# Of one subscriber, by all who ask.
OWNER_LIMITS = [Limit("owner-links-86400s", 3, 86_400)]
MOVE_LIMITS = [Limit("moves-86400s", 3, 86_400)]
# Of one mailbox, whether it is a subscriber's or not.
FRESH_LINKS_LIMITS = [Limit("fresh-links-86400s", 3, 86_400)]


class NotSubscribed(Refusal):
    status_code = 409
    default_code = "not_subscribed"
    default_detail = "This subscription has ended; sign up with the other address."
    example_rank = 14


class SameAddress(Refusal):
    status_code = 400
    default_code = "same_address"
    default_detail = "This is the address that the mail goes to already."
    example_rank = 3
    pointer = "/email"


def count_attempt(*, address: Address | None, now: datetime) -> RateLimitState:
    """What the client's network has left of its attempts, valid or not, this one counted; raises Throttled."""
    return throttle_client(address, limits=ATTEMPTS, now=now)


def count_sign_up(*, address: Address | None, now: datetime) -> RateLimitState:
    """What the client's networks have left of sign-ups, this one counted; raises Throttled, for them or for all of us."""
    left = throttle_client(address, limits=PREFIX_LIMITS, wider_limits=NETWORK_LIMITS, now=now)
    # What a network is refused does not count towards the whole.
    everybody = Limit("all-sign-ups-60s", settings.SIGN_UPS_A_MINUTE, 60)
    try:
        throttle(("everybody", [everybody]), now=now)
    except Throttled:
        log.error("too_many_sign_ups", limit=everybody.count)
        raise
    return left


def sign_up(
    *,
    address: str,
    choices: consent.Preferences,
    source: str,
    now: datetime,
    replaces: Subscriber | None = None,
) -> None:
    """Have a worker mail the canonical address what it needs. One query, for every address. Raises NothingChosen."""
    consent.refuse_nothing(choices, follows=bool(choices.get("reviewers")))
    queue_mail(
        kind=MailJob.Kind.SIGN_UP,
        address=address,
        choices=choices,
        replaces=replaces,
        source=source,
        now=now,
    )


def ask_for_owner_link(*, subscriber: Subscriber, source: str, now: datetime) -> RateLimitState:
    """Have a worker mail the subscriber the link that exports and erases; what is left of OWNER_LIMITS.

    Raises Throttled.
    """
    left = throttle((f"owner {subscriber.pk}", OWNER_LIMITS), now=now)
    queue_mail(kind=MailJob.Kind.OWNER, address=subscriber.address, source=source, now=now)
    return left


def ask_for_fresh_links(*, address: str, source: str, now: datetime) -> None:
    """Have a worker mail the canonical address links of its own, if it is a reader's. The same work for every address.

    Beyond FRESH_LINKS_LIMITS it is dropped in silence: an earlier mail is there.
    """
    with suppress(Throttled):
        throttle((mailbox_key(address), FRESH_LINKS_LIMITS), now=now)
        queue_mail(kind=MailJob.Kind.LINKS, address=address, source=source, now=now)


def ask_to_move(
    *, subscriber: Subscriber, address: str, choices: consent.Preferences, source: str, now: datetime
) -> RateLimitState:
    """Have a worker mail the canonical address a link that subscribes it in place of the subscriber's former one.

    What is left of MOVE_LIMITS. Raises NotSubscribed, SameAddress and Throttled.
    """
    if subscriber.status != Subscriber.Status.ACTIVE:
        raise NotSubscribed
    if address_key(address) == bytes(subscriber.address_key):
        raise SameAddress
    left = throttle((f"move {subscriber.pk}", MOVE_LIMITS), now=now)
    queue_mail(
        kind=MailJob.Kind.SIGN_UP,
        address=address,
        choices=choices,
        replaces=subscriber,
        source=source,
        now=now,
    )
    return left
