"""The curators' page on which an edition is followed while it is sent, and paused, resumed or cancelled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from backend.admin.base import CuratedAdmin
from backend.admin.errors import CurationError
from newsletter.desk.progress import Progress, progress_of
from newsletter.models import Edition
from newsletter.sending import editions, identity

State = Edition.State

# What each state of a copy is called where one looks at all of them.
COPIES = {
    "pending": "Waiting",
    "deferred": "Waiting for another try",
    "claimed": "Taken by a worker",
    "sending": "On their way",
    "accepted": "Accepted by the mail server",
    "failed": "Failed",
    "suppressed": "Suppressed",
    "cancelled": "Cancelled",
    "uncertain": "Uncertain",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What staff may do to an edition, and when that makes sense: in which states, and whether held by a journal."""

    name: str
    label: str
    states: frozenset[str]
    is_held: bool | None = None

    def suits(self, edition: Edition) -> bool:
        is_held = edition.repeat == Edition.Repeat.HELD
        return edition.state in self.states and self.is_held in {None, is_held}


DEEDS = [
    Deed("send_now", "Send now", frozenset({State.DRAFT}), is_held=False),
    Deed("send_again", "Send again", frozenset({State.DRAFT}), is_held=True),
    Deed("pause", "Pause", frozenset({State.FROZEN, State.PREPARING, State.SENDING})),
    Deed("resume", "Resume", frozenset({State.PAUSED})),
    Deed("cancel", "Cancel …", frozenset(State) - {State.DONE, State.CANCELLED}),
]


