"""The page that the mail's foot links to: how anybody checks that no vote count was altered, as the docs have it."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import View
from markdown_it import MarkdownIt

SOURCE = settings.BASE_DIR / "docs" / "timeline.md"


class CheckPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        title, text = timeline()
        context = {"title": title, "text": text}
        page = render_to_string("newsletter/check.html", context, request)
        return HttpResponse(page, headers={"Cache-Control": "public, max-age=60"})


@cache
def timeline() -> tuple[str, str]:
    """The title of docs/timeline.md, and what follows as HTML."""
    title, _, text = SOURCE.read_text(encoding="utf-8").partition("\n")
    return title.removeprefix("# "), MarkdownIt("commonmark").enable("table").render(text)
