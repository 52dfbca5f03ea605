"""Conditions under which a tool is the right one, and what shows that it is."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func, Q

from backend.api.ids import new_id
from catalog.models.slugs import slug_constraint, validate_slug
from catalog.models.tools import Tool
from catalog.querysets import ConditionQuerySet, FitQuerySet
from catalog.validators import (
    CLAUSE_PATTERN,
    HAS_A_NAME,
    is_past_day,
    is_visible,
    validate_clause,
    validate_name,
    validate_past_day,
    validate_visible_text,
    validate_web_address,
)

# Of them all, and of one tool: a shelf that a reader can look over. The database refuses more (sql/conditions.sql).
MAX_CONDITIONS = 500
MAX_FITS = 12


class Condition(models.Model):
    """Something that decides for some tools, as the words after "if": "it must run without a network"."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=255, unique=True, validators=[validate_slug])
    name = models.CharField(
        max_length=60,
        validators=[validate_visible_text, validate_name, validate_clause],
        help_text='The words after "if", such as: it must run without a network.',
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ConditionQuerySet.as_manager()

    # What the queryset's with_tool_count() adds.
    tool_count: int

    class Meta:
        constraints = [
            slug_constraint("condition_slug_is_plain"),
            models.CheckConstraint(condition=is_visible("name"), name="condition_text_is_visible"),
            models.CheckConstraint(condition=HAS_A_NAME, name="a_condition_has_a_name"),
            models.CheckConstraint(
                condition=Q(name__regex=CLAUSE_PATTERN), name="a_condition_is_words_after_if"
            ),
            models.UniqueConstraint(
                # The words that a search reads: case, accents and punctuation make no other condition.
                Func("name", function="catalog_search_words", output_field=ArrayField(models.TextField())),
                name="one_condition_for_the_same_words",
                violation_error_message="There is a condition of these words already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if (twin := type(self).objects.of_the_same_words(self.name).exclude(pk=self.pk).first()) is not None:
            raise ValidationError({"name": f"{twin.slug} says the same: {twin.name}."})


class ConditionCount(models.Model):
    """How many published tools fit a condition, scheduled ones too. Every condition has its row, kept by the database."""

    condition = models.OneToOneField(
        Condition, primary_key=True, on_delete=models.CASCADE, related_name="count"
    )
    tools = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.tools} tools"


class Fit(models.Model):
    """One condition under which a tool is the right one, what shows it, and the day on which that was checked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="The lowest comes first; of equal ones the earlier row."
    )
    note = models.CharField(
        max_length=300, blank=True, validators=[validate_visible_text], help_text="Why, in a sentence."
    )
    evidence = ArrayField(models.URLField(max_length=500, validators=[validate_web_address]), size=5)
    checked_on = models.DateField(validators=[validate_past_day])

    objects = FitQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(evidence__len__gte=1), name="%(app_label)s_%(class)s_has_evidence"
            ),
            models.CheckConstraint(
                condition=is_visible("note"), name="%(app_label)s_%(class)s_text_is_visible"
            ),
            models.CheckConstraint(
                condition=is_past_day("checked_on"), name="%(app_label)s_%(class)s_has_a_day_from_2000_on"
            ),
        ]

    def __str__(self) -> str:
        return str(self.condition)


class ToolFit(Fit):
    """One condition under which a tool is the right one, whatever it is compared with."""

    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="fits", db_index=False)

    class Meta(Fit.Meta):
        verbose_name = "condition of a tool"
        verbose_name_plural = "conditions: choose it if …"
        indexes = [
            # The tools that fit a condition.
            models.Index(fields=["condition", "tool"], name="tools_by_condition"),
        ]
        constraints = [
            *Fit.Meta.constraints,
            # It begins with the tool, and so serves for its index too.
            models.UniqueConstraint(fields=["tool", "condition"], name="a_tool_has_a_condition_once"),
        ]
