"""Where a request comes from, and the tag under which votes from one place are known for one day.

Addresses are neither stored nor logged. What is stored is a tag: an HMAC of the address's prefix under the day's salt.
Once the salt is deleted, nobody can tell any more which address a tag was made of.
"""

import hmac
import secrets
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest
from rest_framework.request import Request

from votes.models import Salt

Address = IPv4Address | IPv6Address

TAG_LENGTH = 8
SALT_LENGTH = 32
SALTS_KEPT_FOR = timedelta(days=7)

# Whoever comes first makes it; the others wait for that to be committed, and then read it.
MAKE_SALT = "INSERT INTO votes_salt (day, salt) VALUES (%s, %s) ON CONFLICT DO NOTHING"

# The last day's salt that this process read: a day begins with one query, and no request after it makes another.
_kept: tuple[date, bytes] | None = None


def client_address(request: HttpRequest | Request) -> Address | None:
    """
    The address that the connection comes from, or that our own proxy names in the one header it is trusted with.

    No other header counts, whatever a client puts there. None where there is no address, as on a Unix socket.
    """
    header = settings.CLIENT_ADDRESS_HEADER
    named = read_address(request.META.get(f"HTTP_{header.upper()}", "")) if header else None
    return named or read_address(request.META.get("REMOTE_ADDR", ""))


def read_address(text: str) -> Address | None:
    """The one address that the text is, without port or zone, IPv4 within IPv6 as IPv4; else None."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return None if address.scope_id else address.ipv4_mapped or address


def prefix_of(address: Address | None) -> bytes:
    """What one subscriber has: an IPv4 address or an IPv6 /64. All that have no address are one."""
    if address is None:
        return b""
    return address.packed if address.version == 4 else address.packed[:8]


def network_of(address: Address | None) -> bytes:
    """The neighbourhood of a prefix: IPv4 /24, IPv6 /48."""
    if address is None:
        return b""
    return address.packed[:3] if address.version == 4 else address.packed[:6]


def origin_tag(request: HttpRequest | Request, *, now: datetime) -> bytes:
    """The request's prefix as votes store it: equal for all requests of one place on one UTC day."""
    return tag(prefix_of(client_address(request)), now=now)


def tag(place: bytes, *, now: datetime) -> bytes:
    """A prefix or network, whose lengths differ, under the salt of the UTC day of `now`."""
    return hmac.digest(salt_of(now.date()), place, "sha256")[:TAG_LENGTH]


def salt_of(day: date) -> bytes:
    kept = _kept
    if kept and kept[0] == day:
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(MAKE_SALT, [day, secrets.token_bytes(SALT_LENGTH)])
    salt = bytes(Salt.objects.values_list("salt", flat=True).get(day=day))
    # Should the transaction around us fail, then the next to come makes another salt.
    transaction.on_commit(lambda: _keep(day, salt))
    return salt


def _keep(day: date, salt: bytes) -> None:
    global _kept  # noqa: PLW0603 - One value for the whole process is what is wanted.
    _kept = day, salt


def forget_old_salts(now: datetime) -> int:
    """Deletes the salts of days that ended a week ago or earlier; answers how many."""
    return Salt.objects.filter(day__lt=(now - SALTS_KEPT_FOR).date()).delete()[0]
