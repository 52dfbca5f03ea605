"""What is reported to staff about the votes of a target, and what staff decide."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.api.ids import new_id
from catalog.models import Tool


class OfToolOrPair(models.Model):
    """Something said of the votes on one tool, or of the picks of a pair: then `other_tool` is the pair's second."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+")
    other_tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def target(self) -> str:
        return f"{self.tool.name} / {self.other_tool.name}" if self.other_tool else self.tool.name


class Alert(OfToolOrPair):
    """Something that staff should look at; it stays open until they have."""

    class Kind(models.TextChoices):
        BURST = "burst", "More votes within an hour than usual"
        NETWORKS = "networks", "Many votes from few networks"
        DRIFT = "drift", "A tally differed from its votes"

    kind = models.CharField(max_length=16, choices=Kind)
    begins_at = models.DateTimeField(help_text="The hour of the votes, or the moment of the recount.")
    detail = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # What staff have yet to look at.
            models.Index(fields=["created_at", "id"], condition=Q(closed_at=None), name="open_alerts"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["burst", "networks", "drift"]), name="alert_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["kind", "tool", "other_tool", "begins_at"],
                nulls_distinct=False,
                name="one_alert_per_target_and_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.target}"


class ModerationAction(OfToolOrPair):
    """What staff did to a span of votes or picks: who, why, how many it moved. Never changed afterwards."""

    class Action(models.TextChoices):
        QUARANTINE = "quarantine", "Quarantined"
        RELEASE = "release", "Released"
        REJECT = "reject", "Rejected"

    action = models.CharField(db_column="deed", max_length=16, choices=Action)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=500)
    count = models.PositiveIntegerField(help_text="How many votes or picks it moved.")
    ruleset = models.CharField(max_length=20)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        db_table = "votes_ruling"
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["quarantine", "release", "reject"]), name="ruling_deed_is_known"
            ),
            models.CheckConstraint(
                condition=Q(begins_at__lt=F("ends_at")), name="a_ruling_begins_before_it_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.count} of {self.target}"
