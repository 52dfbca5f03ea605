"""The client's address, the network it belongs to, and the hash of that network that is stored for one day.

Addresses are neither stored nor logged. What is stored is an HMAC of the address's network under the day's salt. Once
the salt is deleted, nobody can tell which network a hash was made of.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest
from rest_framework.request import Request

from backend.api.models import Salt

Address = IPv4Address | IPv6Address

HASH_LENGTH = 8
SALT_LENGTH = 32
SALTS_KEPT_FOR = timedelta(days=7)

# The first request makes it; the others wait for that to be committed, and then read it.
MAKE_SALT = "INSERT INTO votes_salt (day, salt) VALUES (%s, %s) ON CONFLICT DO NOTHING"

# The salts that this process read last, of a day and of its week's Monday: a day begins with a query for each, and no
# request after them makes another.
_kept: dict[date, bytes] = {}
_KEPT_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class NetworkHashes:
    """What tells whether two requests came from one network, and from one around it.

    `network` is of an IPv4 address or an IPv6 /64, `provider` of an IPv4 /16 or an IPv6 /32, both under the day's salt.
    `site` is of an IPv4 /24 or an IPv6 /48, under the salt of the week's Monday: equal for all of a week.
    """

    network: bytes
    site: bytes
    provider: bytes

    @property
    def inwards(self) -> tuple[bytes, bytes, bytes]:
        """From the widest to the narrowest, each within the one before."""
        return self.provider, self.site, self.network


def client_address(request: HttpRequest | Request) -> Address | None:
    """The address that the connection comes from, or that one of TRUSTED_PROXIES names in CLIENT_ADDRESS_HEADER.

    No other header counts, whatever a client puts there. None where there is no address, as on a Unix socket.
    """
    peer = read_address(request.META.get("REMOTE_ADDR", ""))
    if peer is None or not any(peer in network for network in settings.TRUSTED_PROXIES):
        return peer
    return read_address(request.META.get(f"HTTP_{settings.CLIENT_ADDRESS_HEADER.upper()}", "")) or peer


def read_address(text: str) -> Address | None:
    """The one address that the text is, without port or zone, IPv4 within IPv6 as IPv4; else None."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return None if address.scope_id else address.ipv4_mapped or address


def client_network(address: Address | None) -> bytes:
    """The network of one connection to the internet: an IPv4 address or an IPv6 /64. Without an address: empty."""
    if address is None:
        return b""
    return address.packed if address.version == 4 else address.packed[:8]


def wider_network(address: Address | None) -> bytes:
    """The network around a client's: IPv4 /24, IPv6 /48."""
    if address is None:
        return b""
    return address.packed[:3] if address.version == 4 else address.packed[:6]


def provider_network(address: Address | None) -> bytes:
    """The network that an internet provider has many sites in: IPv4 /16, IPv6 /32."""
    if address is None:
        return b""
    return address.packed[:2] if address.version == 4 else address.packed[:4]


def network_hashes_of(request: HttpRequest | Request, *, now: datetime) -> NetworkHashes:
    return network_hashes(client_address(request), now=now)


def network_hashes(address: Address | None, *, now: datetime) -> NetworkHashes:
    """The hashes of an address at the time of `now`, which is in UTC."""
    monday = now.date() - timedelta(days=now.weekday())
    return NetworkHashes(
        network=network_hash(client_network(address), now=now),
        site=_hash(wider_network(address), monday),
        provider=network_hash(provider_network(address), now=now),
    )


def network_hash_of(request: HttpRequest | Request, *, now: datetime) -> bytes:
    """The hash of the client's network: equal for all of its requests on one UTC day."""
    return network_hash(client_network(client_address(request)), now=now)


def network_hash(network: bytes, *, now: datetime) -> bytes:
    """The first 8 bytes of the HMAC of a network of any width, under the salt of the UTC day of `now`."""
    return _hash(network, now.date())


def _hash(network: bytes, day: date) -> bytes:
    return hmac.digest(salt_of(day), network, "sha256")[:HASH_LENGTH]


def salt_of(day: date) -> bytes:
    if kept := _kept.get(day):
        return kept
    with connection.cursor() as cursor:
        cursor.execute(MAKE_SALT, [day, secrets.token_bytes(SALT_LENGTH)])
    salt = bytes(Salt.objects.values_list("salt", flat=True).get(day=day))
    # Should the transaction around us fail, then the next to come makes another salt.
    transaction.on_commit(lambda: _keep(day, salt))
    return salt


def _keep(day: date, salt: bytes) -> None:
    # Threads may do this at once; the worst is a query more.
    while len(_kept) >= _KEPT_AT_MOST:
        _kept.pop(min(_kept, default=day), None)
    _kept[day] = salt


def purge_expired_salts(now: datetime) -> int:
    """Deletes the salts of days that ended a week ago or earlier; answers how many."""
    return Salt.objects.filter(day__lt=(now - SALTS_KEPT_FOR).date()).delete()[0]
