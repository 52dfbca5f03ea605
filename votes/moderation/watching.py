"""The curators' page of votes over time: what came in, what was made of it, and the form of moderation actions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.validators import MinValueValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from backend.admin.base import ReadOnlyAdmin
from backend.admin.charts import Span
from backend.admin.errors import CurationError
from catalog.models import Tool
from votes.models import Alert, CountStatus, ModerationAction, Pick, Vote
from votes.moderation import actions
from votes.moderation.actions import AskedAction, Move
from votes.moderation.charts import DAYS, HOURS, draw
from votes.rules import BURST_WINDOW

ACTIONS_SHOWN = 50
HELP = (
    "Quarantine stops votes that count or wait. Release takes one step back: votes in quarantine become what they were; "
    "where there are none, votes that wait count. Reject stops votes in quarantine, and votes that wait, for good."
)


class MomentField(forms.DateTimeField):
    """A second in UTC, as browsers have a field for it."""

    widget = forms.DateTimeInput({"type": "datetime-local", "step": "any"}, format="%Y-%m-%dT%H:%M")
    default_validators = [MinValueValidator(datetime(2020, 1, 1, tzinfo=UTC), "Nobody could vote then.")]

    def clean(self, value: object) -> datetime:
        with timezone.override(UTC):
            moment: datetime = super().clean(value)
        return moment.replace(microsecond=0)


class ActionForm(forms.Form):
    action = forms.ChoiceField(
        choices=[(action, action.capitalize()) for action in ModerationAction.Action.values]
    )
    begins_at = MomentField(label="From (UTC)")
    ends_at = MomentField(label="Until before (UTC)")
    why = forms.CharField(max_length=500)

    def asked(self, now: datetime) -> AskedAction:
        """A span that goes on ends now, so that what is confirmed is what was shown."""
        ends_at = min(self.cleaned_data["ends_at"], now.replace(microsecond=0))
        return AskedAction(**{**self.cleaned_data, "ends_at": ends_at})


@dataclass(frozen=True, slots=True)
class ToolOrPair:
    """A tool, or a pair of tools in the order of their ids."""

    tool: Tool
    other_tool: Tool | None

    @property
    def tools(self) -> list[Tool]:
        return [tool for tool in (self.tool, self.other_tool) if tool]


class WatchedAdmin(ReadOnlyAdmin):
    """Tallies, each with a page of its votes over time."""

    watched: type[Vote | Pick]
    # Of one tool's id, or of a pair's two.
    watch_route: str

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.watch)
        return [path(self.watch_route, page, name=f"votes_{self.opts.model_name}_watch"), *super().get_urls()]

    def watch(self, request: HttpRequest, tool_id: UUID, other_tool_id: UUID | None = None) -> HttpResponse:
        """Shows what an action would move where a span is given; takes it only when a POST confirms it."""
        user = request.user
        if not (isinstance(user, User) and user.has_perm(f"votes.moderate_{self.watched.__name__.lower()}")):
            raise PermissionDenied
        target = find_tool_or_pair(tool_id, other_tool_id)
        now = timezone.now()
        # The link of an alert brings the span along.
        given = request.POST or request.GET
        form = ActionForm(
            given if "begins_at" in given else None, initial={"action": ModerationAction.Action.QUARANTINE}
        )
        asked: AskedAction | None = None
        moves: list[Move] = []
        if form.is_valid():
            asked = form.asked(now)
            try:
                if "confirm" in request.POST:
                    made = actions.moderate(
                        asked=asked, tool=target.tool, other_tool=target.other_tool, decided_by=user, now=now
                    )
                    messages.success(request, f"{made}.")
                    return HttpResponseRedirect(request.path)
                moves = actions.preview(asked=asked, tool=target.tool, other_tool=target.other_tool, now=now)
            except CurationError as refusal:
                form.add_error(None, str(refusal))
        names: dict[object, str] = {None: "withdrawn"} | {tool.pk: tool.name for tool in target.tools}
        shown = {
            "form": form,
            "asked": asked,
            "moves": [(move, names.get(move.answer, move.answer)) for move in moves],
            "total": sum(move.count for move in moves),
        }
        return TemplateResponse(
            request, "admin/votes/watch.html", {**self.context(request, target, asked, now), **shown}
        )

    def context(
        self, request: HttpRequest, target: ToolOrPair, asked: AskedAction | None, now: datetime
    ) -> dict[str, object]:
        tool, other_tool = target.tool, target.other_tool
        ballots = actions.ballots_of(tool=tool, other_tool=other_tool)
        open_alerts = Alert.objects.filter(tool=tool, other_tool=other_tool, closed_at=None)
        alerts = list(open_alerts.order_by("begins_at", "id"))
        made = ModerationAction.objects.filter(tool=tool, other_tool=other_tool).select_related("decided_by")
        latest = list(made.order_by("-created_at", "-id")[:ACTIONS_SHOWN])
        # The last one stands on top of those before it.
        spans = [span_of_alert(alert) for alert in alerts] + [span_of_action(one) for one in latest[::-1]]
        plural = self.watched._meta.verbose_name_plural
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{str(plural).capitalize()} over time: {' / '.join(each.name for each in target.tools)}",
            "plural": plural,
            "singular": self.watched._meta.verbose_name,
            "statuses": CountStatus.values,
            "help": HELP,
            "alerts": [(alert, watch_address(alert)) for alert in alerts],
            "charts": [
                draw(ballots=ballots, unit=HOURS, until=end_of_view(asked, now), spans=spans),
                draw(ballots=ballots, unit=DAYS, until=now, spans=spans),
            ],
            "actions": latest,
        }


def find_tool_or_pair(tool_id: UUID, other_tool_id: UUID | None) -> ToolOrPair:
    tool = get_object_or_404(Tool, pk=tool_id)
    if other_tool_id is None:
        return ToolOrPair(tool, None)
    # A pair in the other order has no page.
    return ToolOrPair(tool, get_object_or_404(Tool.objects.filter(pk__gt=tool_id), pk=other_tool_id))


def end_of_view(asked: AskedAction | None, now: datetime) -> datetime:
    """Now; or a day after the beginning of a span that today's chart wouldn't show."""
    begins_at = asked.begins_at if asked else now
    is_earlier = begins_at < now - (HOURS.bars - 1) * HOURS.length
    return begins_at + timedelta(days=1) if is_earlier else now


def span_of_alert(alert: Alert) -> Span:
    title = f"Open alert: {alert.get_kind_display()}"
    return Span("alert", alert.begins_at, alert.begins_at + BURST_WINDOW, title)


def span_of_action(made: ModerationAction) -> Span:
    title = f"{made.get_action_display()} {made.count}: {made.why}"
    return Span(made.action, made.begins_at, made.ends_at, title)


def watch_address(alert: Alert) -> str:
    """The page of what the alert is about; of votes that wait, with a quarantine of their hour already previewed."""
    page = watch_page(alert.tool_id, alert.other_tool_id)
    if alert.kind == Alert.Kind.DRIFT:
        return page
    ends_at = alert.begins_at + BURST_WINDOW
    span = {
        "action": ModerationAction.Action.QUARANTINE.value,
        "begins_at": f"{alert.begins_at.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "ends_at": f"{ends_at.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "why": f"{alert.get_kind_display()}: {alert.detail}".removesuffix(": ")[:500],
    }
    return f"{page}?{urlencode(span)}"


def watch_page(tool_id: UUID, other_tool_id: UUID | None = None) -> str:
    if other_tool_id:
        return reverse("admin:votes_picktally_watch", args=[tool_id, other_tool_id])
    return reverse("admin:votes_tally_watch", args=[tool_id])