class ProgressAdmin(CuratedAdmin):
    """Editions, each with a page that says how far it is, and the deeds that change its course."""

    # Cancelling can't be taken back: the page of progress asks first.
    actions = ["send_now", "pause", "resume"]

    def get_urls(self) -> Any:
        pages = [
            ("<uuid:edition_id>/progress/", self.progress_page, "newsletter_edition_progress"),
            ("<uuid:edition_id>/progress.json", self.progress_numbers, "newsletter_edition_progress_numbers"),
        ]
        admin_view = self.admin_site.admin_view
        return [
            *(path(route, admin_view(view), name=name) for route, view, name in pages),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        say_if_nothing_is_mailed(request)
        return super().changelist_view(request, extra_context)

    @admin.display
    def progress(self, edition: Edition) -> str:
        return format_html('<a href="{}">Progress</a>', progress_page_of(edition))

    # --- The page -----------------------------------------------------------------------------

    def progress_page(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """The numbers of this moment; a script asks for later ones. A POST does one of the deeds."""
        edition = self.followed(request, edition_id)
        if request.method == "POST":
            return self.steered(request, edition)
        say_if_nothing_is_mailed(request)
        shown = {
            "answer": answer_of(progress_of(edition)),
            "deeds": DEEDS if self.has_change_permission(request) else [],
            "numbers": reverse("admin:newsletter_edition_progress_numbers", args=[edition.pk]),
        }
        return self.show(request, edition, "progress", f"Progress: {edition.week}", **shown)

    def progress_numbers(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """For the page's script. Like every page of the admin, not to be stored by anybody."""
        return JsonResponse(answer_of(progress_of(self.followed(request, edition_id))))

    def followed(self, request: HttpRequest, edition_id: UUID) -> Edition:
        if not self.has_view_permission(request):
            raise PermissionDenied
        texts = ("intro", "html", "text", "archive")
        return get_object_or_404(Edition.objects.defer(*texts), pk=edition_id)

    def steered(self, request: HttpRequest, edition: Edition) -> HttpResponse:
        """As the list's action of that name, where there is one, does it to a selection of one."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        deeds: dict[str, Callable[[HttpRequest, QuerySet[Edition]], None]] = {
            "send_now": self.send_now,
            "send_again": self.send_again,
            "pause": self.pause,
            "resume": self.resume,
            "cancel": self.cancel,
        }
        deed = request.POST.get("deed", "")
        if deed not in deeds:
            raise BadRequest("There is no such deed.")
        if deed == "cancel" and "sure" not in request.POST:
            return self.show(
                request, edition, "cancel", f"Cancel {edition.week}?", progress=progress_of(edition)
            )
        deeds[deed](request, Edition.objects.filter(pk=edition.pk))
        return HttpResponseRedirect(progress_page_of(edition))

    def show(
        self, request: HttpRequest, edition: Edition, name: str, title: str, **values: Any
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "edition": edition}
        context |= {"title": title, "progress_page": progress_page_of(edition), **values}
        return TemplateResponse(request, f"admin/newsletter/{name}.html", context)

    # --- The deeds ----------------------------------------------------------------------------

    @admin.action(description="Send selected editions now", permissions=["change"])
    def send_now(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def deed(edition: Edition) -> bool:
            return editions.send_now(edition_id=edition.pk, now=timezone.now())

        self.steer(request, rows, deed, done="due now", unless="sending began before, or it is held")

    def send_again(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        """Only from the page that says why it is held."""

        def deed(edition: Edition) -> bool:
            return editions.send_again(edition_id=edition.pk, now=timezone.now())

        self.steer(request, rows, deed, done="due now", unless="it is not held")

    @admin.action(description="Pause selected editions", permissions=["change"])
    def pause(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def deed(edition: Edition) -> bool:
            return editions.pause(edition_id=edition.pk, reason=f"Paused by {request.user}.")

        self.steer(request, rows, deed, done="paused", unless="it is not being sent")

    @admin.action(description="Resume selected editions", permissions=["change"])
    def resume(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def deed(edition: Edition) -> bool:
            return editions.resume(edition_id=edition.pk, by_staff_at=timezone.now())

        self.steer(request, rows, deed, done="resumed", unless="it is not paused")

    def cancel(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def deed(edition: Edition) -> bool:
            return editions.cancel(edition_id=edition.pk)

        self.steer(request, rows, deed, done="cancelled", unless="it is over")

    def steer(
        self,
        request: HttpRequest,
        rows: QuerySet[Edition],
        deed: Callable[[Edition], bool],
        *,
        done: str,
        unless: str,
    ) -> None:
        def steered(edition: Edition) -> None:
            if not deed(edition):
                raise CurationError(unless)

        self.do_to_each(request, rows, steered, done=done)


def say_if_nothing_is_mailed(request: HttpRequest) -> None:
    """Whatever an edition's state: a database that is not recognised mails nobody."""
    if request.method == "GET" and (refusal := identity.refusal()):
        messages.error(request, refusal)


def progress_page_of(edition: Edition) -> str:
    return reverse("admin:newsletter_edition_progress", args=[edition.pk])


# --- What is said -------------------------------------------------------------------------------


def answer_of(progress: Progress) -> dict[str, Any]:
    """All that the page shows, for the template and as JSON for the script."""
    edition = progress.edition
    return {
        "as_of": progress.as_of.isoformat(timespec="microseconds"),
        "state": edition.state,
        "is_over": progress.is_over,
        "audience": edition.audience,
        "settled": progress.settled,
        "share": progress.share,
        "per_second": progress.per_second,
        "seconds_left": progress.seconds_left,
        "counts": progress.counts,
        "rows": [(state, label, f"{progress.counts[state]:,}") for state, label in COPIES.items()],
        "failures": [(code or "none", f"{number:,}") for code, number in progress.failures],
        "uncertain": [
            {
                "id": str(doubt.id),
                "message_id": doubt.message_id,
                "since": f"{doubt.uncertain_at:%H:%M:%S}",
                "page": reverse("admin:newsletter_delivery_change", args=[doubt.id]),
            }
            for doubt in progress.uncertain
        ],
        "deeds": [deed.name for deed in DEEDS if deed.suits(edition)],
        "texts": {
            "state": edition.get_state_display(),
            "why": why_of(edition),
            "share": share_words(progress),
            "pace": pace_words(progress),
            "left": left_words(progress),
            "uncertain": f"{progress.counts['uncertain']:,}",
            "failed": f"{progress.counts['failed']:,}",
            "counted": f"Counted at {progress.as_of:%H:%M:%S} UTC.",
            "heard": heard_words(progress),
        },
    }


def why_of(edition: Edition) -> str:
    """What a state wants to be explained by: a pause by its reason and end, a draft by when it is due."""
    # Some reasons are a mail server's words, which end in no full stop.
    reason = f"{edition.state_reason.rstrip('.')}." if edition.state_reason else ""
    match edition.state:
        case State.DRAFT if edition.repeat != Edition.Repeat.HELD:
            return f"Due at {edition.due_at:%-d %b %H:%M} UTC." if edition.due_at else "Due by the schedule."
        case State.PAUSED if edition.resume_at:
            return f"{reason} It goes on by itself at {edition.resume_at:%H:%M:%S} UTC."
        case State.PAUSED:
            return f"{reason} It goes on when somebody resumes it."
        case State.DONE if edition.done_at:
            return f"At {edition.done_at:%-d %b %H:%M} UTC."
    return reason


def share_words(progress: Progress) -> str:
    audience = progress.edition.audience
    if progress.share is None or audience is None:
        written = sum(progress.counts.values())
        return f"Copies written so far: {written:,}" if written else "No copies yet"
    # Rounded down, so that 100 % means all.
    percent = int(progress.share * 1000) / 10
    return f"{percent:.1f} %: {progress.settled:,} of {audience:,} copies"


def pace_words(progress: Progress) -> str:
    if progress.per_second is None:
        return "–"
    return f"{progress.per_second:,.1f} mails a second"


def left_words(progress: Progress) -> str:
    if progress.edition.state != State.SENDING:
        return "–"
    if progress.seconds_left is None:
        return "Nobody can tell yet" if progress.per_second else "Nobody can tell: nothing went out lately"
    return duration_words(progress.seconds_left)


def duration_words(seconds: float) -> str:
    """In the largest unit that leaves more than one of it."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * length:
            number = round(seconds / length)
            return f"about {number:,} {unit}s"
    return f"about {round(seconds)} second{'' if round(seconds) == 1 else 's'}"


def heard_words(progress: Progress) -> str:
    """For screen readers: only what is worth being interrupted for, so it changes every tenth of the way."""
    said = progress.edition.get_state_display()
    if progress.share is None:
        return f"{said}."
    return f"{said}, {int(progress.share * 10) * 10} % done."
