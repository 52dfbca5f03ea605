"""The archive as a feed, for readers who want no mail."""

from datetime import datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed

from newsletter.content.archive import archived_editions, intro_html
from newsletter.content.composition import online_url
from newsletter.content.rendering import page_url
from newsletter.models import Edition

IN_A_FEED = 20


class EditionFeed(Feed):  # type: ignore[type-arg] # Not subscriptable at run time.
    """The latest editions, each with what its editor wrote. One query."""

    feed_type = Atom1Feed
    title = "AI Tool Verdicts: the weekly mail"
    subtitle = "New comparisons of AI tools, verdicts that changed, and what the crowd says."

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        response["Cache-Control"] = "public, max-age=60"
        return response

    def link(self) -> str:
        return page_url("newsletter-archive")

    def feed_url(self) -> str:
        return page_url("newsletter-feed")

    def feed_guid(self) -> str:
        return f"{settings.PUBLIC_BASE_URL}/newsletter"

    def items(self) -> list[Edition]:
        return list(archived_editions().defer("html", "text").order_by("-week")[:IN_A_FEED])

    def item_title(self, item: Edition) -> str:
        return str((item.archive or {})["subject"])

    def item_description(self, item: Edition) -> str:
        return intro_html(item)

    def item_link(self, item: Edition) -> str:
        return online_url(item.week)

    def item_pubdate(self, item: Edition) -> datetime | None:
        return item.frozen_at

    def item_updateddate(self, item: Edition) -> datetime | None:
        # It never changes after that.
        return item.frozen_at
