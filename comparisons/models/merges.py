"""Merges of tools, and the rows that each of them moved or made."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from backend.api.ids import new_id
from catalog.models import Tool
from comparisons.querysets import ToolMergeQuerySet


class ToolMerge(models.Model):
    """One tool that took over what another had, and by which slugs the other was found. Undone, it stays written down."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kept_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+")
    merged_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+", db_index=False)
    slug = models.CharField(max_length=255, help_text="The merged tool's, until then.")
    aliases = ArrayField(
        models.CharField(max_length=255),
        default=list,
        help_text="Earlier slugs of it, which lead to the kept one too.",
    )
    status_before = models.CharField(max_length=16)
    why = models.CharField(max_length=1_000, blank=True)
    merged_by = models.CharField(max_length=150, blank=True)
    merged_at = models.DateTimeField()
    undone_by = models.CharField(max_length=150, blank=True)
    undone_at = models.DateTimeField(null=True)

    objects = ToolMergeQuerySet.as_manager()

    class Meta:
        verbose_name = "merge of tools"
        verbose_name_plural = "merges of tools"
        constraints = [
            models.UniqueConstraint(
                fields=["merged_tool"], condition=Q(undone_at=None), name="a_tool_is_merged_into_one"
            ),
            models.CheckConstraint(
                condition=~Q(kept_tool=F("merged_tool")), name="a_tool_is_not_merged_into_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} into {self.kept_tool.slug}"

    def note(self, kind: str, ids: Iterable[UUID]) -> None:
        """Writes down which rows it moved, made or archived."""
        MergedRow.objects.bulk_create(MergedRow(merge=self, kind=kind, row_id=pk) for pk in ids)

    def noted(self, kind: str) -> list[UUID]:
        return list(self.rows.filter(kind=kind).values_list("row_id", flat=True))


class MergedRow(models.Model):
    """One row that a merge moved, made or took off the lists, so that undoing it touches no other."""

    class Kind(models.TextChoices):
        VOTE = "vote"
        PICK = "pick"
        REVIEW = "review"
        MOVED_PAIR = "moved_pair"
        MADE_PAIR = "made_pair"
        ARCHIVED_PAIR = "archived_pair"
        MADE_ANSWER = "made_answer"

    merge = models.ForeignKey(ToolMerge, on_delete=models.PROTECT, related_name="rows", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind)
    row_id = models.UUIDField()
    revision = models.IntegerField(
        db_default=0, help_text="Of a vote or pick: one that was changed since stays with the kept tool."
    )

    class Meta:
        constraints = [
            # It begins with the merge, and so serves for its index too.
            models.UniqueConstraint(fields=["merge", "kind", "row_id"], name="a_merge_names_a_row_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("vote", "pick", "review"),
                        *("moved_pair", "made_pair", "archived_pair", "made_answer"),
                    ]
                ),
                name="merged_row_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}"
