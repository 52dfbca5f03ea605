"""The archive's endpoints, and each edition as a page."""

import re

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, page_schema
from backend.api.parameters import ListParameters, Parameters
from backend.api.problems import Refusal, refuses
from backend.api.rendering import rendered
from backend.api.views import PublicView, field_names
from newsletter.content.archive import archived_editions, intro_html
from newsletter.content.items import AT_MOST
from newsletter.content.rendering import page_url
from newsletter.models import Edition

# A mail's styles stand in the mail; nothing else may be loaded or done.
MAIL_POLICY = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "base-uri": [NONE], "form-action": [NONE]}

KEPT = {"Cache-Control": "public, max-age=60"}
ON_A_PAGE = 52
WEEK = re.compile(r"\d{4}-W\d\d", re.ASCII)


class EditionNotFound(Refusal):
    status_code = 404
    default_code = "edition_not_found"
    default_detail = "No edition of this week was sent; /api/v1/newsletter/editions lists those that were."


class EditionSubjectSerializer(serializers.Serializer[dict[str, str]]):
    """The tool or comparison that an item is about; an earlier slug leads to the present one."""

    kind = serializers.ChoiceField(choices=["tool", "comparison"])
    slug = serializers.CharField()


class EditionItemSerializer(serializers.Serializer[dict[str, str | None]]):
    """One thing that an edition tells."""

    kind = serializers.ChoiceField(choices=list(AT_MOST))
    title = serializers.CharField()
    mark = serializers.CharField(help_text="What there is to tell, at a glance.")
    detail = serializers.CharField(allow_null=True)
    quote = serializers.CharField(
        allow_null=True, help_text="From the review, or the editor's note on the pair."
    )
    about = serializers.SerializerMethodField(help_text="What it leads to.")
    url = serializers.SerializerMethodField(help_text="Where it leads on the site.")

    @extend_schema_field(EditionSubjectSerializer)
    def get_about(self, item: dict[str, str | None]) -> dict[str, str]:
        # As the archive keeps it: /tools/… or /comparisons/….
        _, plural, slug = str(item["path"]).split("/")
        return {"kind": plural.removesuffix("s"), "slug": slug}

    @extend_schema_field(serializers.URLField)
    def get_url(self, item: dict[str, str | None]) -> str:
        return f"{settings.SITE_URL}{item['path']}"

    def to_representation(self, instance: dict[str, str | None]) -> dict[str, str | None]:
        unsaid = {name: instance[name] or None for name in ("detail", "quote")}
        return super().to_representation({**instance, **unsaid})


class EditionListItemSerializer(serializers.Serializer[Edition]):
    """An edition in the archive's list."""

    slug = serializers.CharField(source="week", help_text="The ISO week, such as `2026-W48`.")
    subject = serializers.CharField(source="archive.subject")
    sent_at = serializers.DateTimeField(source="frozen_at", help_text="When sending began.")
    item_count = serializers.SerializerMethodField()
    page_url = serializers.SerializerMethodField(help_text="The edition as a page.")

    def get_item_count(self, edition: Edition) -> int:
        return len(edition.archive["items"]) if edition.archive else 0

    @extend_schema_field(serializers.URLField)
    def get_page_url(self, edition: Edition) -> str:
        return f"{settings.PUBLIC_BASE_URL}{reverse('newsletter-edition-page', args=[edition.week])}"


class EditionSerializer(EditionListItemSerializer):
    """An edition as a reader of every topic got it."""

    intro = serializers.CharField(source="archive.intro", help_text="As plain text.")
    intro_html = serializers.SerializerMethodField(
        help_text="As HTML, with no elements but p, br, ul, ol, li, em, strong and a."
    )
    editor = serializers.SerializerMethodField(help_text="Who signs the intro, by name.")
    items = EditionItemSerializer(source="archive.items", many=True)

    def get_intro_html(self, edition: Edition) -> str:
        return intro_html(edition)

    def get_editor(self, edition: Edition) -> str | None:
        # Editions of before had none.
        return (edition.archive or {}).get("editor") or None


class EditionListView(ListView):
    parameters = ListParameters.selecting(field_names(EditionListItemSerializer))

    @extend_schema(
        operation_id="list_editions", tags=["newsletter"], responses=page_schema(EditionListItemSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the editions of the weekly mail that were sent, the latest first

        The archive holds what a reader of every topic got. A week without anything to tell has none.
        """
        editions = archived_editions().defer("html", "text")
        return self.answer_page(editions, keys=["-week"], serializer=EditionListItemSerializer)


class EditionView(PublicView):
    parameters = Parameters.selecting(field_names(EditionSerializer))

    @extend_schema(operation_id="retrieve_edition", tags=["newsletter"], responses=EditionSerializer)
    @refuses(EditionNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve an edition of the weekly mail as it was sent

        By its ISO week. What it tells was frozen when sending began; `page_url` is the same as a page.
        """
        edition = archived_editions().defer("html", "text").filter(week=slug).first()
        if edition is None:
            raise EditionNotFound
        return Response(rendered(EditionSerializer, edition, only=self.params["fields"]))


@method_decorator(csp({**MAIL_POLICY, "frame-ancestors": [NONE]}), name="dispatch")
class EditionPage(View):
    """The edition's mail for every topic, as a page of its own."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        edition = archived_editions().filter(week=slug).first()
        if edition is None:
            raise Http404
        return HttpResponse(edition.html, headers=KEPT)


class EditionText(View):
    """The same in plain text."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        edition = archived_editions().filter(week=slug).first()
        if edition is None:
            raise Http404
        return HttpResponse(edition.text, content_type="text/plain; charset=utf-8", headers=KEPT)


class ArchivePage(View):
    """The list of editions as a page, the latest first; `?before=` goes on from a week."""

    def get(self, request: HttpRequest) -> HttpResponse:
        before = request.GET.get("before", "")
        editions = archived_editions().defer("html", "text").order_by("-week")
        if is_continued := WEEK.fullmatch(before) is not None:
            editions = editions.filter(week__lt=before)
        # One more shows whether there are earlier ones.
        found = list(editions[: ON_A_PAGE + 1])
        shown = found[:ON_A_PAGE]
        context = {
            "title": "Editions of the weekly mail",
            "editions": shown,
            "earlier": shown[-1].week if len(found) > ON_A_PAGE else "",
            "is_continued": is_continued,
            "canonical": page_url("newsletter-archive") + (f"?before={before}" if is_continued else ""),
            "feed": page_url("newsletter-feed"),
        }
        return HttpResponse(render_to_string("newsletter/archive.html", context, request), headers=KEPT)
