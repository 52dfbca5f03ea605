"""Counts how each reviewer's reviews stand beside the other reviewers' and the crowd's."""

from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import Now

from catalog.models import Tool
from reviews.models import Calibration, Review, Reviewer

COUNTS = ("ship", "total", "tools", "panel_agrees", "panel_total", "crowd_agrees", "crowd_total")

_SHIP, _SKIP = Q(verdict="ship"), Q(verdict="skip")
# Of the others, so without this one; two of them at least.
_OTHERS_SHIP = Q(_SHIP, tool__panel__ship__gt=F("tool__panel__skip") + 1) | Q(
    _SKIP, tool__panel__ship__gte=F("tool__panel__skip")
)
_OTHERS_SKIP = Q(_SHIP, tool__panel__skip__gte=F("tool__panel__ship")) | Q(
    _SKIP, tool__panel__skip__gt=F("tool__panel__ship") + 1
)
_ENOUGH_OTHERS = Q(tool__panel__total__gte=3)
_CROWD_SHIPS = Q(tool__published_tally__bound_low__gt=0.5)
_CROWD_SKIPS = Q(tool__published_tally__bound_high__lt=0.5)


def calibrate() -> None:
    """Reads every published review, and writes the reviewers of whom something else is true now."""
    tools = Tool.objects.filter(status=Tool.Status.PUBLISHED, public_at__lte=Now()).count()
    found = _count()
    before = {row.reviewer_id: row for row in Calibration.objects.all()}
    changed = []
    for reviewer_id in Reviewer.objects.order_by("id").values_list("id", flat=True):
        row = Calibration(reviewer_id=reviewer_id, **{**found.get(reviewer_id, {}), "tools": tools})
        known = before.get(reviewer_id)
        if known is None or any(getattr(row, name) != getattr(known, name) for name in COUNTS):
            changed.append(row)
    if changed:
        Calibration.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["reviewer"], update_fields=COUNTS
        )


def _count() -> dict[UUID, dict[str, int]]:
    reviews = Review.objects.published().filter(tool__status=Tool.Status.PUBLISHED)
    rows = reviews.values("reviewer_id").annotate(
        ship=Count("pk", filter=_SHIP),
        total=Count("pk"),
        panel_total=Count("pk", filter=_ENOUGH_OTHERS & (_OTHERS_SHIP | _OTHERS_SKIP)),
        panel_agrees=Count("pk", filter=_ENOUGH_OTHERS & (_SHIP & _OTHERS_SHIP | _SKIP & _OTHERS_SKIP)),
        crowd_total=Count("pk", filter=_CROWD_SHIPS | _CROWD_SKIPS),
        crowd_agrees=Count("pk", filter=_SHIP & _CROWD_SHIPS | _SKIP & _CROWD_SKIPS),
    )
    return {row.pop("reviewer_id"): row for row in rows.order_by()}
