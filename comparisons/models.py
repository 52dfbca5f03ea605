"""The curated pair: two tools that an editor set side by side, and what the editor adds to them."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from catalog.models import Tool, new_id
from comparisons.querysets import ComparisonQuerySet

PAIR_SEPARATOR = "-vs-"


class Comparison(models.Model):
    """Two tools in ascending order of their slugs' bytes; the database puts and keeps them in it."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="comparisons_as_first")
    second_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="comparisons_as_second")
    title = models.CharField(max_length=450, blank=True, help_text="Empty: the tools' names.")
    editor_note = models.TextField(blank=True, validators=[MaxLengthValidator(5_000)])
    source_url = models.URLField(
        max_length=1_000, blank=True, help_text="Where the pair was found, for curators only."
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        indexes = [
            # The comparison list in its default order.
            models.Index(
                fields=["published_at", "id"],
                condition=Q(status="published"),
                name="comparisons_by_publication",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                Least("first_tool", "second_tool"),
                Greatest("first_tool", "second_tool"),
                name="one_comparison_per_pair",
            ),
            models.CheckConstraint(
                condition=~Q(first_tool=F("second_tool")), name="a_comparison_has_two_tools"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published", "archived"]), name="comparison_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False),
                name="a_public_comparison_has_a_publication_date",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def slug(self) -> str:
        return pair_slug(self.first_tool.slug, self.second_tool.slug)

    def clean(self) -> None:
        if self.first_tool_id and self.first_tool_id == self.second_tool_id:
            raise ValidationError("A comparison needs two different tools.")
        if self.status != self.Status.DRAFT and self.published_at is None:
            self.published_at = timezone.now()


def pair_slug(first: str, second: str) -> str:
    """The slug of the pair, whichever tool is named first."""
    return PAIR_SEPARATOR.join(sorted((first, second)))
