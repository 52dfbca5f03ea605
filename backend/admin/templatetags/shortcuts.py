"""The keys of the desk, and where they lead."""

from typing import Any

from django import template

register = template.Library()

# After g: the key by the model whose list it opens.
LISTS = {
    "Tool": "t",
    "Review": "r",
    "Comparison": "c",
    "HeadToHead": "h",
    "Reviewer": "p",
    "Vote": "v",
    "Edition": "e",
}


@register.filter
def shortcuts(apps: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The key, name and address of each list that the user may see, as `available_apps` has them."""
    return [
        (LISTS[model["object_name"]], str(model["name"]), model["admin_url"])
        for app in apps or []
        for model in app["models"]
        if model["object_name"] in LISTS and model["admin_url"]
    ]
