"""Import and export in a real browser: the demo's catalog comes back without a change, and a mended sheet is imported."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from backend.admin.first_page import count_blocks
from catalog.models import Tool
from comparisons.catalog_file.importing import import_catalog
from comparisons.catalog_file.roster import DEMO_FILE
from comparisons.desk.calibrating import calibrate
from tests.browser.accessibility import faults
from tests.browser.signing_in import sign_in
from tests.comparisons.catalog_file.test_importing import REAL_FILE

pytestmark = pytest.mark.django_db(transaction=True)

UPLOADS = "/admin/comparisons/catalogupload/"


@pytest.fixture
def empty(live_server: LiveServer, browser: Browser) -> Page:
    """A curator, signed in, before an empty installation."""
    # What axe is made of, the pages' own policy would stop.
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    sign_in(context, live_server.url, User.objects.create_superuser("curator"))
    page = context.new_page()
    page.set_default_timeout(120_000)
    return page


@pytest.fixture
def page(empty: Page) -> Page:
    """The same before the demo's catalog."""
    with DEMO_FILE.open("rb") as demo:
        import_catalog(source=demo, now=timezone.now())
    return empty


def send(page: Page, file: Path) -> None:
    page.goto(f"{UPLOADS}send/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Why").fill("Prices of May")
    page.get_by_role("button", name="Show what would change").click()


def test_the_demos_catalog_comes_back_without_a_change_and_a_mended_sheet_is_imported(
    page: Page, tmp_path: Path
) -> None:
    send(page, DEMO_FILE)
    expect(page.get_by_text("No change.")).to_be_visible()

    page.goto(UPLOADS)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as XLSX").click()
    sheet = tmp_path / "catalog.xlsx"
    download.value.save_as(sheet)
    send(page, sheet)
    expect(page.get_by_text("No change.")).to_be_visible()

    book = load_workbook(sheet)
    book["tools"]["C2"].value = "Mended in a spreadsheet"
    slug = str(book["tools"]["A2"].value)
    book.save(sheet)
    send(page, sheet)
    expect(page.get_by_role("insertion")).to_have_text("Mended in a spreadsheet")
    looks = faults(page)
    page.get_by_role("button", name="Import just this").click()

    expect(page.locator(".messagelist").first).to_contain_text("Imported: catalog.xlsx.")
    assert Tool.objects.get(slug=slug).tagline == "Mended in a spreadsheet"
    page.goto(f"{UPLOADS}send/")
    looks += faults(page)
    page.goto(UPLOADS)
    looks += faults(page)
    assert looks == []


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real catalog is not part of this checkout")
def test_the_real_catalog_is_imported_into_an_empty_installation_by_upload(empty: Page) -> None:
    send(empty, REAL_FILE)
    expect(empty.get_by_role("button", name="Import just this")).to_be_visible()
    looks = faults(empty)
    empty.get_by_role("button", name="Import just this").click()

    expect(empty.locator(".messagelist").first).to_contain_text(f"Imported: {REAL_FILE.name}.")
    tools = {tool["slug"] for tool in json.loads(REAL_FILE.read_bytes())["tools"]}
    assert set(Tool.objects.published().values_list("slug", flat=True)) == tools
    assert looks == []


def test_the_first_page_is_clean_in_each_view(page: Page) -> None:
    calibrate()
    count_blocks(now=timezone.now())

    page.goto("/admin/")

    expect(page.get_by_role("heading", name="Prices to check")).to_be_visible()
    assert faults(page) == []
