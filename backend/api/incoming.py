"""
The bodies of requests, as they come in (decision 54).

A body of up to 64 KiB is read before anything looks at the request. So an early answer, such as a 401, leaves no body
unread, for which the server would have to close a connection that a proxy shares among clients. A longer one is read
by the view that wants it.

Reading holds a thread. A body that drips is ended at its deadline; one that stalls holds its thread until the client
goes, so bodies may hold no more than some of the threads at once.
"""

import io
import time
from collections.abc import Callable, Iterator
from math import inf
from threading import BoundedSemaphore
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.exceptions import BadRequest

# Read before the request is answered, and the longest body that the API takes.
MAX_EARLY_BODY = 64 * 1_024
# The longest body without an announced length outside the API; Django takes no longer form than this either.
MAX_BODY_WITHOUT_LENGTH = 2_500_000
# How long a body may take, and how many bytes earn it another second.
BODY_SECONDS = 5.0
BYTES_A_SECOND = 16_384
# How long a request waits for a thread's place among those that read.
PLACE_SECONDS = 0.1
# A read gives control back when as much has come as before, so a steady drip ends at twice the deadline at the latest. The
# first is a few bytes. Smaller pieces would end it earlier; each takes the interpreter's lock anew.
FIRST_PIECE = 4
MOST_PIECE = 65_536

# The key in the environment of what refuses the request: the code of a problem.
REFUSAL = "backend.refusal"

PLACES = BoundedSemaphore(settings.BODY_READERS)


class IncomingError(BadRequest):
    """The body does not come, or there is no place to wait for it; `code` is that of the problem."""

    code = "body_too_slow"


class NoPlaceError(IncomingError):
    code = "busy"


class Incoming:
    """
    The body of one request: `wsgi.input` with a limit, a deadline, and a place among those that read.

    `length` is the announced length in bytes, or None. `clock` tells seconds.
    """

    def __init__(
        self,
        environ: WSGIEnvironment,
        *,
        clock: Callable[[], float] = time.monotonic,
        places: BoundedSemaphore = PLACES,
    ) -> None:
        self._clock = clock
        self._places = places
        self._source = environ["wsgi.input"]
        self.length = announced_length(environ)
        self._read = 0
        self._is_at_end = self.length == 0
        self._seconds = 0.0

    @property
    def is_unread(self) -> bool:
        """Whether something may still come, for which the server has to close the connection."""
        return not self._is_at_end

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes, or all that come where it is negative. Raises IncomingError."""
        missing = self._missing(size)
        if self._is_at_end or not missing:
            return b""
        if not self._places.acquire(timeout=PLACE_SECONDS):
            raise NoPlaceError
        try:
            return b"".join(self._pieces(missing))
        finally:
            self._places.release()

    def readline(self, size: int | None = -1) -> bytes:
        """Nothing of ours reads lines; it belongs to what WSGI promises."""
        line = b""
        missing = self._missing(size)
        while len(line) < missing and not line.endswith(b"\n") and (piece := self.read(1)):
            line += piece
        return line

    def _missing(self, size: int | None) -> float:
        wanted = inf if size is None or size < 0 else size
        return wanted if self.length is None else min(wanted, self.length - self._read)

    def _pieces(self, missing: float) -> Iterator[bytes]:
        while missing and not self._is_at_end:
            began = self._clock()
            piece: bytes = self._source.read(int(min(missing, max(FIRST_PIECE, self._read), MOST_PIECE)))
            self._seconds += self._clock() - began
            self._read += len(piece)
            self._is_at_end = not piece or self._read == self.length
            missing -= len(piece)
            yield piece
            if not self._is_at_end and self._seconds > BODY_SECONDS + self._read / BYTES_A_SECOND:
                raise IncomingError


def announced_length(environ: WSGIEnvironment) -> int | None:
    """The body's length in bytes; None where it has an end but no length: chunked, or HTTP/2 without one."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        # What is no number is refused later, unread.
        return int(length) if is_length(length) else 1
    if environ["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"} or not environ.get("wsgi.input_terminated"):
        return 0
    is_http_1 = environ["SERVER_PROTOCOL"].startswith("HTTP/1")
    return 0 if is_http_1 and "HTTP_TRANSFER_ENCODING" not in environ else None


def is_length(text: str) -> bool:
    """Whether this is a number that memory could hold, however many zeros precede it."""
    return text.isascii() and text.isdigit() and len(text.lstrip("0")) < 20


def receive(
    environ: WSGIEnvironment,
    *,
    clock: Callable[[], float] = time.monotonic,
    places: BoundedSemaphore = PLACES,
) -> Incoming:
    """Read a body that is short, or says no length, into memory; of a longer one, leave reading to the view."""
    incoming = Incoming(environ, clock=clock, places=places)
    environ["wsgi.input"] = incoming
    try:
        if incoming.length is None:
            is_api = environ["PATH_INFO"].startswith("/api/")
            most = MAX_EARLY_BODY if is_api else MAX_BODY_WITHOUT_LENGTH
            body = incoming.read(most + 1)
        elif incoming.length <= MAX_EARLY_BODY:
            body = incoming.read()
        else:
            return incoming
    except IncomingError as error:
        environ[REFUSAL] = error.code
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return incoming
