"""The reference site in a real browser, on another origin than the API: what readers do there, and what they meet."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from backend.devstack.site_server import site_server
from catalog.models import Tool
from newsletter.models import Subscriber
from newsletter.readers.links import unsubscribe_token
from reviews.models import Review
from tests.browser.confirming import SOONEST_ANSWER_MS, press_yes
from tests.factories import CategoryFactory, ReviewerFactory, ReviewFactory, SubscriberFactory, ToolFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import work
from votes.models import Pick, Vote

pytestmark = pytest.mark.django_db(transaction=True)
PAIR = "/comparisons/aider-vs-zed"
Result = TypeVar("Result")
REFUSED_STORAGE = """
Object.defineProperty(window, "localStorage", { get() { throw new DOMException("refused", "SecurityError"); } });
"""


# Offline, a browser still gives what is a minute old; the page must manage with what is older.
STALE_WHEN_OFFLINE = """
const original = window.fetch;
window.fetch = (request, options) =>
  navigator.onLine || options?.cache === "force-cache"
    ? original(request, options)
    : Promise.reject(new TypeError("Failed to fetch"));
"""


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> Iterator[str]:
    """The site's origin, and two tools on which three reviewers agree."""
    with site_server(0, api_url=live_server.url) as server:
        Thread(target=server.serve_forever).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        settings.CORS_ALLOWED_ORIGINS = [origin]
        settings.SITE_URL = origin
        settings.SITE_NEWSLETTER_URL = f"{origin}/newsletter"
        settings.PUBLIC_BASE_URL = live_server.url
        yield origin
        server.shutdown()


