"""What the first page of the desk shows its reader."""

from django import template

from backend.admin.first_page import Shown, Told, blocks_for, waiting_for

register = template.Library()


@register.simple_tag(takes_context=True)
def what_waits(context: template.Context) -> list[Told]:
    """One query, whatever waits."""
    return waiting_for(context["request"])


@register.simple_tag(takes_context=True)
def blocks(context: template.Context) -> list[Shown]:
    return blocks_for(context["request"])
