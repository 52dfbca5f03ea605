"""What was done to many rows at once from a list of the desk: who, why, which rows, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.api.ids import new_id


class BulkAction(models.Model):
    """One step on the rows that were selected. An undo is one too, on the rows that the other has changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step = models.CharField(max_length=64, help_text="The name of a backend.admin.bulk.Step.")
    # Whether that step is taken back. What undoes an undo takes it again.
    is_undo = models.BooleanField(default=False)
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by", db_index=False
    )
    count = models.PositiveIntegerField(
        help_text="Of how many rows it is, without those that were left at once."
    )
    why = models.CharField(max_length=1_000)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    begun_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="When its last batch was done.")
    done_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        help_text="Who ended it before its last batch.",
    )  # fmt: skip

    class Meta:
        verbose_name = "bulk action"
        # It begins on the list of its rows, and nothing of it is typed.
        default_permissions = ("view",)
        indexes = [
            # What goes on.
            models.Index(fields=["moved_at"], condition=Q(done_at=None), name="bulk_actions_under_way"),
            # What undoes an action.
            models.Index(fields=["undoes"], condition=Q(undoes__isnull=False), name="bulk_undos_by_action"),
        ]
        constraints = [
            # After an undo that was stopped another takes back the rest.
            models.UniqueConstraint(
                fields=["undoes"], condition=Q(stopped_by=None), name="a_bulk_action_is_undone_once"
            ),
            models.CheckConstraint(
                condition=Q(stopped_by=None) | Q(done_at__isnull=False), name="a_stopped_bulk_action_is_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}, {self.count:,} rows"


class BulkRow(models.Model):
    """One row of a bulk action."""

    class Outcome(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        LEFT = "left", "Left as it was"

    id = models.BigAutoField(primary_key=True)
    action = models.ForeignKey(BulkAction, on_delete=models.PROTECT, related_name="rows", db_index=False)
    row_id = models.UUIDField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.TextField(blank=True, db_default="", help_text="Why it was left as it was.")
    mark = models.TextField(
        blank=True,
        db_default="",
        help_text="Which change of the row was its last once it was done. With another, somebody changed it since.",
    )

    class Meta:
        indexes = [
            # The next batch, and the counts.
            models.Index(fields=["action", "outcome", "row_id"], name="bulk_rows_by_outcome"),
        ]
        constraints = [
            # It begins with the row, by which later actions are found.
            models.UniqueConstraint(fields=["row_id", "action"], name="a_bulk_action_names_a_row_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["waiting", "done", "left"]), name="bulk_row_outcome_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row_id}: {self.outcome}"
