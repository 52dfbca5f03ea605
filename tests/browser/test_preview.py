"""A pair of drafts in an editor's browser, and by a link in a colleague's, who has no account."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from backend.devstack.site_server import site_server
from comparisons.models import Comparison
from reviews.models import Review
from tests.browser.accessibility import faults, too_wide
from tests.browser.signing_in import sign_in
from tests.factories import ComparisonFactory, ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> Iterator[str]:
    with site_server(0, api_url=live_server.url) as server:
        Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}"
        settings.PUBLIC_BASE_URL, settings.SITE_URL = live_server.url, address
        settings.CORS_ALLOWED_ORIGINS = [address]
        yield address
        server.shutdown()


@pytest.fixture
def pair(live_server: LiveServer) -> Comparison:
    first, second = (
        ToolFactory(name=name, slug=slug, status="draft", published_at=None)
        for name, slug in (("Aider", "aider"), ("Cursor 2.0", "cursor-2-0"))
    )
    for name in ("The Builder", "The Skeptic", "The Founder"):
        reviewer = ReviewerFactory(name=name)
        ReviewFactory(tool=first, reviewer=reviewer, status="draft", quote="It holds under load. " * 20)
        ReviewFactory(tool=second, reviewer=reviewer, status="draft", verdict="skip", quote="It broke. " * 20)
    pair: Comparison = ComparisonFactory(
        first_tool=first, second_tool=second, status="draft", published_at=None, editor_note="Not out yet."
    )
    return pair


@pytest.fixture
def editor(live_server: LiveServer, browser: Browser) -> Page:
    # What axe is made of, the pages' own policy would stop.
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    sign_in(context, live_server.url, User.objects.create_superuser("editor"))
    page = context.new_page()
    page.set_default_timeout(120_000)
    return page


def look(page: Page) -> None:
    """It is accessible and fits, in both schemes."""
    found: list[object] = [*faults(page, [("light", 1280), ("dark", 1280)])]
    for width in (820, 360):
        page.set_viewport_size({"width": width, "height": 900})
        found += too_wide(page)
    assert found == []


def test_a_colleague_sees_the_pair_by_the_link_and_nothing_once_it_is_ended(
    pair: Comparison, site: str, editor: Page, browser: Browser
) -> None:
    editor.goto(f"/admin/comparisons/comparison/{pair.pk}/change/")
    editor.get_by_role("link", name="Preview", exact=True).click()
    expect(editor.locator(".answer")).to_contain_text("Aider")
    editor.get_by_role("button", name="Make a link").click()
    address = editor.get_by_role("link", name=f"{site}/").get_attribute("href") or ""
    look(editor)

    colleague = browser.new_context(bypass_csp=True).new_page()
    colleague.set_default_timeout(120_000)
    colleague.goto(address)

    expect(colleague.get_by_role("heading", level=1)).to_have_text("Aider vs Cursor 2.0")
    expect(colleague.get_by_role("note").first).to_contain_text("A preview: this is not published yet")
    expect(colleague.get_by_text("Not out yet.")).to_be_visible()
    expect(colleague.get_by_text("It holds under load.").first).to_be_visible()
    expect(colleague.locator("fieldset.ballot:not(:disabled)")).to_have_count(0)
    expect(colleague.locator('meta[name="robots"]')).to_have_attribute("content", "noindex, nofollow")
    look(colleague)

    colleague.goto(f"{site}/comparisons/aider-vs-cursor-2-0")
    expect(colleague.get_by_role("heading", level=1)).to_have_text("There is no such page")
    colleague.goto(f"{address[:-1]}{'a' if address[-1] != 'a' else 'b'}")
    expect(colleague.get_by_role("heading", level=1)).to_have_text("This preview is over")

    editor.get_by_role("button", name="End this link").click()
    expect(editor.locator(".messagelist")).to_contain_text("The link has ended")
    colleague.goto(address)
    expect(colleague.get_by_role("heading", level=1)).to_have_text("This preview is over")


def test_a_tool_and_its_review_have_pages_on_the_site_too(
    pair: Comparison, site: str, editor: Page, browser: Browser
) -> None:
    review = Review.objects.filter(tool=pair.first_tool).earliest("created_at")
    editor.goto(f"/admin/reviews/review/{review.pk}/change/")
    editor.get_by_role("link", name="Preview", exact=True).click()
    editor.get_by_role("button", name="Make a link").click()
    address = editor.get_by_role("link", name=f"{site}/").get_attribute("href") or ""

    colleague = browser.new_page()
    colleague.set_default_timeout(120_000)
    colleague.goto(address)

    expect(colleague.get_by_role("heading", level=1)).to_have_text("Aider")
    # This review, and no other draft.
    expect(colleague.locator("article.review")).to_have_count(1)
    expect(colleague.locator(f"#review-{review.pk}")).to_be_visible()
