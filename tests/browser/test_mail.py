"""The weekly mail and the pages around it in a real browser: axe, a phone and a wide window, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from catalog.models import Category
from newsletter.content.composition import EditorsWords, compose, online_url
from newsletter.models import MailJob
from tests.browser.accessibility import STRICT_COLOURS, Fault, Scheme, serious, too_wide
from tests.database import at_once
from tests.newsletter.editions import UNTIL, chosen, new_pair, one_of_each, reviewed, sent, shelf, tool

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (375, 700)
SCHEMES: dict[Scheme, tuple[str, ...]] = {"light": (), "dark": STRICT_COLOURS}
NAME = "Cursor 2.0 (Composer + multi-agent interface, with a name of this length)"


@pytest.fixture
def mails(settings: Settings) -> dict[str, str]:
    """As three readers get it: of every topic, of one with a reviewer they follow, and monthly."""
    settings.SITE_URL, settings.MAIL_REPLY_TO = "https://www.example.com", "ada@example.com"
    coding = shelf()
    one_of_each(coding)
    one_of_each(Category.objects.get(slug="design"))
    reviewed(reviewer="The Builder", tool=tool(NAME, category=coding), quote=f"Run `{'x' * 90}` first.")
    words = EditorsWords(
        intro="A week of agents.\n\nAnd of prices.", editor="Ada Example", online_url=online_url("2026-W48")
    )
    readers = {
        "every topic": chosen(),
        "one topic": chosen("developer-tools", reviewers=("the-builder",)),
        "monthly": chosen(frequency="monthly"),
    }
    composed = {name: compose(choices=choices, until=UNTIL, words=words) for name, choices in readers.items()}
    return {name: mail.html for name, mail in composed.items() if mail}


PATHS = [
    "/newsletter",
    "/newsletter/links",
    "/newsletter/check",
    "/newsletter/editions",
    "/newsletter/editions/2026-W48",
]


@pytest.fixture(autouse=True)
def archive(live_server: LiveServer, settings: Settings) -> None:
    """Of one edition, whose links lead to our own pages."""
    settings.PUBLIC_BASE_URL = live_server.url
    shelf("design", "Design")
    new_pair(first_tool__name="Aider")
    sent("2026-W48", subject=f"The week of {NAME}", intro="A week of agents.", editor="Ada Example")


def faults(page: Page, show: Callable[[], object]) -> list[Fault]:
    """What axe finds serious, of the dark its colours alone, and where the page is wider than the window."""
    found: list[Fault] = []
    for scheme, only in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        show()
        found += serious(page, only=only)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += too_wide(page)
    return found


def test_the_mail_is_accessible_and_fits_a_phone_as_each_reader_gets_it(
    mails: dict[str, str], browser: Browser
) -> None:
    page = browser.new_page()
    found = {name: faults(page, lambda html=html: page.set_content(html)) for name, html in mails.items()}  # type: ignore[misc]

    assert found == {"every topic": [], "one topic": [], "monthly": []}


def test_the_pages_around_the_mail_are_accessible_and_fit_a_phone(
    live_server: LiveServer, browser: Browser
) -> None:
    # What axe is made of, the pages' own policy would stop.
    page = browser.new_page(base_url=live_server.url, bypass_csp=True)
    page.set_default_timeout(15_000)

    found = [
        fault
        for path in PATHS
        for fault in faults(page, lambda path=path: page.goto(path))  # type: ignore[misc]
    ]

    assert found == []


def test_a_reader_without_a_site_signs_up_and_reads_earlier_editions(
    live_server: LiveServer, browser: Browser
) -> None:
    page = browser.new_page(base_url=live_server.url, java_script_enabled=False)
    page.set_default_timeout(15_000)

    page.goto("/newsletter")
    page.get_by_role("link", name="Read earlier editions").click()
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    page.get_by_role("link", name="Get the mail").click()
    page.get_by_label("Your mail address").fill("ada@example.com")
    page.get_by_label("Design").check()
    page.get_by_label("Monthly").check()
    page.get_by_role("button", name="Send me the mail").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    def look() -> None:
        job = MailJob.objects.get()
        assert (job.address, job.choices["topics"], job.choices["frequency"]) == (
            "ada@example.com",
            ["design"],
            "monthly",
        )

    assert at_once(look) == [None]
