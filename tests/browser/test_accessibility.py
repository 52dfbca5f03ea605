"""Looking at texts of each kind finds what axe finds when it looks at all of them."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.accessibility import COLOURS, STRICT_COLOURS, serious

# Faint: a row among others, a stripe of a zebra, a text in a dark box, one on top of another, fields and a label; not the
# label of a field that is disabled, nor what is hidden.
ROWS = "".join(f"<tr><td>row {number}</td></tr>" for number in range(8))
PAGE = f"""<!doctype html><html lang="en"><title>Texts</title><style>
.faint td {{ color: #bbb }} .zebra tr:nth-child(even) {{ background: #555; color: #222 }} .box {{ background: #333 }}
.over {{ position: absolute; top: 0; left: 300px; background: #000; color: #111 }} .pale {{ color: #ccc }}
.pass {{ color: #666 }}
</style><main><h1>Texts</h1><table>{ROWS}<tr class="faint"><td>faint</td></tr>{ROWS}</table>
<table class="zebra">{ROWS}</table><div class="box"><p>dark on dark</p></div><div class="over">over it</div>
<select class="pale"><option>one</option></select><label class="pale">on <input class="pale"></label>
<label><input disabled><span class="pale">off</span></label><p hidden class="pale">hidden</p><p class="pass">just enough</p>
<p>A long text of words and a <a href="#" style="color: #222; text-decoration: none">link</a> among them</p>
<img src="data:,"><button></button><ul><p>no item</p></ul></main></html>"""
ALL = {"resultTypes": ["violations"]}


def test_what_axe_finds_in_all_texts_is_found_in_one_of_each_kind(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PAGE)

    found = {rule: elements for _, rule, elements in serious(page)}
    strict = {rule for _, rule, _ in serious(page, only=STRICT_COLOURS)}
    known = {
        each["id"]: [node["html"] for node in each["nodes"]]
        for each in Axe().run(page, options=ALL).response["violations"]
        if each["impact"] in {"serious", "critical"}
    }

    assert found.keys() == known.keys() > {"color-contrast", "link-in-text-block", "image-alt", "button-name"}
    assert kinds(found["color-contrast"]) == kinds(known["color-contrast"])
    assert len(kinds(found["color-contrast"])) == 7
    assert strict == set(STRICT_COLOURS)
    assert "color-contrast" not in {rule for _, rule, _ in serious(page, without=["color-contrast"])}
    assert [rule for _, rule, _ in serious(page, ".zebra", only=COLOURS)] == ["color-contrast"]


def kinds(elements: list[str]) -> set[str]:
    """Rows are alike but for their numbers."""
    return {re.sub("row [0-9]", "row", element) for element in elements}
