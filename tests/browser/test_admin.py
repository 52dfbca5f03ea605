"""A curator's days, in a real browser: from an empty desk to a published pair, and from an alert to a moderation action."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from newsletter.models import Edition
from tests.browser.signing_in import sign_in
from tests.factories import EditionFactory, ReviewerFactory, ToolFactory, vote
from tests.newsletter.editions import new_pair, shelf
from votes.models import Alert, Vote

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a long enough secret"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: errors, and what the content security policy stopped."""
    return []


@pytest.fixture
def desk(live_server: LiveServer) -> str:
    ReviewerFactory(name="The Skeptic")
    ToolFactory(name="Aider", slug="aider")
    return live_server.url


@pytest.fixture
def page(desk: str, browser: Browser, complaints: list[str]) -> Page:
    page = browser.new_page(base_url=desk)
    sign_in(page.context, desk, User.objects.create_superuser("curator", password=SECRET))
    page.set_default_timeout(120_000)
    page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(error.message))
    return page


def is_complaint(said: ConsoleMessage) -> bool:
    # Browsers ask for an icon that no page of ours names.
    return said.type in {"error", "warning"} and not said.location["url"].endswith("/favicon.ico")


def choose(page: Page, field: str, words: str) -> None:
    """Types into a field that completes, and takes what it offers first."""
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill(words)
    page.locator(".select2-results__option", has_text=words).click()


def save(page: Page) -> str:
    """Presses Save and returns what the curator is told."""
    page.get_by_role("button", name="Save", exact=True).click()
    return page.locator(".messagelist").inner_text()


def press(page: Page, step: str) -> str:
    """Presses the button of a step and returns what the curator is told."""
    page.get_by_role("button", name=step, exact=True).click()
    return page.locator(".messagelist").inner_text()


def test_a_curator_adds_a_tool_reviews_it_and_pairs_it(page: Page, complaints: list[str]) -> None:
    page.goto("/admin/catalog/category/add/")
    page.get_by_label("Name").press_sequentially("Developer Tools")
    expect(page.get_by_label("Slug")).to_have_value("developer-tools")
    assert "“Developer Tools” was added successfully." in save(page)

    page.goto("/admin/catalog/tool/add/")
    page.get_by_label("Name").press_sequentially("Cursor: 2.0")
    expect(page.get_by_label("Slug")).to_have_value("cursor-20")
    choose(page, "category", "Developer Tools")
    page.get_by_label("Pricing entry").select_option("Paid")
    page.locator("#id_pricing_checked_on").fill("2026-11-01")
    assert "“Cursor: 2.0 (cursor-20)” was added successfully." in press(page, "Publish")

    page.goto("/admin/reviews/review/add/")
    choose(page, "reviewer", "The Skeptic")
    choose(page, "tool", "Cursor: 2.0")
    page.get_by_label("Verdict").select_option("Ship")
    page.get_by_label("Basis").select_option("Read")
    page.get_by_label("Quote").fill("It holds — <even> under “load”.")
    page.get_by_label("Evidence").fill("https://example.com/a\nhttps://example.com/b")
    assert "was added successfully." in save(page)
    page.locator(".action-select").check()
    page.get_by_label("Action:").select_option("Publish …")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#content-main")).to_contain_text("It holds — <even> under “load”.")
    page.get_by_role("button", name="Yes, publish").click()
    expect(page.locator(".messagelist")).to_have_text("1 review published.")

    page.goto("/admin/comparisons/comparison/add/")
    choose(page, "first_tool", "Cursor: 2.0")
    choose(page, "second_tool", "Aider")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()
    expect(page.locator(".errorlist.nonfield")).to_contain_text("Aider has 0 of the 3 published reviews")
    assert "“aider-vs-cursor-20” was added successfully." in press(page, "Hand in for review")
    page.get_by_role("link", name="Aider vs Cursor: 2.0").click()
    expect(page.locator(".state")).to_have_text("State: In review")
    page.get_by_label("Why").fill("The panel follows this week.")
    assert "“aider-vs-cursor-20” was changed successfully." in press(page, "Publish")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list .field-pair")).to_have_text("Aider vs Cursor: 2.0")

    page.goto("/admin/catalog/tool/")
    row = page.locator("#result_list tbody tr", has_text="cursor-20")
    expect(row.locator(".field-panel_count")).to_have_text("1 of 1")
    row.get_by_role("link", name="Cursor: 2.0").click()
    page.get_by_role("link", name="As readers get it").click()
    expect(page.locator(".readable")).to_contain_text("cursor-20")

    assert complaints == []


