"""The curators' page of votes over time: what came in, what was made of it, and the form that rules on a span of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MinValueValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from backend.admin.base import ReadOnlyAdmin
from backend.admin.charts import Span
from backend.admin.errors import CurationError
from catalog.models import Tool
from votes.models import Alert, CountStatus, Pick, Ruling, Vote
from votes.moderation import actions as rulings
from votes.moderation.charts import DAYS, HOURS, draw
from votes.rules import BURST_WINDOW

RULINGS_SHOWN = 50
HELP = (
    "Quarantine takes what counts or waits out of the numbers. Release takes back one step: what is quarantined "
    "becomes what it was; where nothing is, what waits counts. Reject takes what is quarantined or waits, for good."
)


class MomentField(forms.DateTimeField):
    """A second in UTC, as browsers have a field for it."""

    widget = forms.DateTimeInput({"type": "datetime-local", "step": "any"}, format="%Y-%m-%dT%H:%M")
    default_validators = [MinValueValidator(datetime(2020, 1, 1, tzinfo=UTC), "Nobody could vote then.")]

    def clean(self, value: Any) -> datetime:
        moment: datetime = super().clean(value)
        return moment.replace(microsecond=0)


class RulingForm(forms.Form):
    deed = forms.ChoiceField(choices=[(deed, deed.capitalize()) for deed in Ruling.Deed.values])
    begins_at = MomentField(label="From (UTC)")
    ends_at = MomentField(label="Until before (UTC)")
    why = forms.CharField(max_length=500)

    def span_until(self, now: datetime) -> dict[str, Any]:
        """What was asked for. A span that goes on ends now, so that what is confirmed is what was shown."""
        ends_at = min(self.cleaned_data["ends_at"], now.replace(microsecond=0))
        return {**self.cleaned_data, "ends_at": ends_at}


@dataclass(frozen=True, slots=True)
class Target:
    """A tool, or a pair of tools in their order."""

    tool: Tool
    other_tool: Tool | None

    @property
    def key(self) -> dict[str, Any]:
        return {"tool": self.tool, "other_tool": self.other_tool}

    @property
    def tools(self) -> dict[UUID, str]:
        return {tool.pk: tool.name for tool in (self.tool, self.other_tool) if tool}


class WatchedAdmin(ReadOnlyAdmin):
    """Tallies, each with a page of its votes over time."""

    watched: type[Vote | Pick]
    # Of one tool's id, or of a pair's two.
    watch_route: str

    def get_urls(self) -> Any:
        page = self.admin_site.admin_view(self.watch)
        return [path(self.watch_route, page, name=f"votes_{self.opts.model_name}_watch"), *super().get_urls()]

    def watch(self, request: HttpRequest, tool_id: UUID, other_tool_id: UUID | None = None) -> HttpResponse:
        """Shows what a ruling would move where a span is given; rules only when that is confirmed by a POST."""
        if not request.user.has_perm(f"votes.change_{self.watched.__name__.lower()}"):
            raise PermissionDenied
        target = find_target(tool_id, other_tool_id)
        now = timezone.now()
        # The link of an alert brings the span along.
        given = request.POST or request.GET
        form = RulingForm(given if "begins_at" in given else None, initial={"deed": Ruling.Deed.QUARANTINE})
        asked: dict[str, Any] = {}
        moves: list[rulings.Move] = []
        if form.is_valid():
            asked = form.span_until(now)
            try:
                if "confirm" in request.POST:
                    ruling = rulings.rule(**asked, **target.key, decided_by=request.user, now=now)
                    messages.success(request, f"{ruling}.")
                    return HttpResponseRedirect(request.path)
                span = {name: asked[name] for name in ("deed", "begins_at", "ends_at")}
                moves = rulings.preview(**span, **target.key, now=now)
            except CurationError as refusal:
                form.add_error(None, str(refusal))
        shown = {
            "form": form,
            "asked": asked,
            "moves": [(move, target.tools.get(move.answer, move.answer)) for move in moves],
            "total": sum(move.count for move in moves),
        }
        return TemplateResponse(
            request, "admin/votes/watch.html", {**self.context(request, target, asked, now), **shown}
        )

    def context(
        self, request: HttpRequest, target: Target, asked: dict[str, Any], now: datetime
    ) -> dict[str, Any]:
        ballots = rulings.ballots_of(**target.key)
        alerts = list(Alert.objects.filter(**target.key, closed_at=None).order_by("begins_at", "id"))
        made = Ruling.objects.filter(**target.key).select_related("decided_by")
        latest = list(made.order_by("-created_at", "-id")[:RULINGS_SHOWN])
        # The last one stands on top of those before it.
        spans = [span_of_alert(alert) for alert in alerts] + [span_of_ruling(one) for one in latest[::-1]]
        plural = self.watched._meta.verbose_name_plural
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{str(plural).capitalize()} over time: {' / '.join(target.tools.values())}",
            "plural": plural,
            "singular": self.watched._meta.verbose_name,
            "statuses": CountStatus.values,
            "help": HELP,
            "alerts": [(alert, watch_address(alert)) for alert in alerts],
            "charts": [
                draw(ballots=ballots, unit=HOURS, until=end_of_view(asked, now), spans=spans),
                draw(ballots=ballots, unit=DAYS, until=now, spans=spans),
            ],
            "rulings": latest,
        }


def find_target(tool_id: UUID, other_tool_id: UUID | None) -> Target:
    tool = get_object_or_404(Tool, pk=tool_id)
    if other_tool_id is None:
        return Target(tool, None)
    # A pair in the other order has no page.
    return Target(tool, get_object_or_404(Tool.objects.filter(pk__gt=tool_id), pk=other_tool_id))


def end_of_view(asked: dict[str, Any], now: datetime) -> datetime:
    """Now; or a day after the beginning of a span that today's chart wouldn't show."""
    begins_at: datetime = asked.get("begins_at", now)
    is_earlier = begins_at < now - (HOURS.bars - 1) * HOURS.length
    return begins_at + timedelta(days=1) if is_earlier else now


def span_of_alert(alert: Alert) -> Span:
    title = f"Open alert: {alert.get_kind_display()}"
    return Span("alert", alert.begins_at, alert.begins_at + BURST_WINDOW, title)


def span_of_ruling(ruling: Ruling) -> Span:
    title = f"{ruling.get_deed_display()} {ruling.count}: {ruling.why}"
    return Span(ruling.deed, ruling.begins_at, ruling.ends_at, title)


def watch_address(alert: Alert) -> str:
    """The page of what the alert is about; of a burst, with a quarantine of its hour already previewed."""
    page = watch_page(alert.tool_id, alert.other_tool_id)
    if alert.kind != Alert.Kind.BURST:
        return page
    ends_at = alert.begins_at + BURST_WINDOW
    span = {
        "deed": Ruling.Deed.QUARANTINE.value,
        "begins_at": f"{alert.begins_at.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "ends_at": f"{ends_at.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "why": f"{alert.get_kind_display()}: {alert.detail}".removesuffix(": ")[:500],
    }
    return f"{page}?{urlencode(span)}"


def watch_page(tool_id: UUID, other_tool_id: UUID | None = None) -> str:
    if other_tool_id:
        return reverse("admin:votes_picktally_watch", args=[tool_id, other_tool_id])
    return reverse("admin:votes_tally_watch", args=[tool_id])
