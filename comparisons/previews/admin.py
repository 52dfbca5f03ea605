"""The curators' page of what readers get or will get: as people read it, as JSON, and by a link for a colleague."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, resolve, reverse
from django.utils import timezone

from backend.admin.actions import row_action
from backend.admin.base import ReadOnlyAdmin
from catalog.models import Tool
from catalog.pairs import by_slug
from comparisons.models import Comparison, PreviewLink, pair_slug
from comparisons.previews.drafts import drafts_of, drafts_of_review, shown_as_published
from comparisons.previews.links import end_link, make_link, token_of
from comparisons.previews.reading import readable
from reviews.models import Review

MAY_SHARE = "comparisons.add_previewlink"


@dataclass(frozen=True)
class Subject:
    """The page that is looked at: by which address of the API, by which of the site, and its drafts."""

    title: str
    path: str
    site_path: str
    drafts: list[UUID]
    tool: Tool | None = None

    def living_links(self, now: datetime) -> QuerySet[PreviewLink]:
        """To this page, and to others that show one of its drafts: a page gets another path with its tool's slug."""
        # By the path only where it has none: another draft's link may stand at a slug that this one has taken.
        shows = Q(drafts__overlap=self.drafts) if self.drafts else Q(path=self.path)
        return PreviewLink.objects.filter(shows, ended_at=None, expires_at__gt=now)

    def addresses(self, link: PreviewLink) -> list[tuple[str, str]]:
        """For whom it is, and the address."""
        token = token_of(link)
        is_this = link.path == self.path or set(link.drafts) == set(self.drafts)
        path, site_path = (self.path, self.site_path) if is_this else (link.path, link.path)
        page, _, place = site_path.partition("#")
        found = [("In the API", f"{settings.PUBLIC_BASE_URL}/api/v1{path}?preview={token}")]
        # The site shows a review on its tool's page, which its path does not name.
        if has_site() and not page.startswith("/reviews/"):
            mark = f"#{place}" if place else ""
            found.insert(0, ("On the site", f"{settings.SITE_URL}{page}?preview={token}{mark}"))
        return found


def has_site() -> bool:
    """Whether SITE_URL names a frontend, and not the API itself."""
    return f"{settings.PUBLIC_BASE_URL}/api/v1" != settings.SITE_URL


class LinkForm(forms.Form):
    days = forms.TypedChoiceField(
        label="It lasts",
        choices=[(1, "a day"), (7, "a week"), (30, "30 days")],
        coerce=int,
        initial=7,
    )


