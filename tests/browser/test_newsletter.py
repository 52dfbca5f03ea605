"""A subscriber's life in a real browser that runs no scripts: confirm, choose, leave, and be forgotten."""

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from newsletter.models import Subscriber
from tests.browser.confirming import press_yes
from tests.database import at_once
from tests.factories import CategoryFactory, ReviewerFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import links_in, subscribe, work

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@example.com"


@pytest.fixture
def link(live_server: LiveServer, settings: Settings, sink: Sink, api: object) -> str:
    """From the mail that a sign-up caused."""
    settings.PUBLIC_BASE_URL = live_server.url
    CategoryFactory(name="Developer Tools")
    ReviewerFactory(name="The Skeptic")
    subscribe(api, ADA)
    work()
    return f"{live_server.url}/newsletter/confirm?token={links_in(sink.received[0])['/newsletter/confirm']}"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: errors, and what the content security policy stopped."""
    return []


def opened(browser: Browser, link: str, complaints: list[str], *, has_scripts: bool = True) -> Page:
    def keep(said: ConsoleMessage) -> None:
        complaints.extend([said.text] if said.type in {"error", "warning"} else [])

    page = browser.new_page(java_script_enabled=has_scripts)
    page.set_default_timeout(120_000)
    page.on("console", keep)
    page.on("pageerror", lambda error: complaints.append(error.message))
    page.goto(link)
    return page


def test_a_reader_confirms_chooses_and_leaves(
    link: str, browser: Browser, complaints: list[str], live_server: LiveServer, sink: Sink
) -> None:
    page = opened(browser, link, complaints, has_scripts=False)
    press_yes(page)

    page.get_by_role("link", name="Choose topics, reviewers and how often").click()
    page.get_by_label("Only those that I tick").check()
    page.get_by_label("Developer Tools").check()
    page.get_by_label("The Skeptic").check()
    page.get_by_label("Monthly").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_label("Developer Tools")).to_be_checked()
    expect(page.get_by_label("The Skeptic")).to_be_checked()
    expect(page.get_by_label("Monthly")).to_be_checked()

    preferences = page.url
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()

    page.goto(preferences)
    expect(page.locator("main")).to_contain_text("is not subscribed")
    page.get_by_role("button", name="Mail me the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    at_once(work)
    page.goto(f"{live_server.url}/newsletter/data?token={links_in(sink.to(ADA)[-1])['/newsletter/data']}")
    page.get_by_label("Delete my address and my choices").check()
    page.get_by_role("button", name="Erase me").click()
    expect(page.get_by_role("heading", name="You are forgotten")).to_be_visible()

    assert complaints == []


def test_looking_at_the_link_confirms_nothing(link: str, browser: Browser, complaints: list[str]) -> None:
    page = opened(browser, link, complaints)
    for _ in range(3):
        page.reload()
        expect(page.get_by_role("button", name="Yes, send me the mail")).to_be_visible()

    def look() -> None:
        assert Subscriber.objects.get().status == "pending"

    assert at_once(look) == [None]
    assert complaints == []
