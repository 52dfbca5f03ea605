"""How categories, prices and references to tools look in an answer."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.fits import ConditionReference, ShownFit
from catalog.logos import LogoSize, sizes_of
from catalog.models import Category, Condition, Tool


class OptionalText(serializers.CharField):
    """Text that may be unknown: an empty one is null."""

    # Any: whatever options DRF's own field takes.
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, allow_null=True)

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


class OptionalAddress(serializers.URLField):
    """A web address that may be unknown: an empty one is null."""

    def __init__(self) -> None:
        super().__init__(allow_null=True)

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


class CategoryReferenceSerializer(serializers.ModelSerializer[Category]):
    """A category as what stands in it names it."""

    class Meta:
        model = Category
        fields = ["slug", "name"]


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A shelf of tools."""

    description = OptionalText()
    tool_count = serializers.IntegerField(min_value=0, help_text="Published tools in this category.")

    class Meta:
        model = Category
        fields = ["id", "slug", "name", "description", "tool_count"]


class ConditionSerializer(serializers.ModelSerializer[Condition]):
    """Something that decides for some tools, as the words after "if"."""

    name = serializers.CharField(
        max_length=60, help_text='The words after "if", such as: it must run without a network.'
    )
    tool_count = serializers.IntegerField(min_value=0, help_text="Published tools that fit it.")

    class Meta:
        model = Condition
        fields = ["id", "slug", "name", "tool_count"]


class ConditionReferenceSerializer(serializers.Serializer[ConditionReference]):
    slug = serializers.CharField(help_text="What `/tools?fits=` takes.")
    name = serializers.CharField(max_length=60, help_text='The words after "if".')


class FitSerializer(serializers.Serializer[ShownFit]):
    """One condition under which a tool is the right one, and what shows it."""

    condition = ConditionReferenceSerializer()
    note = OptionalText(max_length=300, help_text="Why, in a sentence.")
    evidence = serializers.ListField(
        child=serializers.URLField(), min_length=1, max_length=5, help_text="Addresses that show it."
    )
    checked_on = serializers.DateField(help_text="The day on which that was checked.")


class PricingSerializer(serializers.Serializer[Tool]):
    """What a tool costs; the entry label is chosen by an editor, the rest is what could be checked."""

    entry = serializers.ChoiceField(choices=Tool.Entry.choices, source="pricing_entry")
    model = serializers.ChoiceField(
        choices=Tool.PricingModel.choices, source="pricing_model", allow_null=True
    )
    starts_at = serializers.DecimalField(
        max_digits=12,
        decimal_places=4,
        normalize_output=True,
        source="pricing_starts_at",
        allow_null=True,
        help_text="The lowest amount that buys something, as a decimal string.",
    )
    currency = serializers.CharField(source="pricing_currency", allow_null=True, help_text="ISO 4217.")
    unit = serializers.CharField(source="pricing_unit", allow_null=True, help_text="What the amount buys.")
    free_tier = serializers.BooleanField(source="pricing_free_tier", allow_null=True)
    note = OptionalText(source="pricing_note")
    checked_on = serializers.DateField(source="pricing_checked_on", allow_null=True)


class ToolStatusField(serializers.ChoiceField):
    """The one enum of all tools that are shown: drafts never are."""

    def __init__(self) -> None:
        super().__init__(
            choices=["published", "archived"],
            help_text="An archived tool has left the lists and takes no new votes or picks; its pages stay.",
        )


class ToolReferenceSerializer(serializers.ModelSerializer[Tool]):
    """A tool as what speaks of it names it."""

    status = ToolStatusField()

    class Meta:
        model = Tool
        fields = ["slug", "name", "status"]


def media_address(path: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{settings.MEDIA_URL}{path}"


class LogoSizeSerializer(serializers.Serializer[LogoSize]):
    """One size of a logo: a square, transparent where the picture is longer or higher."""

    pixels = serializers.IntegerField(help_text="Width and height.")
    png = serializers.URLField(help_text="For whatever reads no WebP, such as mail.")
    webp = serializers.URLField(help_text="The same as a smaller file.")


@extend_schema_field(LogoSizeSerializer(many=True))
class LogoSizesField(serializers.Field[Tool, None, list[dict[str, int | str]], Tool]):
    """Both sizes, the smaller first; empty where there is no logo."""

    def __init__(self) -> None:
        super().__init__(
            read_only=True,
            source="*",
            help_text="The smaller first; empty where there is none. A file is named by its content and never changes.",
        )

    def to_representation(self, value: Tool) -> list[dict[str, int | str]]:
        return [
            {"pixels": size.pixels, "png": media_address(size.png), "webp": media_address(size.webp)}
            for size in sizes_of(value)
        ]


@extend_schema_field({"type": "string", "format": "uri"})
class LogoField(serializers.Field[Tool, None, str | None, Tool]):
    """The largest size as PNG; null where there is none."""

    def __init__(self) -> None:
        super().__init__(
            read_only=True,
            source="*",
            allow_null=True,
            help_text="The largest size, as PNG. `logo_sizes` has them all.",
        )

    def to_representation(self, value: Tool) -> str | None:
        sizes = sizes_of(value)
        return media_address(sizes[-1].png) if sizes else None
