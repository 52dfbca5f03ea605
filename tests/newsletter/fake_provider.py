"""A provider in the manner of Postmark or of Amazon, which answers as the recipient's local part says, over real HTTP."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from typing import Any

STATUSES = {
    "unauthorized": 401,
    "unpaid": 402,
    "forbidden": 403,
    "large": 413,
    "foul": 422,
    "fast": 429,
    "broken": 500,
    "gateway": 502,
    "away": 503,
    "late": 504,
}
# Amazon's errors have names.
AMAZON = {
    "fast": (429, "TooManyRequestsException"),
    "quota": (400, "LimitExceededException"),
    "foul": (400, "BadRequestException"),
    "paused": (400, "SendingPausedException"),
    "unverified": (400, "MessageRejected"),
    "unauthorized": (403, "InvalidClientTokenId"),
    "broken": (500, "InternalFailure"),
    "away": (503, "ServiceUnavailable"),
}
INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive.\n Found inactive addresses: {address}.\n"
    " Inactive recipients are ones that have generated a hard bounce or a spam complaint."
)


@dataclass
class FakeProvider:
    url: str = ""
    # Each request as it came, whatever was answered; and on how many connections.
    requests: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: FakeProvider

    def setup(self) -> None:
        super().setup()
        self.provider.connections += 1

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.provider.requests.append(request)
        is_amazon = "Destination" in request
        address = request["Destination"]["ToAddresses"][0] if is_amazon else request["To"]
        word = address.partition("@")[0].partition("-")[0]
        if word == "cut":
            self.close_connection = True
        elif word == "hang":
            # Until the client has gone.
            self.rfile.read(1)
            self.close_connection = True
        elif word == "garbage":
            self.answer(200, b"<html>OK</html>")
        elif is_amazon:
            self.answer_as_amazon(word)
        else:
            self.answer_as_postmark(word, address)

    def answer_as_amazon(self, word: str) -> None:
        if word in AMAZON:
            status, name = AMAZON[word]
            self.answer(
                status, json.dumps({"message": f"No, says {word}."}).encode(), {"x-amzn-ErrorType": name}
            )
        else:
            self.answer_json(200, MessageId=f"id-{len(self.provider.requests)}")

    def answer_as_postmark(self, word: str, address: str) -> None:
        if word == "inactive":
            self.answer_json(422, ErrorCode=406, Message=INACTIVE.format(address=address))
        elif word == "invalid":
            self.answer_json(422, ErrorCode=300, Message=f"Invalid 'To' address: '{address}'.")
        elif word in STATUSES:
            self.answer_json(STATUSES[word], ErrorCode=1, Message=f"No, says {word}.\x00")
        else:
            self.answer_json(
                200, ErrorCode=0, Message="OK", To=address, MessageID=f"id-{len(self.provider.requests)}"
            )

    def answer_json(self, status: int, **values: Any) -> None:
        self.answer(status, json.dumps(values).encode())

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests look at the requests."""


@contextmanager
def answering() -> Iterator[FakeProvider]:
    provider = FakeProvider()
    handler = type("OwnHandler", (Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    provider.url = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