@pytest.fixture
def tools(site: str) -> None:
    category = CategoryFactory(name="Developer Tools", slug="developer-tools")
    renamed = ToolFactory(name="Zed", slug="earlier", category=category)
    renamed.slug = "zed"
    renamed.save()
    aider = ToolFactory(name="Aider", slug="aider", category=category, pricing_entry="paid")
    for number in range(3):
        reviewer = ReviewerFactory(name=f"The Reviewer {number}", slug=f"reviewer-{number}")
        ReviewFactory(reviewer=reviewer, tool=aider, verdict="ship")
        ReviewFactory(reviewer=reviewer, tool=renamed, verdict="ship" if number else "skip")


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: errors, and what the content security policy stopped."""
    return []


@pytest.fixture
def context(site: str, tools: None, browser: Browser) -> BrowserContext:
    context = browser.new_context(base_url=site)
    context.set_default_timeout(120_000)
    return context


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Page:
    def keep(said: ConsoleMessage) -> None:
        # A refusal that the API means is no fault of the page.
        if said.type in {"error", "warning"} and "/api/v1/" not in said.location["url"]:
            complaints.append(said.text)

    page = context.new_page()
    page.on("console", keep)
    page.on("pageerror", lambda error: complaints.append(error.message))
    return page


def outside(deed: Callable[[], Result]) -> Result:
    """What it returns, from a thread of its own: while a browser is open, Django takes this one for an async one."""

    def perform() -> Result:
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(perform).result()


def votes() -> list[tuple[str, str | None]]:
    return outside(lambda: sorted(Vote.objects.values_list("tool__slug", "value")))


def test_the_page_says_first_what_to_ship_and_why(page: Page, complaints: list[str]) -> None:
    page.goto(PAIR)

    verdict = page.locator(".verdict")
    expect(verdict.get_by_role("heading", level=2)).to_have_text("Ship Aider")
    expect(verdict).to_contain_text("all 3 reviewers ship it, 2 the other")
    expect(verdict).to_contain_text("Ahead by 33 percentage points among reviewers of both")
    expect(page.locator(".numbers").first).to_contain_text("no votes yet")
    expect(page.locator(".row")).to_have_count(3)
    assert verdict.bounding_box()["y"] < 400  # type: ignore[index]
    assert complaints == []


def test_a_reader_asks_some_of_the_panel_alone_and_reads_whose_verdict_it_is(page: Page) -> None:
    page.goto(PAIR)

    page.get_by_label("The Reviewer 0").check()

    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text(
        "For The Reviewer 0, ship Aider, not Zed: the one reviewer of both ships it and skips the other."
    )
    expect(verdict).to_contain_text("The whole panel: Ship Aider.")


def test_who_is_asked_and_reviewed_neither_tool_is_named_and_can_be_left_out_again(page: Page) -> None:
    outside(lambda: ReviewerFactory(slug="newcomer", name="The Newcomer"))

    page.goto(f"{PAIR}?panel=newcomer")
    expect(page.locator(".verdict .kicker")).to_have_text("The verdict of The Newcomer")
    expect(page.get_by_label("The Newcomer")).to_be_checked()
    page.get_by_label("The Newcomer").uncheck()

    expect(page.locator(".verdict .kicker")).to_have_text("The verdict")


def test_a_winner_that_the_panel_skips_is_no_tool_to_ship_in_the_headline_either(page: Page) -> None:
    outside(
        lambda: Review.objects.exclude(tool__slug="aider", reviewer__slug="reviewer-0").update(verdict="skip")
    )

    page.goto(PAIR)

    expect(page.locator(".verdict").get_by_role("heading", level=2)).to_have_text("If it must be one, Aider")


def test_a_reader_votes_changes_withdraws_and_picks(page: Page, complaints: list[str]) -> None:
    page.goto(PAIR)
    aider = page.get_by_role("group", name="Would you ship Aider?")
    aider.get_by_role("button", name="Ship it").click()
    expect(aider.get_by_role("status")).to_contain_text("You said ship.")
    assert votes() == [("aider", "ship")]

    aider.get_by_role("button", name="Skip it").click()
    expect(aider.get_by_role("status")).to_contain_text("You said skip.")
    page.get_by_role("group", name="Which of the two").get_by_role("button", name="Zed").click()
    expect(page.get_by_text("You picked Zed.")).to_be_visible()
    assert votes() == [("aider", "skip")]
    assert outside(lambda: list(Pick.objects.values_list("chosen_tool__slug", flat=True))) == ["zed"]

    page.reload()
    expect(aider.get_by_role("button", name="Skip it")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("You picked Zed.")).to_be_visible()
    aider.get_by_role("button", name="Withdraw").click()
    expect(aider.get_by_role("status")).to_contain_text("Withdrawn.")
    assert votes() == [("aider", None)]
    assert complaints == []


def test_where_votes_cost_a_proof_of_work_the_page_does_it(page: Page, settings: Settings) -> None:
    settings.VOTER_CHALLENGE = "proof_of_work"
    settings.PROOF_OF_WORK_BITS = 10
    page.goto("/tools/aider")

    page.get_by_role("button", name="Ship it").click()

    expect(page.get_by_text("You said ship.")).to_be_visible()
    assert votes() == [("aider", "ship")]


def test_a_reader_whose_browser_refuses_storage_is_one_voter_until_the_page_closes(page: Page) -> None:
    page.add_init_script(REFUSED_STORAGE)
    page.goto("/tools/aider")
    page.get_by_role("button", name="Ship it").click()
    expect(page.get_by_text("Your browser keeps nothing")).to_be_visible()

    page.get_by_role("link", name="Rankings").click()
    page.get_by_role("link", name="Aider").first.click()
    expect(page.get_by_role("button", name="Ship it")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Skip it").click()

    expect(page.get_by_text("You said skip.")).to_be_visible()
    assert votes() == [("aider", "skip")]


def test_a_reader_has_all_that_is_kept_of_them_erased(page: Page) -> None:
    page.goto("/tools/aider")
    page.get_by_role("button", name="Ship it").click()
    expect(page.get_by_text("You said ship.")).to_be_visible()

    page.get_by_role("link", name="Your votes").click()
    expect(page.locator(".own")).to_contain_text(["Aider", ""])
    page.get_by_label("Erase all of this").check()
    page.get_by_role("button", name="Erase my votes").click()

    expect(page.get_by_text("Erased.")).to_be_visible()
    assert votes() == []


def test_a_reader_signs_up_confirms_by_the_mail_chooses_and_leaves(
    sink: Sink, page: Page, complaints: list[str]
) -> None:
    page.goto("/")
    page.get_by_label("Email address").fill("ada@example.com")
    page.get_by_role("button", name="Send me the mail").click()
    expect(page.get_by_text("a mail is on its way")).to_be_visible()
    outside(work)
    link = next(word for word in sink.received[0].text.split() if "/newsletter/confirm" in word)

    page.goto(link)
    assert "token" not in page.url
    press_yes(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed")
    expect(page.locator(".chosen")).to_contain_text("a…@example.com")
    expect(page.locator(".chosen")).to_contain_text("Every topic")
    page.get_by_role("link", name="Choose topics").click()
    page.get_by_label("Developer Tools").check()
    page.get_by_label("Monthly").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Unsubscribe").click()

    expect(page.get_by_text("a…@example.com is unsubscribed.")).to_be_visible()
    expect(page.get_by_role("button", name="Send me the mail")).to_be_visible()
    assert outside(lambda: list(Subscriber.objects.values_list("status", "frequency"))) == [
        ("unsubscribed", "monthly")
    ]
    assert complaints == []


def test_who_leaves_by_the_link_of_a_mail_is_offered_a_way_back(sink: Sink, page: Page) -> None:
    ada = SubscriberFactory(address="ada@example.com", frequency="monthly")

    page.goto(f"/newsletter/unsubscribe?token={unsubscribe_token(ada.pk)}")
    expect(page.get_by_text("makes it a mail a month")).to_be_visible()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("You are unsubscribed.")).to_be_visible()
    page.get_by_label("Email address").fill("ada@example.com")
    page.get_by_role("button", name="Send me the mail").click()
    expect(page.get_by_text("a mail is on its way")).to_be_visible()

    outside(work)
    assert [received.recipient for received in sink.received] == ["ada@example.com"]


@pytest.mark.parametrize("name", ["preferences", "data", "unsubscribe"])
def test_a_link_that_is_cut_says_so_and_mails_fresh_ones(sink: Sink, page: Page, name: str) -> None:
    SubscriberFactory(address="ada@example.com")

    page.goto(f"/newsletter/{name}?token=v1.first.AaIM")
    if name == "unsubscribe":
        page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("This link is incomplete.")).to_be_visible()
    page.get_by_label("Your mail address").fill("ada@example.com")
    page.get_by_role("button", name="Mail me the links").click()

    expect(page.get_by_text("If this address gets our mail")).to_be_visible()
    outside(work)
    assert [received.recipient for received in sink.received] == ["ada@example.com"]


def test_a_link_to_confirm_that_is_cut_shows_the_box_to_sign_up(page: Page) -> None:
    page.goto("/newsletter/confirm?token=AaIM")
    page.wait_for_timeout(SOONEST_ANSWER_MS + 100)
    page.get_by_role("button", name="Yes, send me the mail").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This link is incomplete")
    expect(page.get_by_role("button", name="Send me the mail")).to_be_visible()


def test_a_refused_address_is_told_beside_the_box(page: Page) -> None:
    page.goto("/editions")
    page.get_by_label("Email address").fill("ada@localhost")
    page.get_by_role("button", name="Send me the mail").click()

    expect(page.get_by_label("Email address")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".sign-up").get_by_role("status")).not_to_have_text("")


def test_a_reader_who_votes_too_fast_is_told_when_to_go_on(page: Page, settings: Settings) -> None:
    settings.VOTE_LIMITS = ((1, 60),)
    page.goto("/tools/aider")
    page.get_by_role("button", name="Ship it").click()
    expect(page.get_by_text("You said ship.")).to_be_visible()

    page.get_by_role("button", name="Skip it").click()

    expect(page.get_by_text("Try again in")).to_be_visible()
    assert votes() == [("aider", "ship")]


def test_a_throttled_page_waits_with_its_button_as_long_as_the_api_says(page: Page) -> None:
    refusal = {"status": 429, "code": "throttled", "detail": "", "title": "", "errors": [], "request_id": "r"}
    page.clock.install()
    page.route(
        "**/api/v1/rankings*",
        lambda route: route.fulfill(
            status=429,
            json=refusal,
            headers={
                "Retry-After": "30",
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "*",
            },
        ),
    )
    page.goto("/rankings")
    button = page.get_by_role("button", name="Try again")
    expect(button).to_be_disabled()

    page.unroute("**/api/v1/rankings*")
    page.clock.run_for(31_000)
    button.click()

    expect(page.get_by_role("heading", name="Rankings")).to_be_visible()


def test_an_archived_tool_has_no_buttons_and_says_why(page: Page) -> None:
    page.goto("/tools/aider")
    expect(page.get_by_role("button", name="Ship it")).to_be_visible()

    outside(lambda: Tool.objects.filter(slug="aider").update(status="archived"))
    page.get_by_role("button", name="Ship it").click()
    expect(page.get_by_role("button", name="Ship it")).to_have_count(0)
    assert votes() == []


@pytest.mark.parametrize(
    ("path", "present"),
    [
        ("/tools/earlier", "/tools/zed"),
        ("/comparisons/zed-vs-aider", PAIR),
        ("/comparisons/aider-vs-earlier/history", f"{PAIR}/history"),
    ],
)
def test_an_earlier_address_becomes_the_present_one(page: Page, site: str, path: str, present: str) -> None:
    page.goto(path)

    expect(page.get_by_text("You came by an earlier address")).to_be_visible()
    assert page.url == site + present


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/tools/nobody", "There is no such page"),
        ("/nowhere", "There is no such page"),
        ("/?sort=nonsense", "This address asks for something unknown"),
        ("/newsletter/confirm", "Confirm your subscription"),
    ],
)
def test_what_is_not_there_is_said_in_words(page: Page, path: str, title: str) -> None:
    page.goto(path)

    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("main")).not_to_be_empty()


def test_offline_what_was_read_is_still_there_and_the_rest_comes_with_the_network(
    page: Page, context: BrowserContext
) -> None:
    page.add_init_script(STALE_WHEN_OFFLINE)
    page.goto(PAIR)
    expect(page.locator(".verdict")).to_be_visible()
    page.get_by_role("link", name="Rankings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rankings")

    context.set_offline(True)
    page.go_back()
    expect(page.locator(".verdict")).to_contain_text("Ship Aider")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.get_by_role("link", name="Reviewers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You seem to be offline")
    context.set_offline(False)

    expect(page.get_by_role("heading", level=1)).to_have_text("The panel")
    expect(page.get_by_text("You are offline.")).to_be_hidden()


def test_what_the_api_says_is_text_even_where_it_looks_like_markup(page: Page, complaints: list[str]) -> None:
    def dress() -> None:
        ToolFactory(name="<img src=x onerror=alert(1)>", slug="markup", website="https://example.com/")

    outside(dress)
    page.goto("/tools/markup")

    expect(page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("link", name="Website")).to_have_attribute(
        "rel", "external noopener noreferrer nofollow"
    )
    assert page.locator("main img").count() == 0
    assert complaints == []


def test_a_list_is_narrowed_searched_and_paged_both_ways(page: Page) -> None:
    def fill() -> None:
        for number in range(14):
            ToolFactory(
                name=f"Agent {number:02}", slug=f"agent-{number:02}", category=CategoryFactory(name="Agents")
            )

    outside(fill)
    page.goto("/")
    page.get_by_label("Search tools").fill("agent")
    page.get_by_role("button", name="Search").click()
    # The list of before has twelve, too.
    expect(page.get_by_role("heading", name="14 tools found")).to_be_visible()
    expect(page.locator(".tool-card")).to_have_count(12)
    first = page.locator(".tool-card h3").all_inner_texts()

    page.get_by_role("link", name="Next").click()
    expect(page.locator(".tool-card")).to_have_count(2)
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".tool-card")).to_have_count(12)
    assert page.locator(".tool-card h3").all_inner_texts() == first

    page.get_by_label("Agents").first.check()
    expect(page.get_by_role("link", name="Clear filters")).to_be_visible()
    expect(page.locator(".tool-card")).to_have_count(1)
    page.goto("/?q=agent&entry=paid")
    expect(page.get_by_text("No tool fits all of this.")).to_be_visible()
    page.goto("/?category=developer-tools")
    for name in ("Aider", "Zed"):
        page.locator(".tool-card", has_text=name).get_by_role("button", name="Compare").click()
    page.get_by_role("link", name="Compare 2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aider vs Zed")
