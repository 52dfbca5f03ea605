"""Every page of the desk in a real browser: what axe says of it by day in a wide window, and in the dark on a phone."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from bench.desk_pages import MODELS, OF_A_ROW, OF_ALL, OF_AN_APP, add_missing_rows, addresses, give_app
from comparisons.history.recording import record_verdicts
from tests.browser.accessibility import Fault, serious, too_wide, wear
from tests.factories import (
    ComparisonFactory,
    HeadToHeadFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    vote,
)
from votes.tallies.day_lines import close_day, yesterday

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a long enough secret"
# Pages that differ in their rows alone.
ALIKE = ("history", "delete", "app_list")
REFUSED = "refused"
# Of apps whose rows nobody deletes at the desk; and what the page to sign in leads to, which is looked at as that.
NOT_SHOWN = {"admin:index", "admin delete", "backend_admin delete", "votes delete"}
# How wide the page is, how much of it the list has, and which headings stay out of sight when the list is scrolled to them.
LIST = """() => {
    const list = document.querySelector("#result_list")?.parentElement;
    const unseen = [...(list?.querySelectorAll("thead th") ?? [])].filter(heading => {
        heading.scrollIntoView({inline: "end"});
        return heading.getBoundingClientRect().right > Math.min(list.getBoundingClientRect().right, innerWidth) + 1;
    });
    return [document.documentElement.scrollWidth, list?.clientWidth ?? null, unseen.map(each => each.innerText)];
}"""
# What the phone and the dark make of a page that was looked at whole.
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]


@pytest.fixture
def curator(live_server: LiveServer) -> User:
    """At a desk with a row of each kind."""
    curator = User.objects.create_superuser("curator", password=SECRET)
    tools = ToolFactory.create_batch(4, tagline="A long-winded-tagline " * 4)
    for reviewer in ReviewerFactory.create_batch(3):
        for tool in tools[:2]:
            ReviewFactory(tool=tool, reviewer=reviewer)
        HeadToHeadFactory(first_tool=tools[0], second_tool=tools[1], reviewer=reviewer)
    ToolFitFactory(tool=tools[0])
    ComparisonFactory(first_tool=tools[0], second_tool=tools[1])
    now = timezone.now()
    PickFactory.create_batch(10, first_tool=tools[0], second_tool=tools[1])
    vote(tools[0], ship=8, skip=2)
    close_day(day=yesterday(now), now=now)
    record_verdicts(now=now)
    add_missing_rows(curator, now=now)
    return curator


@pytest.fixture
def page(live_server: LiveServer, browser: Browser, curator: User) -> Page:
    # What axe is made of, the pages' own policy would stop.
    page = browser.new_context(base_url=live_server.url, bypass_csp=True).new_page()
    page.set_default_timeout(120_000)
    return page


def test_no_page_of_the_desk_keeps_anybody_out(page: Page, curator: User) -> None:
    page.goto("/admin/")
    found = faults(page, part="html")
    page.get_by_label("Username").fill("curator")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="The curators' desk")).to_be_visible()
    found += faults(page, part="html")

    seen, kinds = set[str](), set[str]()
    for name, address in sorted(addresses(), key=lambda each: each[0] in OF_AN_APP):
        kind = kind_of(name)
        if kind in kinds and kind.endswith(ALIKE):
            continue
        if name in OF_AN_APP and not Authenticator.objects.exists():
            give_app(curator)
        shown = visit(page, address)
        if shown in seen:
            continue
        found += faults(page, is_new=kind not in kinds)
        if kind not in kinds:
            found += faults_on_a_phone(page)
        if kind == "changelist":
            found += faults_on_a_tablet(page)
        seen.add(shown)
        if shown != REFUSED:
            kinds.add(kind)

    assert found == []
    assert kinds == {kind_of(name) for name, _ in addresses()} - NOT_SHOWN


def kind_of(name: str) -> str:
    """Lists and forms of all models are of a kind, on a phone; histories and deletions are alike within an app."""
    kind, _, last = name.removeprefix("admin:").rpartition("_")
    if last not in (*OF_ALL, *OF_A_ROW):
        return name
    return f"{MODELS[kind]._meta.app_label} {last}" if last in ALIKE else last


def visit(page: Page, address: str) -> str:
    """Confirms the password where that is asked for. Returns what is shown: the page's address, or that it is refused."""
    answer = page.goto(address)
    assert answer
    if "reauthenticate/?next=" in page.url:
        page.get_by_label("Password").fill(SECRET)
        page.get_by_role("button", name="Confirm").click()
    assert answer.status in {200, 403}, address
    return page.url if answer.ok else REFUSED


def faults(page: Page, *, part: str = "main", is_new: bool = True) -> list[Fault]:
    """What is serious or critical by day, in a wide window. Header, menu and footer are those of the first page.

    Contrast, which takes longest, is looked at where the kind of page is new.
    """
    page.set_viewport_size({"width": 1280, "height": 900})
    wear(page, "light")
    return serious(page, part, without=[] if is_new else ["color-contrast"])


def faults_on_a_phone(page: Page) -> list[Fault]:
    """What the phone and the dark make of it, and whether it is wider than the phone."""
    page.set_viewport_size({"width": 360, "height": 740})
    wear(page, "dark")
    return serious(page, "main", only=LOOKS) + too_wide(page)


def faults_on_a_tablet(page: Page) -> list[Fault]:
    """Whether a list is wider than the window, squeezed beside its filter, or has columns that no scrolling shows."""
    page.set_viewport_size({"width": 820, "height": 1180})
    width, room, unseen = page.evaluate(LIST)
    fits = width <= 820 and (room is None or room > 450) and not unseen
    return [] if fits else [(page.url, f"{width} wide, {room} of it for the list", unseen)]
