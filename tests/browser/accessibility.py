"""What axe says of a page that a browser shows, in one view or in several. The page's context bypasses its policy.

Contrast takes axe ten times as long as all its other rules, and is the same for texts of one kind: those with the same
colours, size and weight on the same backgrounds. The first and the last of each kind are looked at.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
View = tuple[Scheme, int]
# The page's address, the rule, and the first elements.
Fault = tuple[str, str, list[str]]
# What a scheme makes of a page that was looked at whole.
COLOURS = ("color-contrast", "link-in-text-block")
# As the site and the mail promise them in the dark.
STRICT_COLOURS = (*COLOURS, "color-contrast-enhanced")
# The desk's, from a wide window to a phone. Those of one width stand together.
VIEWS: list[View] = [("light", 1280), ("dark", 1280), ("light", 820), ("dark", 390)]
# Rules that never find anything serious are left out. With `preload` axe would fetch each style sheet a second time.
LOOK = """async ([part, only, except]) => {
  const CONTRAST = ["color-contrast", "color-contrast-enhanced"];
  const all = axe._audit.rules.filter(rule => rule.enabled && !rule.tags.some(tag => axe._audit.tagExclude.includes(tag)));
  const grave = all.filter(rule => !["minor", "moderate"].includes(rule.impact)).map(rule => rule.id);
  const rules = (only.length ? only : grave).filter(id => !except.includes(id));

  const kinds = new Map(), known = new Map([[null, 0]]);
  const kindOf = (element) => {
    if (known.has(element)) return known.get(element);
    const style = getComputedStyle(element);
    const kind = [
      kindOf(element.parentElement), style.color, style.backgroundColor, style.backgroundImage, style.opacity,
      style.mixBlendMode, style.fontSize, style.fontWeight, style.textShadow, style.position, style.display,
    ].join("|");
    if (!kinds.has(kind)) kinds.set(kind, kinds.size + 1);
    known.set(element, kinds.get(kind));
    return known.get(element);
  };
  const textOf = (element) =>
    [...element.childNodes].filter(each => each.nodeType === Node.TEXT_NODE).map(each => each.data.trim()).join("");
  const texts = () => {
    const found = new Map();
    for (const element of document.querySelectorAll(`${part}, ${part} *`)) {
      const text = textOf(element);
      const isField = element.matches("input, select, textarea");
      if (!(text || isField) || element.matches("option") || !element.checkVisibility({visibilityProperty: true})) continue;
      // Axe passes over what is disabled, and is not sure of a single letter.
      const off = (element.control ?? element).matches(":disabled, [aria-disabled=true], [aria-disabled=true] *");
      const kind = [kindOf(element), element.type, off, isField || text.length > 1].join("|");
      found.set(kind, [found.get(kind)?.[0] ?? element, element]);
    }
    return [...new Set([...found.values()].flat())];
  };

  const asked = {resultTypes: ["violations"], preload: false};
  const run = async (context, runOnly) =>
    runOnly.length ? (await axe.run(context, {...asked, runOnly})).violations : [];
  const found = await run(part, rules.filter(id => !CONTRAST.includes(id)));
  const contrast = rules.filter(id => CONTRAST.includes(id));
  const include = contrast.length ? texts() : [];
  return include.length ? [...found, ...await run({include}, contrast)] : found;
}"""


def wear(page: Page, scheme: Scheme) -> None:
    """Shows the page in a scheme, once the colours that Django's style sheet fades in have arrived."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(
        "getComputedStyle(document.body).color; document.getAnimations().forEach((each) => each.finish())"
    )


def serious(
    page: Page, part: str = "html", *, only: Sequence[str] = (), without: Sequence[str] = ()
) -> list[Fault]:
    """What axe finds serious or critical in a part of the page, by all of its rules or by some."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations: list[dict[str, Any]] = page.evaluate(LOOK, [part, list(only), list(without)])
    return [
        (page.url, violation["id"], [node["html"][:120] for node in violation["nodes"][:12]])
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
    ]


def faults(page: Page, views: Iterable[View] = VIEWS) -> list[tuple[Scheme, int, Fault]]:
    """What axe finds serious in each view, and whether the page is wider than the window."""
    found: list[tuple[Scheme, int, Fault]] = []
    widths: set[int] = set()
    for scheme, width in views:
        wear(page, scheme)
        page.set_viewport_size({"width": width, "height": 900})
        new = serious(page, only=COLOURS if width in widths else ()) + too_wide(page)
        found += [(scheme, width, fault) for fault in new]
        widths.add(width)
    return found


def too_wide(page: Page) -> list[Fault]:
    """Whether the page is wider than the window."""
    width, room = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return [(page.url, f"{width} wide", [])] if width > room else []
