"""The curators' page of subscribers over time, and their numbers above their list."""

from datetime import UTC, datetime, time, timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from backend.admin.base import Context, CuratedAdmin
from backend.admin.charts import Chart, Unit, draw_bars
from newsletter.desk.growth import Day, growth, subscribers_by_status

DAY = timedelta(days=1)
PERIODS = {
    90: Unit("day", DAY, 90, "%a %-d %b %Y", ("%a", ("Mon",))),
    365: Unit("day", DAY, 365, "%a %-d %b %Y", ("%d", ("01",))),
}
USUAL = 90


class GrowthAdmin(CuratedAdmin):
    """Subscribers, with a page of how many there were, came and left."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.growth_page)
        return [path("over-time/", page, name="newsletter_subscriber_growth"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        numbers = {status: f"{number:,}" for status, number in subscribers_by_status().items()}
        shown = {**(extra_context or {}), "numbers": numbers}
        return super().changelist_view(request, shown)

    def growth_page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.get("days", str(USUAL))
        unit = next((unit for days, unit in PERIODS.items() if str(days) == asked), None)
        if unit is None:
            raise Http404
        days = growth(days=unit.bars, until=timezone.now())
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Subscribers over time",
            "periods": PERIODS,
            "period": unit.bars,
            "charts": _charts(days, unit),
            "days": days[::-1],
            "summary": _summary(days),
        }
        return TemplateResponse(request, "admin/newsletter/growth.html", shown)


def _summary(days: list[Day]) -> str:
    confirmed, left = sum(day.confirmed for day in days), sum(day.left for day in days)
    return (
        f"{confirmed:,} confirmed and {left:,} left in {len(days)} days; {days[-1].active:,} are active now."
    )


def _charts(days: list[Day], unit: Unit) -> list[tuple[Chart, str]]:
    """Each with what is said of it; those who came and those who left on one scale."""
    begins_at = datetime.combine(days[0].day, time(), UTC)
    highest = max(max(day.confirmed, day.left) for day in days)
    confirmed, left = sum(day.confirmed for day in days), sum(day.left for day in days)
    drawn = [
        ("Active at the end of each day", "active", 0, f"from {days[0].active:,} to {days[-1].active:,}."),
        ("Confirmed on each day", "confirmed", highest, f"{confirmed:,} in all."),
        ("Left on each day", "left", highest, f"{left:,} in all."),
    ]
    return [
        (
            draw_bars(
                heading=heading,
                kinds=[kind],
                unit=unit,
                begins_at=begins_at,
                numbers=[(getattr(day, kind),) for day in days],
                highest=scale,
            ),
            summary,
        )
        for heading, kind, scale, summary in drawn
    ]
