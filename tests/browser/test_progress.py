"""The page of an edition's progress in a real browser: it follows what happens, and a curator steers on it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.models import Delivery, Edition
from tests.browser.signing_in import sign_in
from tests.database import at_once
from tests.factories import NOW, DeliveryFactory, EditionFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: errors, and what the content security policy stopped."""
    return []


@pytest.fixture
def edition(transactional_db: None) -> Edition:
    """Ten copies wait."""
    edition: Edition = EditionFactory(
        week="2026-W48", state="sending", frozen_at=NOW, prepared_at=NOW, audience=10
    )
    DeliveryFactory.create_batch(10, edition=edition)
    return edition


@pytest.fixture
def page(live_server: LiveServer, edition: Edition, browser: Browser, complaints: list[str]) -> Page:
    def keep(said: ConsoleMessage) -> None:
        is_icon = said.location["url"].endswith("/favicon.ico")
        complaints.extend([said.text] if said.type in {"error", "warning"} and not is_icon else [])

    page = browser.new_page(base_url=live_server.url)
    page.set_default_timeout(120_000)
    page.on("console", keep)
    page.on("pageerror", lambda error: complaints.append(error.message))
    sign_in(page.context, live_server.url, User.objects.create_superuser("curator"))
    page.goto(f"/admin/newsletter/edition/{edition.pk}/progress/")
    expect(page.get_by_role("heading", name="Progress: 2026-W48")).to_be_visible()
    return page


def do(deed: Callable[[], object]) -> None:
    """In the database, from another thread: this one is the browser's."""
    assert at_once(deed) == [None]


def settle(number: int, **fields: object) -> None:
    waiting = Delivery.objects.filter(state="pending").order_by("id")[:number]
    Delivery.objects.filter(pk__in=list(waiting.values_list("pk", flat=True))).update(**fields)


def test_the_numbers_follow_what_happens(edition: Edition, page: Page, complaints: list[str]) -> None:
    expect(page.get_by_role("progressbar", name="0.0 %: 0 of 10 copies")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()

    now = timezone.now()
    do(lambda: settle(5, state="accepted", accepted_at=now - timedelta(seconds=30), code="250"))
    do(lambda: settle(1, state="failed", code="5.1.1"))
    do(lambda: settle(1, state="uncertain", uncertain_at=now))

    expect(page.get_by_role("progressbar", name="70.0 %: 7 of 10 copies")).to_be_visible()
    assert page.get_by_role("progressbar").evaluate("bar => bar.value") == 0.7
    expect(page.get_by_role("row", name="Accepted by the mail server 5")).to_be_visible()
    expect(page.get_by_role("row", name="5.1.1 1")).to_be_visible()
    expect(page.locator("#uncertain a")).to_have_count(1)
    expect(page.locator("[aria-live]")).to_have_text("Sending, 70 % done.")
    expect(page.locator("[data-text=pace]")).to_have_text(re.compile(r"0\.[12] mails a second"))

    resume_at = now + timedelta(seconds=30)
    do(
        lambda: Edition.objects.update(
            state="paused", state_reason="421 <b>Too busy</b>", resume_at=resume_at
        )
    )

    expect(page.locator(".state")).to_contain_text("Paused 421 <b>Too busy</b>. It goes on by itself at")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()

    page.locator("#uncertain a").click()
    expect(page.get_by_role("heading", name="View delivery")).to_be_visible()
    assert complaints == []


def test_a_curator_pauses_resumes_and_cancels(edition: Edition, page: Page, complaints: list[str]) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".messagelist")).to_have_text("1 edition paused.")
    expect(page.locator(".state")).to_contain_text("Paused by curator. It goes on when somebody resumes it.")

    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".messagelist")).to_have_text("1 edition resumed.")

    page.get_by_role("button", name="Cancel …").click()
    expect(page.get_by_role("heading", name="Cancel 2026-W48?")).to_be_visible()
    page.get_by_role("link", name="No, take me back").click()
    expect(page.locator(".state")).to_contain_text("Sending")
    page.get_by_role("button", name="Cancel …").click()
    page.get_by_role("button", name="Yes, cancel 2026-W48").click()

    expect(page.locator(".messagelist")).to_have_text("1 edition cancelled.")
    expect(page.locator("[data-text=share]")).to_have_text("100.0 %: 10 of 10 copies")
    expect(page.locator(".edition-actions button[name=action]:visible")).to_have_text(["Undo suppressions"])
    assert complaints == []


def test_it_stops_asking_when_the_edition_is_over(edition: Edition, page: Page) -> None:
    def finish() -> None:
        settle(10, state="accepted", accepted_at=timezone.now(), code="250")
        Edition.objects.update(state="done", done_at=timezone.now())

    do(finish)
    expect(page.locator(".state")).to_contain_text("Done")
    expect(page.locator("#progress[data-is-over]")).to_be_visible()

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3_000)

    assert asked == []


def test_a_desk_that_is_logged_out_says_so(edition: Edition, page: Page) -> None:
    page.context.clear_cookies()

    expect(page.get_by_role("alert")).to_have_text(
        "There is no answer just now. If this stays, load the page again."
    )
    expect(page.get_by_role("progressbar", name="0.0 %: 0 of 10 copies")).to_be_visible()
