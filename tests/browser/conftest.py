"""The browser that tests of pages drive; they are skipped where it is missing."""

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from django.db import connections
from playwright.sync_api import Browser, expect, sync_playwright

# Only what never comes takes so long, on however busy a machine.
expect.set_options(timeout=120_000)
# The shell is Chromium without windows of its own: of the whole browser, these take more CPU than the pages.
CHROMIUM = os.environ.get("CHROMIUM") or which("chromium-headless-shell") or "/usr/bin/chromium"
QUIET = [
    "disable-gpu",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One for all tests of pages that a process runs in succession: each start costs two seconds of CPU."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no {CHROMIUM} here.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django takes this thread for an async one, but Playwright's loop stands still while a test runs.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[f"--{name}" for name in QUIET],
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser
        browser.close()
        # Those of an async thread are its own.
        connections.close_all()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Without a page; name it behind what its pages ask, which then ends after them."""
    yield chromium
    for context in chromium.contexts:
        context.close()
