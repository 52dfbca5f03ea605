"""How recorded verdicts and their changes look in an answer."""

from rest_framework import serializers

from catalog.models import Tool
from comparisons.changes import VerdictSnapshot
from comparisons.models import MARGIN, DecidedBy, Outcome, Strength, VerdictChange


class RecordedVerdictSerializer(serializers.Serializer[VerdictSnapshot[Tool]]):
    """A verdict as the history keeps it."""

    outcome = serializers.ChoiceField(choices=Outcome.values)
    winner = serializers.CharField(
        source="winner.slug", default=None, allow_null=True, help_text="The winner's present slug."
    )
    decided_by = serializers.ChoiceField(choices=DecidedBy.values, allow_null=True)
    strength = serializers.ChoiceField(choices=Strength.values, allow_null=True)
    margin = serializers.IntegerField(min_value=0, max_value=100, help_text=MARGIN)
    rule = serializers.CharField()


class VerdictChangeSerializer(serializers.Serializer[VerdictChange]):
    """One change of a pair's verdict."""

    number = serializers.IntegerField(min_value=1, help_text="Counts the pair's changes from 1.")
    changed_at = serializers.DateTimeField(
        help_text="When the change was noticed, a few minutes after it happened."
    )
    cause = serializers.ChoiceField(
        choices=["first", "panel", "head_to_head", "votes", "picks", "rule"],
        help_text=(
            "`first` opens the history; `panel`: a review was published, corrected or retracted; `head_to_head`: a "
            "reviewer's answer to the pair was; `votes`: the crowd moved; `picks`: readers' picks did; `rule`: the rule "
            "itself changed."
        ),
    )
    detail = serializers.CharField(help_text="The change in words.")
    before = RecordedVerdictSerializer(allow_null=True, help_text="Null in the first.")
    after = RecordedVerdictSerializer()
