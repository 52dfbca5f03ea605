"""The curated pair: two tools that an editor set side by side, what the editor adds, and what reviewers say of both."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from backend.api.ids import new_id
from backend.api.json_type import Json
from catalog.fits import FitRow
from catalog.models import Fit, Publishable, Tool
from catalog.validators import (
    is_date_shown,
    is_visible,
    is_web_address,
    validate_visible_text,
    validate_web_address,
)
from catalog.workflow import UNPUBLISHED
from comparisons.querysets import ComparisonQuerySet
from comparisons.rules import HeadToHeads, SharedPanel

PAIR_SEPARATOR = "-vs-"
# PostgreSQL's JSON of a row, of a pair's picks or of an answer to it.
StoredAnswer = dict[str, Json]


class PairFitRow(FitRow):
    """`tool` is the slug of the pair's tool that the condition speaks for."""

    tool: str


class Comparison(Publishable):
    """Two tools in ascending order of their slugs' bytes; the database puts and keeps them in it.

    It is public once both tools are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="comparisons_as_first")
    second_tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="comparisons_as_second")
    title = models.CharField(
        max_length=450, blank=True, validators=[validate_visible_text], help_text="Empty: the tools' names."
    )
    editor_note = models.TextField(blank=True, validators=[MaxLengthValidator(5_000), validate_visible_text])
    source_url = models.URLField(
        max_length=1_000,
        blank=True,
        validators=[validate_web_address],
        help_text="Where the pair was found, for curators only.",
    )
    # Kept by the database. Null where an older pair had this slug before the rule came: such a pair can't be opened.
    pair_slug = models.CharField(max_length=514, null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ComparisonQuerySet.as_manager()

    # What with_outcome(), with_picks(), with_head_to_heads(), with_panel_crowd_gap(), with_fits() and with_fits_of_tools()
    # of the queryset add.
    outcome: str
    stored_picks: StoredAnswer | None
    stored_head_to_heads: list[StoredAnswer]
    panel_crowd_gap: int
    fit_rows: list[PairFitRow]
    first_fit_rows: list[FitRow]
    second_fit_rows: list[FitRow]

    class Meta:
        permissions = [("publish_comparison", "Can publish and archive comparisons")]
        indexes = [
            # The comparison list in its default order.
            models.Index(
                fields=["published_at", "id"],
                condition=Q(status="published"),
                name="comparisons_by_publication",
            ),
            # What became public since an edition of the mail.
            models.Index(
                fields=["public_at", "id"], condition=Q(status="published"), name="comparisons_by_news"
            ),
            # What becomes public next by the clock.
            models.Index(fields=["public_at"], name="comparisons_by_moment"),
            # What curators still work on.
            models.Index(fields=["status"], condition=~Q(status="published"), name="comparisons_that_wait"),
        ]
        constraints = [
            models.UniqueConstraint(
                Least("first_tool", "second_tool"),
                Greatest("first_tool", "second_tool"),
                name="one_comparison_per_pair",
                violation_error_message="This pair exists already.",
            ),
            models.UniqueConstraint(fields=["pair_slug"], name="two_pairs_never_share_a_slug"),
            models.CheckConstraint(
                condition=~Q(first_tool=F("second_tool")), name="a_comparison_has_two_tools"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "in_review", "published", "archived"]),
                name="comparison_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNPUBLISHED) | Q(published_at__isnull=False),
                name="a_public_comparison_has_a_publication_date",
            ),
            models.CheckConstraint(
                condition=is_visible("title", "editor_note"), name="comparison_text_is_visible"
            ),
            models.CheckConstraint(
                condition=is_web_address("source_url"), name="comparison_source_is_a_web_address"
            ),
            models.CheckConstraint(
                condition=is_date_shown("published_at"), name="a_comparison_has_a_date_from_2000_on"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def slug(self) -> str:
        return pair_slug(self.first_tool.slug, self.second_tool.slug)

    def clean(self) -> None:
        super().clean()
        if self.first_tool_id and self.first_tool_id == self.second_tool_id:
            raise ValidationError("A comparison needs two different tools.")


class PairFit(Fit):
    """One condition under which a tool is the right one of a pair: those of a tool stand here in place of its own."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="fits", db_index=False)
    tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(Fit.Meta):
        verbose_name = "condition of a pair"
        verbose_name_plural = "conditions: choose one of the two if …"
        constraints = [
            *Fit.Meta.constraints,
            # It begins with the pair, and so serves for its index too.
            models.UniqueConstraint(
                fields=["comparison", "tool", "condition"], name="a_tool_of_a_pair_has_a_condition_once"
            ),
        ]


def pair_slug(first: str, second: str) -> str:
    """The slug of the pair, whichever tool is named first."""
    return PAIR_SEPARATOR.join(sorted((first, second)))


class PairPanel(models.Model):
    """What reviewers say of both tools of a comparison, counted, in the order of its tools. Kept by the database."""

    comparison = models.OneToOneField(
        Comparison, primary_key=True, on_delete=models.CASCADE, related_name="pair_panel"
    )
    shared_total = models.PositiveIntegerField(db_default=0, help_text="How many reviewed both tools.")
    shared_first = models.PositiveIntegerField(db_default=0, help_text="How many of these ship the first.")
    shared_second = models.PositiveIntegerField(db_default=0, help_text="How many of these ship the second.")
    choose_first = models.PositiveIntegerField(db_default=0, help_text="How many choose the first.")
    choose_second = models.PositiveIntegerField(db_default=0, help_text="How many choose the second.")
    choose_neither = models.PositiveIntegerField(db_default=0, help_text="To how many it is the same.")

    def __str__(self) -> str:
        return f"{self.shared_first} to {self.shared_second} of {self.shared_total}"

    @property
    def shared(self) -> SharedPanel:
        return SharedPanel(self.shared_total, self.shared_first, self.shared_second)

    @property
    def head_to_heads(self) -> HeadToHeads:
        return HeadToHeads(self.choose_first, self.choose_second, self.choose_neither)
