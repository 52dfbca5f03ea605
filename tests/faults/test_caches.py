"""A shared cache that honours our headers: nginx, whose clock runs ahead of ours as we want."""

import http.client
import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faults.false_clock import FalseClock
from tests.faults.stack import FaultStack
from tests.nginx import CACHE, nginx
from tests.ports import TIMEOUT_SECONDS

# As long as a page may go on after it changed.
MOST_SECONDS = 60


@dataclass
class Reader:
    """Asks the cache, and follows redirects as browsers do."""

    port: int
    clock: FalseClock
    seconds: int = 0

    def wait(self) -> None:
        self.seconds += MOST_SECONDS + 1
        self.clock.set(f"+{self.seconds}s")

    def ask(self, path: str) -> tuple[int, str, Any]:
        """The status, what the cache says of itself, and the document."""
        with closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        ) as connection:
            connection.request("GET", path, headers={"Host": "localhost"})
            answer = connection.getresponse()
            body = answer.read()
            location = answer.headers["Location"]
            return answer.status, answer.headers["Nginx-Cache"], json.loads(body) if body else location

    def land(self, path: str) -> tuple[int, Any]:
        for _ in range(5):
            status, _, document = self.ask(path)
            if status != 308:
                return status, document
            path = urlsplit(document).path
        raise AssertionError(f"{path} leads round and round.")


@pytest.fixture
def reader(stack: FaultStack, tmp_path: Path) -> Iterator[Reader]:
    clock = FalseClock(tmp_path / "clock", "+0s")
    # Otherwise it looks at the file every ten seconds.
    environment = {**os.environ, **clock.environment(), "FAKETIME_NO_CACHE": "1"}
    with (
        # What a process keeps itself it may show until it hears of a change, and no clock here is that of a wait.
        stack.serving(
            workers=1,
            CLIENT_ADDRESS_HEADER="ClientAddress",
            TRUSTED_PROXIES="127.0.0.0/8",
            RESPONSE_CACHE_BYTES="0",
        ) as web,
        nginx(web.port, cache=CACHE, environment=environment) as port,
    ):
        yield Reader(port, clock)


def set_tool(stack: FaultStack, tool: str, /, **columns: str) -> None:
    for name, value in columns.items():
        stack.query(f"UPDATE catalog_tool SET {name} = %s WHERE slug = %s RETURNING 1", value, tool)


def is_listed(reader: Reader, slug: str) -> bool:
    _, _, page = reader.ask("/api/v1/tools?limit=100&sort=-published_at")
    return slug in {tool["slug"] for tool in page["results"]}


def test_a_corrected_page_is_right_behind_a_cache_within_a_minute(stack: FaultStack, reader: Reader) -> None:
    tool = stack.new_tool()
    _, first = reader.land(f"/api/v1/tools/{tool}")

    set_tool(stack, tool, name="Corrected")
    _, kept = reader.land(f"/api/v1/tools/{tool}")
    reader.wait()

    # The cache did keep it, or this test would show nothing.
    assert kept == first
    assert reader.land(f"/api/v1/tools/{tool}")[1]["name"] == "Corrected"


def test_a_tool_leaves_and_enters_the_lists_behind_a_cache_within_a_minute(
    stack: FaultStack, reader: Reader
) -> None:
    leaving, coming = stack.new_tool(), stack.new_tool()
    set_tool(stack, coming, status="archived")
    listed = is_listed(reader, leaving), is_listed(reader, coming)

    set_tool(stack, leaving, status="archived")
    set_tool(stack, coming, status="published")
    kept = is_listed(reader, leaving), is_listed(reader, coming)
    reader.wait()

    assert listed == kept == (True, False)
    assert (is_listed(reader, leaving), is_listed(reader, coming)) == (False, True)


def test_a_rename_and_a_rename_undone_are_right_behind_a_cache_and_never_lead_round(
    stack: FaultStack, reader: Reader
) -> None:
    tool = stack.new_tool()
    renamed = f"{tool}-renamed"
    assert reader.land(f"/api/v1/tools/{tool}")[0] == 200

    set_tool(stack, tool, slug=renamed)
    reader.wait()
    there = [reader.land(f"/api/v1/tools/{slug}") for slug in (tool, renamed)]
    set_tool(stack, renamed, slug=tool)
    # At once: what was kept of the one and is fresh of the other must not send readers to and fro.
    at_once = [reader.land(f"/api/v1/tools/{slug}")[0] for slug in (tool, renamed)]
    reader.wait()
    back = [reader.land(f"/api/v1/tools/{slug}") for slug in (tool, renamed)]

    assert [(status, page["slug"]) for status, page in there] == [(200, renamed)] * 2
    assert at_once == [200, 200]
    assert [(status, page["slug"]) for status, page in back] == [(200, tool)] * 2


def test_what_is_kept_costs_us_nothing_for_a_minute_and_is_then_asked_for_by_its_etag(
    stack: FaultStack, reader: Reader
) -> None:
    path = f"/api/v1/tools/{stack.new_tool()}"

    asked = [reader.ask(path)[1] for _ in range(3)]
    reader.wait()
    asked.append(reader.ask(path)[1])

    assert asked == ["MISS", "HIT", "HIT", "REVALIDATED"]
