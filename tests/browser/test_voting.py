"""A page of another origin votes, in a real browser: preflights, exposed headers, and a redirect with credentials."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Error
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db(transaction=True)

VOTE = """
async (api) => {
  const ask = async (method, path, { token, body } = {}) => {
    const headers = {
      "X-Request-ID": "from-a-page",
      ...(token && { Authorization: `Voter ${token}` }),
      ...(body && { "Content-Type": "application/json" }),
      ...(method === "POST" && { "Idempotency-Key": crypto.randomUUID() }),
    };
    const answer = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
    const names = ["ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"];
    return {
      status: answer.status,
      path: new URL(answer.url).pathname,
      readable: names.filter((name) => answer.headers.get(name)),
      body: await answer.json(),
    };
  };
  const { body: { token } } = await ask("POST", "/voters", { body: {} });
  return [
    await ask("PUT", "/tools/zed/vote", { token, body: { value: "ship" } }),
    await ask("PUT", "/tools/earlier/vote", { token, body: { value: "skip" } }),
    await ask("DELETE", "/tools/zed/vote", { token }),
    await ask("DELETE", "/tools/zed/vote", { token }),
    await ask("GET", "/tools/zed/tally"),
    await ask("GET", "/voters/me", { token }),
  ];
}
"""


@pytest.fixture
def frontend(tmp_path: Path) -> Iterator[str]:
    """The origin of an empty page that is not ours."""
    (tmp_path / "index.html").write_text("<!doctype html><title>A frontend</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def api(live_server: LiveServer) -> str:
    """The address below which our endpoints lie; there is a tool that was called otherwise once."""
    tool = ToolFactory(name="Zed", slug="earlier")
    tool.slug = "zed"
    tool.save()
    return f"{live_server.url}/api/v1"


def test_a_page_of_an_allowed_origin_votes_and_reads_all_that_answers_say(
    api: str, frontend: str, browser: Browser, settings: Settings
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [frontend]
    # A vote, one that is sent on, and a withdrawal, but no second.
    settings.VOTE_LIMITS = ((4, 60),)
    page = browser.new_page()
    page.goto(frontend)

    cast, moved, withdrawn, refused, tally, voter = page.evaluate(VOTE, api)

    limits = ["RateLimit", "RateLimit-Policy"]
    assert (cast["status"], cast["body"]["value"], cast["readable"]) == (
        200,
        "ship",
        [*limits, "X-Request-ID"],
    )
    assert (moved["status"], moved["body"]["value"]) == (200, "skip")
    assert moved["path"] == "/api/v1/tools/zed/vote"
    assert (withdrawn["status"], withdrawn["body"]["value"]) == (200, None)
    assert (refused["status"], refused["readable"]) == (429, [*limits, "Retry-After", "X-Request-ID"])
    assert (tally["status"], tally["readable"]) == (200, ["ETag", "X-Request-ID"])
    assert (voter["status"], [vote["value"] for vote in voter["body"]["votes"]]) == (200, [None])


def test_a_page_of_any_other_origin_is_kept_from_voting(api: str, frontend: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(frontend)

    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(VOTE, api)
