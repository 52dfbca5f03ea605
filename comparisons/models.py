"""The curated pair: two tools that an editor set side by side, what the editor adds, and how its verdict changed."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from backend.api.ids import new_id
from catalog.fits import FitRow
from catalog.models import Fit, Publishable, Tool
from catalog.validators import (
    is_date_shown,
    is_visible,
    is_web_address,
    validate_visible_text,
    validate_web_address,
)
from comparisons.changes import (
    FIRST,
    HEAD_TO_HEAD,
    PANEL,
    PICKS,
    RULE,
    VOTES,
    VerdictSnapshot,
    change_words,
    verdict_words,
)
from comparisons.querysets import ComparisonQuerySet, ToolMergeQuerySet, VerdictChangeQuerySet
from comparisons.rules import HeadToHeads, SharedPanel

PAIR_SEPARATOR = "-vs-"
# Any: PostgreSQL's JSON of a row, of a pair's picks or of an answer to it.
StoredAnswer = dict[str, Any]


class PairFitRow(FitRow):
    """`tool` is the slug of the pair's tool that the condition speaks for."""

    tool: str


# What a margin is, in the words of the API and of the admin.
MARGIN = (
    "By how many percentage points the winner is ahead: of the reviewers of both tools who ship it, or of voters, where "
    "these decided; of those who chose between the two, where head-to-heads or picks did. Without a winner 0."
)


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
    pick_count: int
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
                condition=Q(status__in=["draft", "published", "archived"]), name="comparison_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False),
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
        if self.first_tool_id and self.first_tool_id == self.second_tool_id:
            raise ValidationError("A comparison needs two different tools.")
        super().clean()


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


class Outcome(models.TextChoices):
    WINNER = "winner"
    TIE = "tie"
    INSUFFICIENT = "insufficient"


class DecidedBy(models.TextChoices):
    PANEL = "panel"
    HEAD_TO_HEAD = "head_to_head"
    COMMUNITY = "community"
    PICKS = "picks"


class Strength(models.TextChoices):
    UNANIMOUS = "unanimous"
    CLEAR = "clear"
    NARROW = "narrow"


def _one_of(field: str, choices: type[models.TextChoices]) -> Q:
    return Q(**{f"{field}__in": choices.values})


def _complete(prefix: str = "") -> Q:
    """A winner has all that tells how it won; no other outcome has any of it."""
    absent = {f"{prefix}{name}__isnull": True for name in ("winner", "decided_by", "strength")}
    present = dict.fromkeys(absent, False)
    return Q(**{f"{prefix}outcome": "winner"}, **present) | (
        ~Q(**{f"{prefix}outcome": "winner"}) & Q(**{f"{prefix}margin": 0}, **absent)
    )


class VerdictChange(models.Model):
    """One change of a published pair's verdict, with the verdict before and after. Written once and never changed.

    `number` counts a pair's changes from 1, so that two recorders at once can't both write the next one.
    """

    class Cause(models.TextChoices):
        FIRST = FIRST, "First verdict"
        PANEL = PANEL, "The panel's reviews"
        HEAD_TO_HEAD = HEAD_TO_HEAD, "A head-to-head"
        VOTES = VOTES, "Readers' votes"
        PICKS = PICKS, "Readers' picks"
        RULE = RULE, "The rule"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Its uniqueness begins with the comparison, so an index of its own would only cost.
    comparison = models.ForeignKey(
        Comparison, on_delete=models.PROTECT, related_name="verdict_changes", db_index=False
    )
    number = models.PositiveIntegerField()
    changed_at = models.DateTimeField(help_text="When it was noticed, a few minutes after it happened.")
    cause = models.CharField(max_length=16, choices=Cause)

    outcome = models.CharField(max_length=16, choices=Outcome)
    winner = models.ForeignKey(Tool, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    decided_by = models.CharField(max_length=16, choices=DecidedBy, null=True)
    strength = models.CharField(max_length=16, choices=Strength, null=True)
    margin = models.PositiveSmallIntegerField(help_text=MARGIN)
    rule = models.CharField(max_length=20)

    before_outcome = models.CharField(max_length=16, choices=Outcome, null=True)
    before_winner = models.ForeignKey(
        Tool, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    before_decided_by = models.CharField(max_length=16, choices=DecidedBy, null=True)
    before_strength = models.CharField(max_length=16, choices=Strength, null=True)
    before_margin = models.PositiveSmallIntegerField(null=True, help_text=MARGIN)
    before_rule = models.CharField(max_length=20, null=True)

    objects = VerdictChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            # What changed since a day, for the weekly mail.
            models.Index(fields=["changed_at", "id"], name="verdict_changes_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "number"], name="verdict_changes_are_numbered_without_repeats"
            ),
            models.CheckConstraint(
                condition=Q(cause="first", number=1, before_outcome__isnull=True)
                | (Q(number__gt=1, before_outcome__isnull=False) & ~Q(cause="first")),
                name="only_a_first_verdict_has_none_before",
            ),
            models.CheckConstraint(
                condition=Q(cause__in=["first", "panel", "head_to_head", "votes", "picks", "rule"]),
                name="verdict_cause_is_known",
            ),
            models.CheckConstraint(condition=_one_of("outcome", Outcome), name="verdict_outcome_is_known"),
            models.CheckConstraint(
                condition=_one_of("decided_by", DecidedBy), name="verdict_is_decided_by_a_known_step"
            ),
            models.CheckConstraint(condition=_one_of("strength", Strength), name="verdict_strength_is_known"),
            models.CheckConstraint(
                condition=_one_of("before_outcome", Outcome), name="earlier_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=_one_of("before_decided_by", DecidedBy),
                name="earlier_verdict_is_decided_by_a_known_step",
            ),
            models.CheckConstraint(
                condition=_one_of("before_strength", Strength), name="earlier_strength_is_known"
            ),
            models.CheckConstraint(condition=_complete(), name="a_winner_won_somehow"),
            models.CheckConstraint(
                condition=Q(
                    before_outcome__isnull=True,
                    before_winner__isnull=True,
                    before_decided_by__isnull=True,
                    before_strength__isnull=True,
                    before_margin__isnull=True,
                    before_rule__isnull=True,
                )
                | (Q(before_margin__isnull=False, before_rule__isnull=False) & _complete("before_")),
                name="an_earlier_winner_won_somehow",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparison}, change {self.number}"

    @property
    def after(self) -> VerdictSnapshot[Tool]:
        return self._verdict("")

    @property
    def before(self) -> VerdictSnapshot[Tool] | None:
        """None of a first verdict."""
        return self._verdict("before_") if self.before_outcome else None

    def _verdict(self, prefix: str) -> VerdictSnapshot[Tool]:
        return VerdictSnapshot(
            **{each.name: getattr(self, prefix + each.name) for each in fields(VerdictSnapshot)}
        )

    @property
    def detail(self) -> str:
        """The change in words."""
        before = self.before
        return change_words(
            cause=self.cause, before=_words(before) if before else None, after=_words(self.after)
        )


def _words(verdict: VerdictSnapshot[Tool]) -> str:
    return verdict_words(verdict, winner=verdict.winner.name if verdict.winner else None)


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
