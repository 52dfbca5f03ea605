"""The first day of docs/curators.md in a real browser, from no account to a published comparison.

`make pictures` runs it too, and keeps what it saw for the guide.
"""

import os
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_admin import choose, press
from tests.factories import CategoryFactory, ReviewerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
PICTURES = os.environ.get("PICTURES", "")
GUIDE = ROOT / "docs" / "curators.md"
REVIEWERS = ["The Builder", "The Skeptic", "The Founder", "The Futurist"]
PASSWORD = "a long enough secret"


class Desk:
    """One curator's browser, and the pictures that are taken of it."""

    def __init__(self, browser: Browser, url: str, taken: list[str]) -> None:
        self.taken = taken
        context = browser.new_context(base_url=url, viewport={"width": 1180, "height": 820}, locale="en-GB")
        self.page: Page = context.new_page()
        self.page.set_default_timeout(120_000)

    def log_in(self, name: str) -> None:
        self.page.goto("/admin/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="The curators' desk")).to_be_visible()

    def show(self, name: str) -> None:
        """Takes a picture where pictures are wanted."""
        self.taken.append(name)
        if PICTURES:
            self.page.screenshot(path=ROOT / PICTURES / f"{name}.png", full_page=True)


@pytest.fixture
def taken() -> list[str]:
    """The pictures by name, in their order."""
    return []


def give_account(desk: Desk, name: str, role: str) -> None:
    page = desk.page
    page.goto("/admin/auth/user/add/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password:", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Staff status").check()
    page.locator("#id_groups_from").select_option(role)
    page.locator("#id_groups_add").click()
    desk.show(f"account-of-a-{role.lower()}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text(name)


def write_tool(desk: Desk, name: str) -> None:
    page = desk.page
    page.goto("/admin/catalog/tool/add/")
    page.get_by_label("Name").press_sequentially(name)
    choose(page, "category", "Developer Tools")
    page.get_by_label("Tagline").fill("Writes what it is asked for")
    page.get_by_label("Pricing entry").select_option("Paid")
    page.locator("#id_pricing_checked_on").fill("2026-11-01")
    desk.show("a-new-tool")
    assert "was added successfully" in press(page, "Hand in for review")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="all reviewers on one page").click()
    for reviewer in REVIEWERS:
        row = page.get_by_role("group", name=reviewer)
        row.get_by_text("Ship" if name == "Quill" else "Skip", exact=True).click()
        row.get_by_label("Basis").select_option("Synthetic")
        row.get_by_label("Quote").fill(f"{reviewer} looked at what the maker of {name} shows.")
    desk.show("all-reviewers-of-a-tool")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Saved 4")


def hand_in_all(desk: Desk, kind: str) -> None:
    page = desk.page
    page.goto(f"/admin/{kind}/?status__exact=draft")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("Hand in for review")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".messagelist")).to_contain_text("handed in for review")


def publish_all(desk: Desk, kind: str) -> None:
    page = desk.page
    page.goto(f"/admin/{kind}/?status__exact=in_review")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("Publish …")
    page.get_by_role("button", name="Go").click()
    desk.show(f"publish-{kind.rpartition('/')[2]}s")
    page.get_by_role("button", name="Yes, publish").click()
    expect(page.locator(".messagelist")).to_contain_text("published")


def test_the_first_day_leads_from_no_account_to_a_published_comparison(
    live_server: LiveServer, browser: Browser, taken: list[str]
) -> None:
    administrator = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    administrator.groups.add(Group.objects.get(name="Administrator"))
    CategoryFactory(name="Developer Tools", slug="developer-tools")
    for position, name in enumerate(REVIEWERS):
        ReviewerFactory(name=name, position=position)

    desk = Desk(browser, live_server.url, taken)
    desk.log_in("ada")
    give_account(desk, "wanda", "Writer")
    give_account(desk, "eddy", "Editor")

    writer = Desk(browser, live_server.url, taken)
    writer.log_in("wanda")
    writer.show("first-page-of-a-writer")
    writer.page.get_by_role("link", name="Second factor").click()
    writer.show("second-factor")
    for tool in ("Quill", "Inkpot"):
        write_tool(writer, tool)
    hand_in_all(writer, "reviews/review")
    writer.page.goto("/admin/comparisons/comparison/add/")
    choose(writer.page, "first_tool", "Quill")
    choose(writer.page, "second_tool", "Inkpot")
    assert "was added successfully" in press(writer.page, "Hand in for review")
    writer.page.get_by_role("link", name="Inkpot vs Quill").click()
    writer.show("a-pair-in-review")
    writer.page.get_by_role("link", name="Preview", exact=True).click()
    expect(writer.page.locator(".readable")).to_contain_text("Quill")
    writer.show("preview-of-a-pair")

    editor = Desk(browser, live_server.url, taken)
    editor.log_in("eddy")
    editor.show("first-page-of-an-editor")
    for kind in ("reviews/review", "catalog/tool", "comparisons/comparison"):
        publish_all(editor, kind)
    editor.page.goto("/admin/comparisons/comparison/")
    editor.page.get_by_role("link", name="Inkpot vs Quill").click()
    editor.page.get_by_role("link", name="As readers get it").click()
    editor.show("a-published-comparison")

    answer = Client().get("/api/v1/comparisons/inkpot-vs-quill").json()
    assert (answer["verdict"]["outcome"], answer["verdict"]["winner"]) == ("winner", "quill")
    # The guide shows each of them, and no other.
    named = re.findall(r"\]\(pictures/([a-z-]+)\.png\)", GUIDE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(set(taken))