@pytest.fixture
def hour_of_alert(transactional_db: None) -> datetime:
    """An hour in which a tool had 40 votes, for which there is an alert."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    tool = ToolFactory(name="Zed")
    vote(tool, ship=30, skip=10)
    Vote.objects.update(created_at=hour)
    Alert.objects.create(kind="burst", tool=tool, begins_at=hour, detail="40 votes within the hour")
    return hour


def test_a_curator_quarantines_the_hour_of_an_alert_and_releases_it(
    hour_of_alert: datetime, page: Page, complaints: list[str]
) -> None:
    page.goto("/admin/votes/alert/")
    page.get_by_role("link", name="Look at the votes").click()
    expect(page.get_by_role("heading", name="Votes over time: Zed")).to_be_visible()
    expect(page.get_by_role("img", name="By the hour: 40 counted")).to_be_visible()
    page.get_by_role("button", name="Quarantine 40 votes").click()

    expect(page.locator(".messagelist")).to_have_text("Quarantined 40 of Zed.")
    expect(page.get_by_role("img", name="By the hour: 0 counted, 0 pending, 40 quarantined")).to_be_visible()

    page.get_by_label("Action:").select_option("Release")
    page.get_by_label("From").fill(f"{hour_of_alert:%Y-%m-%dT%H:%M}")
    page.get_by_label("Until before").fill(f"{hour_of_alert + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_label("Why").fill("It was the newsletter.")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Release 40 votes").click()

    expect(page.locator(".messagelist")).to_have_text("Released 40 of Zed.")
    expect(page.locator(".actions-taken tbody tr")).to_have_count(2)
    page.goto("/admin/votes/tally/?q=Zed")
    expect(page.locator("#result_list .field-total")).to_have_text("40")
    page.goto("/admin/votes/alert/")
    expect(page.locator("#result_list tbody tr")).to_have_count(0)
    assert complaints == []


@pytest.fixture
def draft_edition(transactional_db: None) -> Edition:
    """A draft, in a week in which there is a pair on each of two topics."""
    now = datetime.now(UTC)
    new_pair(first_tool__name="Aider", at=now, first_tool__category=shelf())
    new_pair(first_tool__name="Figma", at=now, first_tool__category=shelf("design", "Design"))
    edition: Edition = EditionFactory(subject="Two tools")
    return edition


def test_a_curator_writes_an_intro_and_sees_the_mail(
    draft_edition: Edition, page: Page, complaints: list[str]
) -> None:
    page.goto(f"/admin/newsletter/edition/{draft_edition.pk}/change/")
    page.get_by_label("Intro").fill("Hello <b>you</b>.")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="As readers would get it now").click()

    mail = page.frame_locator("iframe.mail")
    expect(mail.get_by_role("heading", level=1)).to_have_text("Two tools")
    expect(mail.get_by_text("Hello <b>you</b>.")).to_be_visible()
    expect(mail.get_by_role("link", name="Figma")).to_have_count(1)

    page.get_by_label("Developer Tools").check()
    page.get_by_role("button", name="Show").click()
    expect(mail.get_by_text("Because you chose Developer Tools.")).to_be_visible()
    expect(mail.get_by_role("link", name="Figma")).to_have_count(0)
    expect(page.get_by_label("The mail as text")).to_contain_text("* Ship Aider")
    assert complaints == []


def test_the_desk_is_used_without_a_mouse(page: Page, complaints: list[str]) -> None:
    page.context.clear_cookies()
    page.goto("/admin/")
    page.get_by_label("Username").fill("curator")
    page.get_by_label("Password").fill(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The curators' desk")).to_be_visible()

    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("aider?g t")
    expect(page.get_by_label("Search everything")).to_have_value("aider?g t")
    page.get_by_label("Search everything").fill("aider")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Aider (aider)").click()
    page.get_by_label("Tagline").fill("Pairs with you")
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Select reviewer to change")).to_be_visible()
    assert complaints == []
