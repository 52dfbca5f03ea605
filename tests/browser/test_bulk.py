"""Many rows at once in a real browser: asked, begun, watched and undone, and every page is clean in each view."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from backend.admin import bulk
from backend.admin.models import BulkAction
from backend.admin.tasks import go_on
from catalog.models import Tool
from tests.browser.accessibility import faults
from tests.browser.signing_in import sign_in
from tests.bulk import finish
from tests.factories import ReviewFactory, ToolFactory
from tests.queues import waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(live_server: LiveServer, browser: Browser) -> Page:
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    sign_in(context, live_server.url, User.objects.create_superuser("curator"))
    page = context.new_page()
    page.set_default_timeout(120_000)
    return page


@pytest.mark.usefixtures("queue")
def test_all_across_the_pages_are_archived_watched_and_undone(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 50)
    tools = ToolFactory.create_batch(120)
    ReviewFactory(tool=tools[0])
    ToolFactory(name="A tool with a name as long as a name of a tool should never be", status="draft")

    page.goto("/admin/catalog/tool/")
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_role("button", name="Select all 121 tools").click()
    page.get_by_label("Action:").select_option("Archive …")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", name="Archive 120 tools?")).to_be_visible()
    expect(page.get_by_text("1 stays as it is: not published.")).to_be_visible()
    looks = faults(page)
    page.get_by_label("Why?").fill("Their makers have gone.")
    # A page that loads itself anew can not be looked at meanwhile.
    page.route("**/backend_admin/reload*.js", lambda route: route.abort())
    page.get_by_role("button", name="Yes, archive 120 tools").click()

    expect(page.get_by_text("0 of 120 rows.")).to_be_visible()
    action = BulkAction.objects.get()
    assert waiting(go_on) == [[str(action.pk)]]
    looks += faults(page)
    page.unroute("**/backend_admin/reload*.js")
    page.reload()
    bulk.do_batch(action_id=action.pk, now=action.begun_at)
    expect(page.get_by_text("50 of 120 rows.")).to_be_visible()
    finish(action)
    expect(page.get_by_text("120 tools archived")).to_be_visible()
    looks += faults(page)

    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_role("heading", name="Undo: archive 120 tools?")).to_be_visible()
    looks += faults(page)
    page.get_by_label("Why?").fill("They have not.")
    page.get_by_role("button", name="Yes, undo: archive 120 tools").click()
    expect(page.get_by_text("0 of 120 rows.")).to_be_visible()
    finish(BulkAction.objects.get(is_undo=True))
    expect(page.get_by_text("120 tools published again")).to_be_visible()
    page.goto("/admin/backend_admin/bulkaction/")
    expect(page.get_by_role("link", name="Undo: archive 120 tools")).to_be_visible()
    looks += faults(page)

    assert Tool.objects.filter(status="published").count() == 120
    assert looks == []
