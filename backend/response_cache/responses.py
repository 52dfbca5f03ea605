"""A public response as the cache keeps it: its bytes in each encoding, each with the headers that go with it."""

import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import brotli
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from backend.api.remembered import remembered

Header = tuple[str, str]

# Shorter bodies go as they are.
LEAST_COMPRESSED = 500
# brotli's 5 takes as long as gzip's 6 and leaves a tenth less.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
GZIP_FORMAT = 31

# What each request gets anew, by prefix of the lower-case name.
OF_THE_CALLER = ("access-control-", "x-request-id")
# What a 304 says again, as Django's does.
OF_A_304 = {
    *("cache-control", "content-location", "etag", "expires", "last-modified", "vary"),
    *("content-security-policy", "cross-origin-opener-policy", "referrer-policy"),
    *("strict-transport-security", "x-content-type-options"),
}
# What a response and each of its variants take beside their bodies: more than was measured with 10,000 of them.
OVERHEAD_BYTES = 1_500


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoding of a response: the headers of a 200, and those of a 304."""

    etag: str
    body: bytes
    headers: tuple[Header, ...]
    headers_unchanged: tuple[Header, ...]


class CachedResponse:
    """A response, and what was known when it was read.

    `generation` is that of `Changes`, and `began` the moment before the first statement, in seconds of the monotonic clock.
    `view` is the name of the address, for the metrics.
    """

    __slots__ = ("_headers", "_lock", "_variants", "began", "generation", "size", "view")

    def __init__(self, response: HttpResponse, *, view: str, generation: int, began: float) -> None:
        self.view = view
        self.generation = generation
        self.began = began
        patch_vary_headers(response, ["Accept-Encoding"])
        self._headers = [
            (sys.intern(name), value)
            for name, value in response.items()
            if not name.lower().startswith(OF_THE_CALLER) and name not in {"ETag", "Content-Length"}
        ]
        self._lock = Lock()
        # About how many bytes of memory it takes.
        self.size = OVERHEAD_BYTES
        self._variants = {"identity": self._variant(response.content, etag=response["ETag"])}

    def variant(self, encoding: str) -> Variant:
        """The response in `br`, `gzip` or `identity`. Each is made once, when it is first asked for."""
        return self._variants.get(encoding) or self._make(encoding)

    def _make(self, encoding: str) -> Variant:
        with self._lock:
            if encoding not in self._variants:
                plain = self._variants["identity"]
                body = compress(plain.body, encoding) if len(plain.body) >= LEAST_COMPRESSED else plain.body
                is_shorter = len(body) < len(plain.body)
                etag = f'{plain.etag[:-1]}-{encoding}"'
                self._variants[encoding] = (
                    self._variant(body, etag=etag, encoding=encoding) if is_shorter else plain
                )
            return self._variants[encoding]

    def _variant(self, body: bytes, *, etag: str, encoding: str | None = None) -> Variant:
        encoded = [("Content-Encoding", encoding)] if encoding else []
        headers = [*self._headers, *encoded, ("ETag", etag), ("Content-Length", str(len(body)))]
        self.size += OVERHEAD_BYTES + len(body)
        return Variant(etag, body, tuple(headers), tuple(of_a_304(headers)))


def of_a_304(headers: Iterable[Header]) -> Iterable[Header]:
    return (header for header in headers if header[0].lower() in OF_A_304)


def compress(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        compressed: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
        return compressed
    packer = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_FORMAT)
    return packer.compress(body) + packer.flush()


def may_be_cached(response: HttpResponseBase) -> bool:
    """Whether it is a whole response that is for everybody, and says so."""
    return (
        response.status_code == 200
        and isinstance(response, HttpResponse)
        and response.get("Cache-Control", "").startswith("public")
        and "ETag" in response
        and not response.cookies
    )


@remembered
def best_encoding(accepted: str) -> str:
    """Which of `br`, `gzip` and `identity` an Accept-Encoding likes best; of equals the first (RFC 9110, 12.5.3)."""
    weights = dict(_weight(part) for part in accepted.lower().split(","))
    others = weights.get("*", 0.0)
    br, gzip = weights.get("br", others), max(weights.get("gzip", others), weights.get("x-gzip", 0.0))
    if max(br, gzip) <= 0 or max(br, gzip) < weights.get("identity", 0.0):
        return "identity"
    return "br" if br >= gzip else "gzip"


def _weight(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    try:
        return name.strip(), float(parameter.partition("=")[2]) if parameter else 1.0
    except ValueError:
        return name.strip(), 0.0
