"""What forms.js keeps of a form, on pages that are as small as it allows."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route, expect

FORM = """<form action="/admin/account/login/" method="post"><div id="draft" data-key="1 /admin/x/" hidden></div>
<textarea name="quote">old</textarea><button>Save</button></form>"""
SIGNED_IN = '<ul class="messagelist"><li class="success">Successfully signed in.</li></ul>'
SAVED = {"Set-Cookie": "saved=1%20%2Fadmin%2Fx%2F; Path=/admin/"}


def serve(route: Route) -> None:
    address = route.request.url
    if address.endswith("forms.js"):
        script = Path(str(finders.find("backend_admin/forms.js"))).read_text(encoding="utf-8")
        route.fulfill(body=script, content_type="text/javascript")
        return
    body = FORM if address.endswith("/x/") else SIGNED_IN
    headers = SAVED if address.endswith("/saved/") else {}
    page = f'<!doctype html><script src="/forms.js"></script>{body}'
    route.fulfill(body=page, content_type="text/html", headers=headers)


@pytest.fixture
def page(browser: Browser) -> Page:
    page = browser.new_page(base_url="http://localhost")
    page.set_default_timeout(120_000)
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/*", serve)
    page.goto("/admin/x/")
    page.locator("textarea").fill("first")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/login/")
    assert "first" in kept(page)
    return page


def kept(page: Page) -> str:
    return str(page.evaluate("localStorage.getItem('draft 1 /admin/x/') || ''"))


def test_a_draft_that_was_sent_without_a_session_is_there_after_signing_in(page: Page) -> None:
    page.goto("/admin/x/")
    page.get_by_role("button", name="Put it back").click()

    expect(page.locator("textarea")).to_have_value("first")


def test_a_draft_that_is_offered_is_kept_until_one_chooses(page: Page) -> None:
    page.goto("/admin/x/")
    page.locator("textarea").fill("second")
    page.goto("/admin/x/")
    assert "first" in kept(page)

    page.get_by_role("button", name="Discard it").click()

    assert kept(page) == ""


def test_the_saved_form_ends_its_draft(page: Page) -> None:
    page.goto("/admin/saved/")

    assert kept(page) == ""
    assert "saved=" not in page.evaluate("document.cookie")
