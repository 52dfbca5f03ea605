"""The weekly mail on the first page of the admin."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.contrib import admin

from newsletter.models import Edition, Subscriber

EDITIONS_SHOWN = 3

register = template.Library()


@dataclass(frozen=True, slots=True)
class WeeklyMail:
    """The latest editions, and what the curator may see."""

    editions: Sequence[Edition]
    may_see_editions: bool
    may_see_subscribers: bool


@register.simple_tag(takes_context=True)
def weekly_mail(context: template.Context) -> WeeklyMail:
    """The latest EDITIONS_SHOWN editions, none without the permission. One query."""
    request = context["request"]
    may_see = {
        model: admin.site.get_model_admin(model).has_view_permission(request)
        for model in (Edition, Subscriber)
    }
    latest = Edition.objects.only("id", "week", "state").order_by("-week")[:EDITIONS_SHOWN]
    return WeeklyMail(list(latest) if may_see[Edition] else [], may_see[Edition], may_see[Subscriber])
