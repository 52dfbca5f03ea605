"""Normalizes mail addresses: two spellings of one address are one reader, for uniqueness and for suppression.

What looks the same or reaches the same mailbox is the same: width and compatibility (NFKC), invisible characters,
case, and a domain in Unicode or as A-labels (UTS 46). RFC 5321 allows local parts that differ by case; no provider
uses that. The local part is ASCII, since we cannot deliver others. Tags (`ada+news@`) stay: they may be mailboxes
of their own. Only `mailbox_key` ignores them, to limit how much mail a stranger can have us send to one person.
"""

import hmac
import re
import unicodedata
from functools import lru_cache

import idna
from django.conf import settings

from backend.api.problems import Refusal

# RFC 5321 allows 254 characters in all and 64 before the @.
MAX_LENGTH = 254
MAX_LOCAL_LENGTH = 64
# Longer than any spelling of an address; longer input is refused unread.
MAX_SPELLING = 320

ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL_PART = re.compile(rf"{ATOM}(\.{ATOM})*")
# Controls, CR, LF and NUL among them; line and paragraph separators; lone surrogates.
FORBIDDEN = {"Cc", "Zl", "Zp", "Cs"}


class InvalidAddress(Refusal):
    status_code = 400
    default_code = "invalid_address"
    default_detail = "This is no mail address that we can write to."
    example_rank = 1
    pointer = "/email"


def canonical(address: str) -> str:
    """The one spelling of an address, in ASCII; raises InvalidAddress."""
    if len(address) > MAX_SPELLING or any(unicodedata.category(each) in FORBIDDEN for each in address):
        raise InvalidAddress
    visible = "".join(
        each for each in unicodedata.normalize("NFKC", address) if unicodedata.category(each) != "Cf"
    )
    local, at, domain = visible.strip(" ").rpartition("@")
    if not (
        at and local.isascii() and len(local) <= MAX_LOCAL_LENGTH and LOCAL_PART.fullmatch(local.lower())
    ):
        raise InvalidAddress
    spelling = f"{local.lower()}@{canonical_domain(domain)}"
    if len(spelling) > MAX_LENGTH:
        raise InvalidAddress
    return spelling


@lru_cache(maxsize=1_000)
def canonical_domain(domain: str) -> str:
    """The domain as A-labels. Raises InvalidAddress, also for a name without a dot and for an IP address."""
    try:
        labels = idna.encode(domain, uts46=True, std3_rules=True).decode().split(".")
    except (idna.IDNAError, UnicodeError):
        raise InvalidAddress from None
    if len(labels) < 2 or not labels[-1] or labels[-1].isdigit():
        raise InvalidAddress
    return ".".join(labels)


def address_key(address: str) -> bytes:
    """The key for uniqueness and suppression: an HMAC of the canonical address, 32 bytes. Raises InvalidAddress."""
    return key_of(canonical(address))


def key_of(spelling: str) -> bytes:
    """`address_key` of an address that is canonical already."""
    return hmac.digest(settings.NEWSLETTER_PEPPER, spelling.encode(), "sha256")


def mailbox_key(address: str) -> bytes:
    """A key of 32 bytes, equal for addresses that most providers deliver to one mailbox: without tag and dots.

    Raises InvalidAddress.
    """
    return hmac.digest(settings.NEWSLETTER_PEPPER, b"mailbox:" + untagged(address).encode(), "sha256")


def untagged(address: str) -> str:
    """The canonical address without tag and dots; with its tag where nothing is before that. Raises InvalidAddress."""
    local, _, domain = canonical(address).rpartition("@")
    name = local.partition("+")[0] or local
    return f"{name.replace('.', '')}@{domain}"


def masked(address: str) -> str:
    """The first letter and the domain, for lists on a screen that others may see."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