@admin.register(PreviewLink)
class PreviewLinkAdmin(ReadOnlyAdmin):
    list_display = ["title", "path", "made_by", "made_at", "expires_at", "ended_at"]
    list_select_related = ["made_by"]
    search_fields = ["title", "path"]
    date_hierarchy = "made_at"
    ordering = ["-made_at", "-id"]
    fields = ["title", "path", "made_by", "made_at", "expires_at", "ended_at"]
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comparisons.change_previewlink")

    end = row_action(end_link, description="End", done="ended", permission="end")

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("of/<str:kind>/<uuid:object_id>/", self.preview_view, name="comparisons_preview"),
            path("of-pair/<uuid:first>/<uuid:second>/", self.pair_view, name="comparisons_preview_pair"),
        ]
        for page in pages:
            page.callback = self.admin_site.admin_view(page.callback)
        return [*pages, *super().get_urls()]

    def preview_view(self, request: HttpRequest, kind: str, object_id: UUID) -> HttpResponse:
        _require(request)
        if kind not in FINDERS:
            raise Http404("There is no such page.")
        subject = FINDERS[kind](object_id)
        if subject.tool and (slug := request.GET.get("with", "").strip()):
            other = Tool.objects.with_slugs([slug]).exclude(pk=subject.tool.pk).first()
            if other is not None:
                address = reverse("admin:comparisons_preview_pair", args=[subject.tool.pk, other.pk])
                return HttpResponseRedirect(address)
            messages.warning(request, f"No other tool has the slug {slug}.")
        return self._page(request, subject)

    def pair_view(self, request: HttpRequest, first: UUID, second: UUID) -> HttpResponse:
        _require(request)
        if first == second:
            raise Http404("A pair has two tools.")
        return self._page(
            request, of_pair(get_object_or_404(Tool, pk=first), get_object_or_404(Tool, pk=second))
        )

    def _page(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        form = LinkForm(request.POST if "make" in request.POST else None)
        if request.method == "POST":
            self._share(request, subject, form)
            if not form.errors:
                return HttpResponseRedirect(request.path)
        now = timezone.now()
        with shown_as_published(subject.drafts, now=now) as shown:
            status, answer = api_answer(subject.path)
        # A link can be handed on, so only users who may make one see it.
        may_share = request.user.has_perm(MAY_SHARE)
        links = subject.living_links(now) if may_share else PreviewLink.objects.none()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"As readers get it: {subject.title}",
            "subject": subject,
            "form": form,
            "is_shown": status == 200,
            "answer": answer,
            "readable": readable(answer),
            "raw": json.dumps(answer, ensure_ascii=False, indent=2),
            "left_out": shown.left_out,
            "may_share": may_share,
            "has_site": has_site(),
            "links": [
                (link, subject.addresses(link))
                for link in links.select_related("made_by").order_by("-made_at", "-id")
            ],
        }  # fmt: skip
        return TemplateResponse(request, "admin/comparisons/preview.html", context)

    def _share(self, request: HttpRequest, subject: Subject, form: LinkForm) -> None:
        now = timezone.now()
        if "end" in request.POST:
            link = subject.living_links(now).filter(pk__in=_uuids(request.POST["end"])).first()
            if link is not None:
                end_link(link, now=now)
                messages.success(request, "The link has ended. It shows nothing now.")
        elif form.is_valid() and isinstance(request.user, User):
            link = make_link(
                path=subject.path, title=subject.title, drafts=subject.drafts, made_by=request.user,
                lasts=timedelta(days=form.cleaned_data["days"]), now=now,
            )  # fmt: skip
            self.log_addition(request, link, f"Made a link to {subject.title}.")
            messages.success(
                request, "The link is ready. Everybody who has it sees these drafts, without an account."
            )


def _require(request: HttpRequest) -> None:
    """Users who may read all of it may look; those who write drafts make and end links."""
    needed = ["catalog.view_tool", "reviews.view_review", "comparisons.view_comparison"]
    if request.method == "POST":
        needed.append(MAY_SHARE)
    if not request.user.has_perms(needed):
        raise PermissionDenied


def _uuids(text: str) -> list[UUID]:
    """The id that was sent; none where it is no id."""
    try:
        return [UUID(text)]
    except ValueError:
        return []


def of_tool(tool_id: UUID) -> Subject:
    tool = get_object_or_404(Tool, pk=tool_id)
    page = f"/tools/{tool.slug}"
    return Subject(tool.name, page, page, drafts_of([tool]), tool=tool)


def of_pair(one: Tool, other: Tool) -> Subject:
    first, second = by_slug(one, other)
    page = f"/comparisons/{pair_slug(first.slug, second.slug)}"
    return Subject(f"{first.name} vs {second.name}", page, page, drafts_of([first, second]))


def of_comparison(comparison_id: UUID) -> Subject:
    pair = get_object_or_404(Comparison.objects.select_related("first_tool", "second_tool"), pk=comparison_id)
    return of_pair(pair.first_tool, pair.second_tool)


def of_review(review_id: UUID) -> Subject:
    review: Review = get_object_or_404(Review.objects.select_related("reviewer", "tool"), pk=review_id)
    title = f"{review.reviewer.name} on {review.tool.name}"
    # The site shows a review on its tool's page.
    site_path = f"/tools/{review.tool.slug}#review-{review.pk}"
    return Subject(title, f"/reviews/{review.pk}", site_path, drafts_of_review(review))


FINDERS = {"tool": of_tool, "comparison": of_comparison, "review": of_review}


def api_answer(address: str) -> tuple[int, dict[str, object]]:
    """What the API's own view answers at a path, and its status; by a request that nobody sent."""
    request = HttpRequest()
    request.method, request.path = "GET", f"/api/v1{address}"
    request.path_info = request.path
    request.META = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"}
    match = resolve(request.path)
    response = match.func(request, **match.kwargs)
    if hasattr(response, "render"):
        response.render()
    return response.status_code, json.loads(response.content)
