"""The curators' page that shows an edition while it is sent, and pauses, resumes or cancels it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from backend.admin.actions import do_to_each
from backend.admin.base import NOTHING, Columns, Context, CuratedAdmin
from backend.admin.errors import CurationError
from newsletter.deliveries import bounces
from newsletter.desk.plans import consequences, is_soon_after_another, plan_words, readers_words
from newsletter.desk.progress import Progress, progress_of
from newsletter.models import Edition
from newsletter.sending import editions, identity
from newsletter.sending.bounces import undo_suppressions
from newsletter.sending.calendar import outlook, plan_of
from newsletter.sending.schedule import schedule_from_settings

State = Edition.State

# The label of each state of a copy.
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
class EditionAction:
    """An action on an edition: the states in which it is offered, and whether a journal must hold it."""

    name: str
    label: str
    states: frozenset[str]
    is_held: bool | None = None

    def suits(self, edition: Edition) -> bool:
        is_held = edition.repeat == Edition.Repeat.HELD
        return edition.state in self.states and self.is_held in {None, is_held}


ACTIONS = [
    EditionAction("send_now", "Send now …", frozenset({State.DRAFT}), is_held=False),
    EditionAction("send_again", "Send again", frozenset({State.DRAFT}), is_held=True),
    EditionAction("pause", "Pause", frozenset({State.FROZEN, State.PREPARING, State.SENDING})),
    EditionAction("resume", "Resume", frozenset({State.PAUSED})),
    EditionAction(
        "undo_suppressions", "Undo suppressions", frozenset({State.PAUSED, State.DONE, State.CANCELLED})
    ),
    EditionAction("cancel", "Cancel …", frozenset(State) - {State.DONE, State.CANCELLED}),
]

# Where copies that failed may wait again.
RETRIED = {State.SENDING, State.PAUSED, State.DONE}
# What asks first asks with these words.
QUESTIONS = {"send_now": "Send {} now", "resume": "Resume {}", "cancel": "Cancel {}"}


class ProgressAdmin(CuratedAdmin):
    """Editions, each with a page that shows its progress, and the actions that change its state."""

    # Cancelling can't be taken back: the page of progress asks first.
    actions = ["send_now", "pause", "resume"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Writing what an edition says is one right, sending it another."""
        return request.user.has_perm("newsletter.send_edition")

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("<uuid:edition_id>/progress/", self.progress_page, "newsletter_edition_progress"),
            ("<uuid:edition_id>/progress.json", self.progress_numbers, "newsletter_edition_progress_numbers"),
        ]
        admin_view = self.admin_site.admin_view
        return [
            *(path(route, admin_view(view), name=name) for route, view, name in pages),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        say_if_nothing_is_mailed(request)
        return super().changelist_view(request, extra_context)

    def get_list_display(self, request: HttpRequest) -> Columns:
        """Two queries tell the times of all drafts."""
        known = cache(outlook)

        @admin.display(description="goes out")
        def goes_out(edition: Edition) -> str:
            return plan_words(edition, known(), now=timezone.now()) or NOTHING

        return [goes_out if name == "goes_out" else name for name in super().get_list_display(request)]

    @admin.display
    def goes_out(self, edition: Edition) -> str:
        return plan_words(edition, outlook(), now=timezone.now()) or NOTHING

    @admin.display
    def readers(self, edition: Edition) -> str:
        """At the time that it goes out: by then it may be the first of its month."""
        if edition.state != State.DRAFT:
            return NOTHING
        now = timezone.now()
        plan = plan_of(edition, outlook(), now=now, schedule=schedule_from_settings())
        return readers_words(edition, now=max(now, plan.at or now))

    @admin.display
    def progress(self, edition: Edition) -> str:
        return format_html('<a href="{}">Progress</a>', progress_page_of(edition))

    # --- The page -----------------------------------------------------------------------------

    def progress_page(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """The numbers of this moment; a script asks for later ones. A POST performs an action."""
        edition = self.followed(request, edition_id)
        if request.method == "POST":
            return self.perform(request, edition)
        say_if_nothing_is_mailed(request)
        shown = {
            "answer": answer_of(progress_of(edition)),
            "actions": ACTIONS if self.has_send_permission(request) else [],
            "can_retry": edition.state in RETRIED and self.has_send_permission(request),
            "numbers": reverse("admin:newsletter_edition_progress_numbers", args=[edition.pk]),
        }
        return self.show(request, edition, "progress", f"Progress: {edition.week}", **shown)

    def progress_numbers(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """The numbers for the page's script. Like every page of the admin, they must not be cached."""
        return JsonResponse(answer_of(progress_of(self.followed(request, edition_id))))

    def followed(self, request: HttpRequest, edition_id: UUID) -> Edition:
        if not self.has_view_permission(request):
            raise PermissionDenied
        texts = ("intro", "html", "text", "archive")
        return get_object_or_404(Edition.objects.defer(*texts), pk=edition_id)

    def perform(self, request: HttpRequest, edition: Edition) -> HttpResponse:
        """Perform the action that the form names, on this edition alone. Cancelling asks for confirmation first."""
        if not self.has_send_permission(request):
            raise PermissionDenied
        actions: dict[str, Callable[[HttpRequest, QuerySet[Edition]], None]] = {
            "send_now": self._send_now,
            "send_again": self.send_again,
            "pause": self.pause,
            "resume": self._resume,
            "cancel": self.cancel,
            "retry_failed": self.retry_failed,
            "undo_suppressions": self.undo_suppressions,
        }
        action = request.POST.get("action", "")
        if action not in actions:
            raise BadRequest("There is no such action.")
        if "sure" not in request.POST and self.asks_first(action, edition):
            return self.ask(request, edition, action)
        actions[action](request, Edition.objects.filter(pk=edition.pk))
        return HttpResponseRedirect(progress_page_of(edition))

    def asks_first(self, action: str, edition: Edition) -> bool:
        """What can't be taken back, and what has readers get two mails in the same days."""
        if not any(each.name == action and each.suits(edition) for each in ACTIONS):
            return False
        is_soon = action == "resume" and is_soon_after_another(edition, now=timezone.now())
        return action in {"send_now", "cancel"} or is_soon

    def ask(self, request: HttpRequest, edition: Edition, action: str) -> HttpResponse:
        label = QUESTIONS[action].format(edition.week)
        return self.show(
            request,
            edition,
            "sure",
            f"{label}?",
            action=action,
            label=label,
            consequences=consequences(edition, action, now=timezone.now()),
            progress=progress_of(edition),
        )

    def show(
        self, request: HttpRequest, edition: Edition, name: str, title: str, **values: object
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "edition": edition}
        context |= {"title": title, "progress_page": progress_page_of(edition), **values}
        return TemplateResponse(request, f"admin/newsletter/{name}.html", context)

    # --- The actions --------------------------------------------------------------------------

    @admin.action(description="Send the selected edition now …", permissions=["send"])
    def send_now(self, request: HttpRequest, rows: QuerySet[Edition]) -> HttpResponse | None:
        """One at a time, for each asks first."""
        if len(rows) == 1 and rows[0].state == State.DRAFT and rows[0].repeat != Edition.Repeat.HELD:
            return self.ask(request, rows[0], "send_now")
        messages.warning(request, "Select one draft that is not held: each asks first, with its readers.")
        return None

    def _send_now(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def action(edition: Edition) -> bool:
            return editions.send_now(edition_id=edition.pk, now=timezone.now())

        self.act_on_each(
            request, rows, action, done="due now", unless="it is due already, sending began, or it is held"
        )

    def send_again(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        """Only from the page that says why it is held."""

        def action(edition: Edition) -> bool:
            return editions.send_again(edition_id=edition.pk, now=timezone.now())

        self.act_on_each(request, rows, action, done="due now", unless="it is not held")

    @admin.action(description="Pause selected editions", permissions=["send"])
    def pause(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def action(edition: Edition) -> bool:
            return editions.pause(edition_id=edition.pk, reason=f"Paused by {request.user}.")

        self.act_on_each(request, rows, action, done="paused", unless="it is not being sent")

    @admin.action(description="Resume selected editions", permissions=["send"])
    def resume(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        soon = [edition.pk for edition in rows if self.asks_first("resume", edition)]
        for edition in rows.filter(pk__in=soon):
            messages.warning(
                request, f"Resume {edition} on its page: another went out less than six days ago."
            )
        self._resume(request, rows.exclude(pk__in=soon))

    def _resume(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def action(edition: Edition) -> bool:
            return editions.resume(edition_id=edition.pk, now=timezone.now(), by_staff=True)

        self.act_on_each(request, rows, action, done="resumed", unless="it is not paused")

    def retry_failed(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        """Have the copies that failed with the code that the form names wait again."""
        code = request.POST.get("code", "")

        def action(edition: Edition) -> bool:
            return bounces.retry_failed(edition_id=edition.pk, code=code) > 0

        done = f"asked to retry its copies that failed with {code or 'no code'}"
        self.act_on_each(request, rows, action, done=done, unless="it has none, or is cancelled")

    def undo_suppressions(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        """Give the readers whose mailboxes this edition's bounces ended their subscriptions back."""

        def action(edition: Edition) -> bool:
            return undo_suppressions(edition_id=edition.pk, now=timezone.now()) > 0

        done = "rid of its suppressions"
        self.act_on_each(request, rows, action, done=done, unless="its bounces have suppressed nobody")

    def cancel(self, request: HttpRequest, rows: QuerySet[Edition]) -> None:
        def action(edition: Edition) -> bool:
            return editions.cancel(edition_id=edition.pk)

        self.act_on_each(request, rows, action, done="cancelled", unless="it is over")

    def act_on_each(
        self,
        request: HttpRequest,
        rows: QuerySet[Edition],
        action: Callable[[Edition], bool],
        *,
        done: str,
        unless: str,
    ) -> None:
        def act(edition: Edition) -> None:
            if not action(edition):
                raise CurationError(unless)

        do_to_each(self, request, rows, act, done=done)


def say_if_nothing_is_mailed(request: HttpRequest) -> None:
    """Whatever an edition's state: a database that is not recognised mails nobody."""
    if request.method == "GET" and (refusal := identity.refusal()):
        messages.error(request, refusal)


def progress_page_of(edition: Edition) -> str:
    return reverse("admin:newsletter_edition_progress", args=[edition.pk])


# --- The texts ----------------------------------------------------------------------------------


def answer_of(progress: Progress) -> dict[str, object]:
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
                "id": str(copy.id),
                "message_id": copy.message_id,
                "since": f"{copy.uncertain_at:%H:%M:%S}",
                "page": reverse("admin:newsletter_delivery_change", args=[copy.id]),
            }
            for copy in progress.uncertain
        ],
        "actions": [action.name for action in ACTIONS if action.suits(edition)],
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
    """The explanation of a state: of a pause its reason and end, of a draft when it is due."""
    # Some reasons are a mail server's words, which end in no full stop.
    reason = f"{edition.state_reason.rstrip('.')}." if edition.state_reason else ""
    match edition.state:
        case State.DRAFT if edition.repeat != Edition.Repeat.HELD:
            return f"{reason} {plan_words(edition, outlook(), now=timezone.now())}".strip()
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
    """For screen readers: it changes with every tenth of the copies, so that it interrupts rarely."""
    said = progress.edition.get_state_display()
    if progress.share is None:
        return f"{said}."
    return f"{said}, {int(progress.share * 10) * 10} % done."
