"""How reviewers, their reviews and head-to-heads, and the panel's count look in an answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.rendering import rendered
from catalog.serializers import OptionalText, ToolReferenceSerializer
from reviews.calibration import Share
from reviews.models import Calibration, HeadToHead, Review, Reviewer, ReviewRevision
from reviews.panel import PanelCount


class ReviewerKind(serializers.ChoiceField):
    """The one enum of all reviewers."""

    def __init__(self) -> None:
        super().__init__(
            choices=Reviewer.Kind.choices,
            help_text="`human`: a person who signs with their name. `persona`: a point of view that others write for.",
        )


class ReviewerReferenceSerializer(serializers.ModelSerializer[Reviewer]):
    """A reviewer as what they said names them."""

    kind = ReviewerKind()
    lens = OptionalText(help_text="What this reviewer looks for.")

    class Meta:
        model = Reviewer
        fields = ["slug", "name", "kind", "lens"]


class ReviewerRecordSerializer(serializers.Serializer[PanelCount]):
    """A reviewer's published reviews, counted."""

    ship = serializers.IntegerField(min_value=0)
    skip = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(min_value=0)
    percent = serializers.IntegerField(
        min_value=0, max_value=100, allow_null=True, help_text="The share of ship."
    )


class ReviewerSerializer(serializers.ModelSerializer[Reviewer]):
    """A reviewer of the panel, with how often they say ship."""

    kind = ReviewerKind()
    lens = OptionalText(help_text="What this reviewer looks for.")
    motto = OptionalText()
    record = serializers.SerializerMethodField()
    head_to_head_count = serializers.IntegerField(
        min_value=0, help_text="On how many pairs this reviewer has said which tool to ship with."
    )

    class Meta:
        model = Reviewer
        fields = [
            "id",
            "slug",
            "name",
            "kind",
            "lens",
            "motto",
            "is_active",
            "record",
            "head_to_head_count",
        ]

    @extend_schema_field(ReviewerRecordSerializer)
    # Any: the row has the annotations of `with_record()`.
    def get_record(self, reviewer: Any) -> dict[str, object]:
        record: dict[str, object] = rendered(
            ReviewerRecordSerializer, PanelCount(ship=reviewer.ship_count, skip=reviewer.skip_count)
        )
        return record


class PanelCountSerializer(serializers.Serializer[PanelCount]):
    """The published reviews of one tool, counted."""

    ship = serializers.IntegerField(min_value=0)
    skip = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(min_value=0)
    percent = serializers.IntegerField(
        min_value=0,
        max_value=100,
        allow_null=True,
        help_text="The share of ship, rounded half up; null without reviews.",
    )
    call = serializers.ChoiceField(
        choices=["ship", "mixed", "skip", "unreviewed"],
        help_text="`ship` from 75 percent, `mixed` from 50, `skip` below, `unreviewed` without reviews.",
    )


class OpinionSerializer(serializers.ModelSerializer[Review | HeadToHead]):
    """What a reviewer says, and what it stands on."""

    id = serializers.UUIDField()
    quote = OptionalText(
        max_length=5_000, help_text="In the reviewer's words; null where there are none to quote."
    )
    basis = serializers.ChoiceField(
        choices=Review.Basis.choices,
        help_text="`tested`: the reviewer used the tool. `read`: from public documents, which `evidence` names. "
        "`synthetic`: neither.",
    )
    disclosure = OptionalText(
        max_length=500, help_text="The reviewer's ties to the tool's maker; null where none are declared."
    )
    evidence = serializers.ListField(
        child=serializers.URLField(), help_text="Addresses the reviewer points to."
    )
    revision = serializers.IntegerField(min_value=1, help_text="1, and one more for each correction.")


class ReviewCellSerializer(OpinionSerializer):
    """One review where the tool and the reviewer are known from the place it stands in."""

    verdict = serializers.ChoiceField(choices=Review.Verdict.choices)

    class Meta:
        model = Review
        fields = ["id", "verdict", "quote", "basis", "disclosure", "evidence", "reviewed_on", "revision"]


class ToolReviewSerializer(ReviewCellSerializer):
    """One review where the tool is known from the place it stands in."""

    reviewer = ReviewerReferenceSerializer()

    class Meta:
        model = Review
        fields = [
            "id",
            "reviewer",
            "verdict",
            "quote",
            "basis",
            "disclosure",
            "evidence",
            "reviewed_on",
            "revision",
        ]


