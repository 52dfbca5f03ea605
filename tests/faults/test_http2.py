"""A client that speaks HTTP/2 to the server itself, as a proxy or a program may."""

import json
from collections.abc import Iterator

import httpx

from tests.faults.stack import FaultStack
from tests.ports import TIMEOUT_SECONDS


def client(port: int) -> httpx.Client:
    """It speaks HTTP/2 from the first byte on: without TLS nobody is asked."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api/v1", http1=False, http2=True, timeout=TIMEOUT_SECONDS
    )


def in_parts(*parts: bytes) -> Iterator[bytes]:
    """A body whose length httpx can't tell, and so does not send."""
    yield from parts


def test_over_http2_head_has_no_body_and_a_body_needs_no_length(stack: FaultStack) -> None:
    tool, (voter,) = stack.new_tool(), stack.new_voters(1)
    vote = json.dumps({"value": "ship"}).encode()
    headers = {"Authorization": f"Voter {voter}", "Content-Type": "application/json"}

    with stack.serving(workers=1) as web, client(web.port) as http2:
        page, head = http2.get(f"/tools/{tool}"), http2.head(f"/tools/{tool}")
        voted = http2.put(f"/tools/{tool}/vote", content=in_parts(vote[:5], vote[5:]), headers=headers)
        kept = http2.get(f"/tools/{tool}/vote", headers=headers)
        endless = http2.put(f"/tools/{tool}/vote", content=in_parts(*[b" " * 10_000] * 20), headers=headers)
        afterwards = http2.get(f"/tools/{tool}")

    assert {answer.http_version for answer in (page, head, voted, endless)} == {"HTTP/2"}
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == page.headers["Content-Length"]
    assert "Content-Length" not in voted.request.headers
    assert (voted.status_code, kept.json()["value"]) == (200, "ship")
    assert (endless.status_code, afterwards.status_code) == (413, 200)
