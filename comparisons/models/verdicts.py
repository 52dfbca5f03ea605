"""How the verdicts of pairs changed."""

from dataclasses import fields

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id
from catalog.models import Tool
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
from comparisons.models.pairs import Comparison
from comparisons.querysets import VerdictChangeQuerySet

# What a margin is, in the words of the API and of the admin.
MARGIN = (
    "By how many percentage points the winner is ahead: of the reviewers of both tools who ship it, or of voters, where "
    "these decided; of those who chose between the two, where head-to-heads or picks did. Without a winner 0."
)


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
