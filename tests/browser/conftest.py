"""The browser that tests of pages drive; they are skipped where it is missing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

# Only what never comes takes so long, on however busy a machine.
expect.set_options(timeout=15_000)
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "disable-gpu",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Name it behind all that writes to the database: while it is open, Django takes this thread for an async one."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no {CHROMIUM} here.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[f"--{name}" for name in QUIET],
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser
        browser.close()
