"""Every page of the site, and the API's own, on demo content: axe, both widths, both schemes, and whom the site asks."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from backend.devstack.site_server import site_server
from tests.browser.accessibility import STRICT_COLOURS, serious, too_wide

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = "claude-files-api", "llama-4-scout-quantized"
PAGES = [
    "/",
    "/?q=agent",
    "/?q=zzzz",
    "/?sort=nonsense",
    "/comparisons",
    f"/comparisons/{FIRST}-vs-{SECOND}",
    f"/comparisons/{FIRST}-vs-{SECOND}/history",
    f"/tools/{FIRST}",
    f"/compare?tools={FIRST},{SECOND},cursor-1-0-background-agent-project-memory",
    "/rankings",
    "/rankings?by=crowd",
    "/reviewers",
    "/reviewers/skeptic",
    "/editions",
    "/newsletter/confirm?token=x",
    "/newsletter/preferences",
    "/newsletter/data",
    "/me",
    "/nowhere",
]


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> Iterator[str]:
    settings.PUBLIC_BASE_URL = live_server.url
    call_command("load_demo", verbosity=0)
    with site_server(0, api_url=live_server.url) as server:
        Thread(target=server.serve_forever).start()
        settings.CORS_ALLOWED_ORIGINS = [f"http://127.0.0.1:{server.server_port}"]
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_every_page_is_accessible_fits_a_phone_and_asks_the_api_alone(
    site: str, live_server: LiveServer, browser: Browser
) -> None:
    found, asked = [], set()
    # What axe is made of, the pages' own policy would stop.
    page = browser.new_page(base_url=site, bypass_csp=True)
    # The docs page renders the whole contract, which takes most of a minute on a busy machine.
    page.set_default_timeout(120_000)
    page.on("request", lambda request: asked.add(request.url))

    for path in PAGES:
        page.goto(path)
        expect(page.locator("main:not([aria-busy]) h1")).to_be_visible()
        page.set_viewport_size({"width": 1280, "height": 900})
        # The schemes differ in colours alone.
        page.emulate_media(color_scheme="dark")
        found += serious(page, only=STRICT_COLOURS)
        page.emulate_media(color_scheme="light")
        found += serious(page)
        page.set_viewport_size({"width": 360, "height": 740})
        found += too_wide(page)
    page.goto(f"{live_server.url}/api/docs")
    for method in ("get", "put", "post", "patch", "delete"):
        page.locator(f".opblock-{method} .opblock-summary-control").first.click()
    expect(page.locator(".opblock-body select")).not_to_have_count(0, timeout=120_000)
    found += serious(page)

    assert found == []
    allowed = (
        f"{site}/",
        f"{live_server.url}/api/v1/",
        f"{live_server.url}/api/docs",
        f"{live_server.url}/static/",
        f"{live_server.url}/media/logos/",
    )
    assert [url for url in asked if not url.startswith((*allowed, f"{live_server.url}/api/openapi"))] == []
