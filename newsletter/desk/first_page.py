"""What the first page of the desk has on the weekly mail: its doubts, its latest editions, and its readers over time."""

from datetime import UTC, datetime, time, timedelta
from typing import TypedDict

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from backend.admin.charts import Unit, draw_bars
from backend.admin.first_page import Block, Waiting, declare
from newsletter.desk.growth import growth
from newsletter.models import Delivery, Edition, MailJob, Subscriber

EDITIONS_SHOWN = 3
DAYS = Unit("day", timedelta(days=1), 30, "%a %-d %b", ("%a", ("Mon",)))

WAITING = [
    Waiting(
        one="copy of the mail in doubt",
        many="copies of the mail in doubt",
        rows=lambda: Delivery.objects.filter(state=Delivery.State.UNCERTAIN),
        page="newsletter_delivery_changelist",
        permissions=["newsletter.view_delivery", "newsletter.send_edition"],
        query={"state__exact": "uncertain"},
    ),
    Waiting(
        one="edition that was paused",
        many="editions that were paused",
        # Without a time it goes on only when staff say so.
        rows=lambda: Edition.objects.filter(Q(state=Edition.State.PAUSED, resume_at=None)),
        page="newsletter_edition_changelist",
        permissions=["newsletter.view_edition", "newsletter.send_edition"],
        query={"state__exact": "paused"},
    ),
    Waiting(
        one="edition that is held",
        many="editions that are held",
        rows=lambda: Edition.objects.filter(repeat=Edition.Repeat.HELD),
        page="newsletter_edition_changelist",
        permissions=["newsletter.view_edition", "newsletter.send_edition"],
        query={"state__exact": "draft"},
    ),
    Waiting(
        one="sign-up whose mail failed",
        many="sign-ups whose mail failed",
        rows=lambda: MailJob.objects.filter(state=MailJob.State.FAILED),
        page="newsletter_mailjob_changelist",
        permissions=["newsletter.view_mailjob", "newsletter.send_edition"],
        query={"state__exact": "failed"},
    ),
]


def read_mail(request: HttpRequest, found: object) -> dict[str, object]:
    """The latest EDITIONS_SHOWN editions, none without the permission. One query."""
    may_see = {
        model: admin.site.get_model_admin(model).has_view_permission(request)
        for model in (Edition, Subscriber)
    }
    latest = Edition.objects.only("id", "week", "state").order_by("-week")[:EDITIONS_SHOWN]
    return {
        "editions": list(latest) if may_see[Edition] else [],
        "may_see_editions": may_see[Edition],
        "may_see_subscribers": may_see[Subscriber],
    }


class ReaderCounts(TypedDict):
    """How many were active at the end of each day since then."""

    begins_on: str
    active: list[int]


def count_readers(now: datetime) -> ReaderCounts:
    days = growth(days=DAYS.bars, until=now)
    return {"begins_on": days[0].day.isoformat(), "active": [day.active for day in days]}


def read_readers(request: HttpRequest, found: ReaderCounts | None) -> dict[str, object]:
    heading = "Active subscribers"
    if found is None:
        return {"charts": [], "is_counted": False, "heading": heading}
    active = found["active"]
    chart = draw_bars(
        heading="Active subscribers at the end of each day",
        kinds=["active"],
        unit=DAYS,
        begins_at=datetime.combine(datetime.fromisoformat(found["begins_on"]), time(), UTC),
        numbers=[(number,) for number in active],
    )
    said = f"From {active[0]:,} to {active[-1]:,}."
    shown = [(chart, said, reverse("admin:newsletter_subscriber_growth"))]
    return {"charts": shown, "is_counted": True, "heading": heading}


declare(
    waiting=WAITING,
    blocks=[
        Block(
            name="mail", place=5, template="admin/newsletter/weekly_mail.html",
            permissions=[
                f"newsletter.{action}_{model}" for action in ("view", "change") for model in ("edition", "subscriber")
            ],
            read=read_mail,
        ),
        Block(
            name="readers", place=40, template="backend_admin/charts.html",
            permissions=["newsletter.view_subscriber", "newsletter.change_subscriber"],
            read=read_readers, count=count_readers,
        ),
    ],
)  # fmt: skip
