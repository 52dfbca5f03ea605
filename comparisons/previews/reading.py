"""An answer of the API as people read it: a part for each thing that it tells, labels in words, and no empty lines."""

import re
from collections.abc import Iterator
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from backend.admin.base import NOTHING
from backend.admin.zones import shown

# For programs: what they ask by, the same picture in other sizes, and what sentences and verdicts are made from.
LEFT_OUT = {"id", "logo_sizes", "params", "replay"}
# Where the name of a key says too little.
LABELS = {
    "slug": "Address",
    "updated_at": "Changed",
    "published_at": "Published",
    "pricing": "Price",
    "entry": "Label",
    "free_tier": "Free tier",
    "starts_at": "Starts at",
    "total": "In all",
    "community": "Readers’ votes",
    "fits": "Choose it if",
    "guidance": "Which to choose when",
    "picks": "Readers’ picks",
    "pricing_read": "Prices beside each other",
    "flip": "What would turn it",
    "whole_panel_verdict": "Verdict by the whole panel",
    "basis": "Stands on",
    "disclosure": "Ties to the maker",
    "detail": "Reason",
    "favors": "Speaks for",
}
EMPTY: tuple[object, ...] = (None, "", [], {})
# What a row of another kind is named by, and what is counted of panel and crowd.
NAMED = {"slug", "name", "kind", "lens", "status"}
COUNTS = {"ship", "skip", "total"}
# A kind or a state, such as `both_ship`: no slug and no text of a person's.
CODE = re.compile(r"[a-z]+(_[a-z]+)+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*Z")
ADDRESS = re.compile(r"https?://\S+")


def readable(answer: dict[str, object]) -> SafeString:
    """What it says of itself first, then a part for each thing that says more; all of it text and never markup."""
    told = dict(_told(answer))
    facts = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
    parts = [
        format_html("<h2>{}</h2>{}", label(name), _shown(told[name])) for name in told if name not in facts
    ]
    first = [_shown(facts)] if facts else []
    return format_html_join("", "<section>{}</section>", ((part,) for part in [*first, *parts]))


def label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def _told(value: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name, each in value.items():
        if name not in LEFT_OUT and (kept := _kept(each)) not in EMPTY:
            yield name, kept


def _kept(value: object) -> object:
    """Without what is empty. Who or what is only named needs no more than the name, and counts are a sentence.

    Of two tools, the one that says nothing keeps its place.
    """
    if isinstance(value, dict):
        if value.keys() >= COUNTS:
            return _counted(value)
        if value.get("detail"):
            value = _sentence_first(value)
        kept = dict(_told(value))
        if kept.keys() == {"detail"}:
            return kept["detail"]
        return kept["name"] if "name" in kept and kept.keys() <= NAMED else kept
    if isinstance(value, list):
        kept_all = [_kept(each) for each in value]
        if len(kept_all) == 1 and not isinstance(kept_all[0], dict):
            return kept_all[0]
        return kept_all if any(each not in EMPTY for each in kept_all) else []
    return value


def _sentence_first(value: dict[str, object]) -> dict[str, object]:
    """The sentence first, in place of the code that programs know it by."""
    return {
        "detail": value["detail"],
        **{name: each for name, each in value.items() if name not in {"code", "detail"}},
    }


def _counted(value: dict[str, object]) -> str:
    if not value["total"]:
        return "none"
    percent = value.get("percent")
    return f"{value['ship']} of {value['total']} ship" + (f", {percent} %" if percent is not None else "")


def _shown(value: object) -> SafeString:
    if value in (None, [], {}):
        return mark_safe(NOTHING)  # noqa: S308 - our own sign.
    if isinstance(value, dict):
        rows = ((label(name), _shown(each)) for name, each in value.items())
        return format_html("<dl>{}</dl>", format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows))
    if isinstance(value, list):
        items = format_html_join("", "<li>{}</li>", ((_shown(each),) for each in value))
        return format_html("<ul>{}</ul>", items)
    if isinstance(value, str) and ADDRESS.fullmatch(value):
        return format_html('<a href="{}" rel="noreferrer">{}</a>', value, value)
    return format_html("{}", _in_words(value))


def _in_words(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return shown(datetime.fromisoformat(value))
    if isinstance(value, str) and CODE.fullmatch(value):
        return value.replace("_", " ")
    return value
