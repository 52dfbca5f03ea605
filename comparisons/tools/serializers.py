"""How tools with their counts, and the facets of a list of them, look in an answer."""

from rest_framework import serializers

from catalog.models import Tool
from catalog.serializers import (
    CategoryReferenceSerializer,
    FitSerializer,
    LogoField,
    LogoSizesField,
    OptionalAddress,
    OptionalText,
    PricingSerializer,
    ToolStatusField,
)
from comparisons.tools.filters import Facet
from reviews.serializers import PanelCountSerializer, ToolReviewSerializer
from votes.tallies.serializers import CommunitySerializer, TallySerializer


class ToolSummarySerializer(serializers.ModelSerializer[Tool]):
    """A tool as one side of a comparison shows it."""

    status = ToolStatusField()
    tagline = OptionalText()
    description = OptionalText()
    category = CategoryReferenceSerializer()
    website = OptionalAddress()
    logo = LogoField()
    logo_sizes = LogoSizesField()
    pricing = PricingSerializer(source="*")
    panel = PanelCountSerializer(source="panel.count")
    community = CommunitySerializer(source="published_tally.count")

    class Meta:
        model = Tool
        fields = [
            "slug",
            "name",
            "status",
            "tagline",
            "description",
            "category",
            "website",
            "logo",
            "logo_sizes",
            "pricing",
            "panel",
            "community",
        ]


class ToolListItemSerializer(ToolSummarySerializer):
    """A tool in a list; `reviews` is there when `include=reviews` asks for it."""

    id = serializers.UUIDField()
    reviews = ToolReviewSerializer(many=True, source="published_reviews", required=False)

    class Meta:
        model = Tool
        fields = ["id", *ToolSummarySerializer.Meta.fields, "published_at", "updated_at", "reviews"]


class ToolSerializer(ToolSummarySerializer):
    """All that a tool's page shows."""

    id = serializers.UUIDField()
    fits = FitSerializer(
        many=True, source="shown_fits", help_text="When it is the right one; what weighs most first."
    )
    reviews = ToolReviewSerializer(many=True, source="published_reviews", help_text="In the roster's order.")
    tally = TallySerializer(
        source="published_tally",
        required=False,
        help_text="The votes in full, as after a vote; where `include=tally` asks for it.",
    )

    class Meta:
        model = Tool
        fields = [
            "id",
            *ToolSummarySerializer.Meta.fields,
            *("published_at", "updated_at", "fits", "reviews", "tally"),
        ]


class FacetSerializer(serializers.Serializer[Facet]):
    value = serializers.CharField(help_text="What to filter by.")
    label = serializers.CharField(help_text="What to show.")  # type: ignore[assignment]
    count = serializers.IntegerField(min_value=0)


class FacetsSerializer(serializers.Serializer[dict[str, list[Facet]]]):
    """How many tools each value of a filter would give; each facet leaves out its own filter."""

    category = FacetSerializer(many=True)
    entry = FacetSerializer(many=True)
    call = FacetSerializer(many=True)
    fits = FacetSerializer(many=True)