class ReviewSerializer(ToolReviewSerializer):
    """What one reviewer says of one tool."""

    tool = ToolReferenceSerializer()

    class Meta:
        model = Review
        fields = ["id", "tool", *ToolReviewSerializer.Meta.fields[1:]]


class ReviewRevisionSerializer(OpinionSerializer):
    """What a review said from one moment to another."""

    id = None  # type: ignore[assignment]
    revision = serializers.IntegerField(
        source="number", min_value=1, help_text="1, and one more for each correction."
    )
    verdict = serializers.ChoiceField(choices=Review.Verdict.choices)
    note = OptionalText(
        max_length=500, help_text="What was put right by this revision; null where nothing was said of it."
    )
    began_at = serializers.DateTimeField(help_text="Since when readers could read it.")
    ended_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was corrected or retracted; null of what readers see now."
    )

    class Meta:
        model = ReviewRevision
        fields = [
            "revision",
            "verdict",
            "quote",
            "basis",
            "disclosure",
            "evidence",
            "reviewed_on",
            "note",
            "began_at",
            "ended_at",
        ]


class HeadToHeadCellSerializer(OpinionSerializer):
    """A reviewer's answer to a pair, where the pair and the reviewer are known from the place it stands in."""

    prefers = serializers.CharField(
        source="choice.slug",
        default=None,
        allow_null=True,
        help_text="The slug of the tool that this reviewer would ship with; null where it makes no difference to them.",
    )

    class Meta:
        model = HeadToHead
        fields = ["id", "prefers", "quote", "basis", "disclosure", "evidence", "compared_on", "revision"]


class ReviewerHeadToHeadSerializer(HeadToHeadCellSerializer):
    """A reviewer's answer to a pair, where the reviewer is known from the place it stands in."""

    tools = serializers.ListField(
        child=ToolReferenceSerializer(),
        min_length=2,
        max_length=2,
        help_text="In ascending order of their slugs: joined by `-vs-` these are the slug of the comparison.",
    )

    class Meta:
        model = HeadToHead
        fields = ["id", "tools", *HeadToHeadCellSerializer.Meta.fields[1:]]


class HeadToHeadSerializer(ReviewerHeadToHeadSerializer):
    """Which of two tools one reviewer would ship with, or that it makes no difference to them."""

    reviewer = ReviewerReferenceSerializer()

    class Meta:
        model = HeadToHead
        fields = ["id", "tools", "reviewer", *HeadToHeadCellSerializer.Meta.fields[1:]]


class ShareSerializer(serializers.Serializer[Share]):
    """How many of a whole."""

    count = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(min_value=0)
    percent = serializers.IntegerField(
        min_value=0, max_value=100, allow_null=True, help_text="Rounded half up; null of nothing."
    )


class CalibrationSerializer(serializers.Serializer[Calibration]):
    """How a reviewer's published reviews stand beside all others, as counted a few minutes ago."""

    agrees_with_panel = serializers.SerializerMethodField(
        help_text="Of tools that at least two others reviewed and on which these do not tie."
    )
    agrees_with_crowd = serializers.SerializerMethodField(
        help_text="Of tools on which enough readers voted to decide."
    )
    coverage = serializers.SerializerMethodField(help_text="Of all published tools, those they reviewed.")
    is_rubber_stamp = serializers.BooleanField(
        help_text="Whether at least 95 percent of ten reviews or more say the same."
    )

    @extend_schema_field(ShareSerializer)
    def get_agrees_with_panel(self, row: Calibration) -> dict[str, object]:
        return ShareSerializer(Share(row.panel_agrees, row.panel_total)).data

    @extend_schema_field(ShareSerializer)
    def get_agrees_with_crowd(self, row: Calibration) -> dict[str, object]:
        return ShareSerializer(Share(row.crowd_agrees, row.crowd_total)).data

    @extend_schema_field(ShareSerializer)
    def get_coverage(self, row: Calibration) -> dict[str, object]:
        return ShareSerializer(Share(row.total, row.tools)).data


class ReviewerDetailSerializer(ReviewerSerializer):
    """A reviewer of the panel, with the latest of their answers to pairs."""

    calibration = CalibrationSerializer(
        allow_null=True, default=None, help_text="Null until it was counted, minutes after a reviewer is new."
    )

    head_to_heads = ReviewerHeadToHeadSerializer(
        many=True,
        source="latest_head_to_heads",
        help_text="The latest, ten at most; `/head-to-heads?reviewer=` lists all.",
    )

    class Meta(ReviewerSerializer.Meta):
        fields = [*ReviewerSerializer.Meta.fields, "calibration", "head_to_heads"]
