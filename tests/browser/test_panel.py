"""The page of a tool's panel in a real browser: one tool by four reviewers with few clicks or none, and what axe says."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Tool
from reviews.models import Review, Reviewer
from tests.browser.accessibility import faults
from tests.browser.signing_in import sign_in
from tests.factories import ComparisonFactory, HeadToHeadFactory, ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (1280, 820, 360)
REVIEWERS = ["The Builder", "The Skeptic", "The Founder", "The Futurist"]
# Only what a person presses: a click on a label also clicks its box, which no person did.
COUNT_PRESSES = """addEventListener("pointerdown", () =>
  sessionStorage.setItem("presses", Number(sessionStorage.getItem("presses") || 0) + 1), true)"""


@pytest.fixture
def tool(live_server: LiveServer) -> Tool:
    for position, name in enumerate(REVIEWERS):
        ReviewerFactory(name=name, position=position)
    tool: Tool = ToolFactory(name="Cursor 2.0", slug="cursor-2-0", status="draft", published_at=None)
    return tool


@pytest.fixture
def page(live_server: LiveServer, browser: Browser) -> Page:
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    sign_in(context, live_server.url, User.objects.create_superuser("curator"))
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(COUNT_PRESSES)
    return page


def test_one_tool_by_four_reviewers_takes_eight_clicks_and_two_loads_to_be_published(
    tool: Tool, page: Page
) -> None:
    page.goto(f"/admin/catalog/tool/{tool.pk}/change/")
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))

    page.get_by_role("link", name="all reviewers on one page").click()
    for name in REVIEWERS:
        row = page.get_by_role("group", name=name)
        row.get_by_text("Ship", exact=True).click()
        page.keyboard.press("Tab")
        # The basis, by its first letter, then its day and the words.
        page.keyboard.type("s")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type(f"{name} has said it.")
        expect(row.locator("[data-counts]")).to_have_text(str(len(f"{name} has said it.")))
    page.get_by_label("Publish all that have a verdict").click()
    expect(page.locator("#if-saved")).to_have_text("4 of 4 ship, 100 %: Ship")
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".messagelist")).to_have_text("Saved 4, published 4.")
    said = {(each.reviewer.name, each.basis, each.quote, each.status) for each in Review.objects.all()}
    assert said == {(name, "synthetic", f"{name} has said it.", "published") for name in REVIEWERS}
    assert int(page.evaluate("sessionStorage.getItem('presses')")) <= 8
    page.wait_for_load_state("load")
    assert len(loads) == 2


def test_all_of_it_goes_by_the_keyboard_alone(tool: Tool, page: Page) -> None:
    page.goto(f"/admin/reviews/panel/{tool.pk}/rows/")
    first, second = (page.get_by_role("group", name=name) for name in REVIEWERS[:2])

    first.get_by_label("Ship").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Space")
    for _ in ("basis", "day", "quote"):
        page.keyboard.press("Tab")
    page.keyboard.type("Two.")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.type("One.")
    expect(second.get_by_label("Quote")).to_have_value("Two.")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".messagelist")).to_have_text("Saved 2, published 0.")
    assert page.evaluate("sessionStorage.getItem('presses')") is None
    said = {(each.reviewer.name, each.verdict, each.quote) for each in Review.objects.all()}
    assert said == {("The Builder", "skip", "One."), ("The Skeptic", "ship", "Two.")}


def test_what_was_typed_is_put_back_after_the_page_was_left(tool: Tool, page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/admin/reviews/panel/{tool.pk}/rows/")
    row = page.get_by_role("group", name="The Skeptic")
    row.get_by_label("Skip").check()
    row.get_by_label("Quote").fill("Typed, not saved.")

    page.reload()
    page.get_by_role("button", name="Put it back").click()

    expect(row.get_by_label("Skip")).to_be_checked()
    expect(row.get_by_label("Quote")).to_have_value("Typed, not saved.")
    expect(row.locator("[data-counts]")).to_have_text("17")


@pytest.fixture
def reviewed(tool: Tool) -> Tool:
    """With a live review, a draft, one that was retracted, a row that nobody filled in, and a pair that was answered."""
    for name, status in zip(REVIEWERS, ["published", "draft", "retracted"], strict=False):
        reviewer = Reviewer.objects.get(name=name)
        ReviewFactory(tool=tool, reviewer=reviewer, status=status, quote="It holds under load. " * 40)
    pair = ComparisonFactory(
        first_tool=tool, second_tool__name="Karpathy Skills", status="draft", published_at=None
    )
    HeadToHeadFactory(
        first_tool=tool, second_tool=pair.second_tool, choice=tool, quote="I would open it again. " * 9
    )
    return tool


def test_the_page_is_accessible_and_fits_in_each_view(reviewed: Tool, page: Page) -> None:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/admin/reviews/panel/{reviewed.pk}/rows/")
        page.get_by_role("group", name="The Builder").get_by_text("Evidence and disclosure").click()
        found += faults(page, [("light", width), ("dark", width)])

    assert found == []
