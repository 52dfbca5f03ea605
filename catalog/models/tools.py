"""Tools with their categories, prices, logos and earlier slugs."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, MaxLengthValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now, Upper
from django.db.models.lookups import LessThanOrEqual

from backend.api.ids import new_id
from catalog.fits import FitRow, ShownFit, read_fits
from catalog.logo_encoding import MAX_BYTES
from catalog.models.publishing import Publishable
from catalog.models.slugs import slug_constraint, validate_slug
from catalog.querysets import NAME_WORDS, CategoryQuerySet, ToolQuerySet
from catalog.validators import (
    CURRENCIES,
    HAS_A_NAME,
    is_date_shown,
    is_past_day,
    is_visible,
    is_web_address,
    validate_currency,
    validate_name,
    validate_past_day,
    validate_visible_text,
    validate_web_address,
)
from catalog.workflow import UNPUBLISHED

# What a worker drew, under the name of its content; whatever else was stored is served no more.
DRAWN_LOGO = r"^logos/([0-9a-f]{32})-256\.png\Z"
EARLIER_LOGO = ~Q(logo="") & ~Q(logo__regex=DRAWN_LOGO)


class Category(models.Model):
    """A shelf of tools, such as Developer Tools."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=255, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=100, validators=[validate_visible_text, validate_name])
    description = models.TextField(blank=True, max_length=1_000, validators=[validate_visible_text])
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CategoryQuerySet.as_manager()

    # What the queryset's with_tool_count() adds.
    tool_count: int

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            slug_constraint("category_slug_is_plain"),
            models.CheckConstraint(
                condition=is_visible("name", "description"), name="category_text_is_visible"
            ),
            models.CheckConstraint(condition=HAS_A_NAME, name="a_category_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Tool(Publishable):
    """A product under review. Its price is data; the entry label is chosen, since a label derived from amounts misleads."""

    class Entry(models.TextChoices):
        FREE = "free"
        FREEMIUM = "freemium"
        PAID = "paid"

    class PricingModel(models.TextChoices):
        OPEN_SOURCE = "open_source", "Open source"
        SUBSCRIPTION = "subscription"
        USAGE = "usage", "Pay per use"
        ONE_TIME = "one_time", "One-time purchase"
        QUOTE = "quote", "On request"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=255, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=200, validators=[validate_visible_text, validate_name])
    tagline = models.CharField(max_length=300, blank=True, validators=[validate_visible_text])
    description = models.TextField(blank=True, validators=[MaxLengthValidator(10_000), validate_visible_text])
    website = models.URLField(max_length=500, blank=True, validators=[validate_web_address])
    # The largest size as PNG; catalog/logos.py writes it. SVG can carry script, so only bitmaps are taken.
    logo = models.ImageField(
        upload_to="logos/", blank=True, validators=[FileExtensionValidator(["png", "jpg", "jpeg", "webp"])]
    )
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="tools")
    product = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[validate_visible_text],
        help_text="What this is a release of, if there are several: the same words on each, such as Mistral 3 Small.",
    )

    pricing_entry = models.CharField(max_length=16, choices=Entry)
    pricing_model = models.CharField(max_length=16, choices=PricingModel, null=True, blank=True)
    pricing_starts_at = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    pricing_currency = models.CharField(
        max_length=3,
        null=True,
        blank=True,
        validators=[validate_currency],
    )
    pricing_unit = models.CharField(
        max_length=60,
        null=True,
        blank=True,
        validators=[validate_visible_text],
        help_text="What the amount buys: month, seat, 1M tokens.",
    )
    pricing_free_tier = models.BooleanField(null=True, blank=True)
    pricing_note = models.CharField(max_length=500, blank=True, validators=[validate_visible_text])
    pricing_checked_on = models.DateField(null=True, blank=True, validators=[validate_past_day])

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    search = models.GeneratedField(
        # By the function that reads a query too, so that both see the same words.
        expression=Func(F("name"), F("tagline"), F("description"), function="catalog_search_vector"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    # By what a list by name is sorted: by bytes, whatever the collation of the database.
    sort_key = models.GeneratedField(
        expression=Func(F("name"), function="catalog_sort_key"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    objects = ToolQuerySet.as_manager()

    # What the queryset's with_fits() adds.
    fit_rows: list[FitRow]

    class Meta:
        permissions = [("publish_tool", "Can publish and archive tools")]
        indexes = [
            # The tool list in its default order.
            models.Index(
                fields=["published_at", "id"], condition=Q(status="published"), name="tools_by_publication"
            ),
            # The tool list by name.
            models.Index(
                fields=["sort_key", "id"], condition=Q(status="published"), name="tools_by_sort_key"
            ),
            GinIndex(fields=["search"], name="tools_by_words"),
            GinIndex(NAME_WORDS, name="tools_by_words_of_name"),
            # How many tools a category has.
            models.Index(
                fields=["category", "public_at"], condition=Q(status="published"), name="tools_by_category"
            ),
            # What becomes public next by the clock.
            models.Index(fields=["public_at"], name="tools_by_moment"),
            # What curators still work on.
            models.Index(fields=["status"], condition=~Q(status="published"), name="tools_that_wait"),
            # The releases of one product, as `iexact` looks them up.
            models.Index(Upper("product"), condition=~Q(product=""), name="tools_by_product"),
            # Logos that are still to be drawn.
            models.Index(fields=["id"], condition=EARLIER_LOGO, name="tools_with_earlier_logos"),
        ]
        constraints = [
            slug_constraint("tool_slug_is_plain"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "in_review", "published", "archived"]),
                name="tool_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(pricing_entry__in=["free", "freemium", "paid"]), name="tool_entry_price_is_known"
            ),
            models.CheckConstraint(
                condition=Q(pricing_model__in=["open_source", "subscription", "usage", "one_time", "quote"]),
                name="tool_pricing_model_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNPUBLISHED) | Q(published_at__isnull=False),
                name="a_public_tool_has_a_publication_date",
            ),
            models.CheckConstraint(
                condition=Q(pricing_starts_at__isnull=True) | Q(pricing_starts_at__gte=0),
                name="a_price_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(pricing_starts_at__isnull=True, pricing_currency__isnull=True)
                # Said in full, since a CHECK lets pass what is unknown.
                | Q(
                    pricing_starts_at__isnull=False,
                    pricing_currency__isnull=False,
                    pricing_currency__regex=r"^[A-Z]{3}$",
                ),
                name="an_amount_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(pricing_currency__in=CURRENCIES), name="tool_currency_is_known"
            ),
            models.CheckConstraint(
                condition=is_visible("name", "tagline", "description", "pricing_unit", "pricing_note"),
                name="tool_text_is_visible",
            ),
            models.CheckConstraint(condition=HAS_A_NAME, name="a_tool_has_a_name"),
            models.CheckConstraint(condition=is_visible("product"), name="tool_product_is_visible"),
            models.CheckConstraint(condition=is_web_address("website"), name="tool_website_is_a_web_address"),
            models.CheckConstraint(
                condition=is_past_day("pricing_checked_on"), name="a_price_has_a_day_from_2000_on"
            ),
            models.CheckConstraint(
                condition=is_date_shown("published_at"), name="a_tool_has_a_date_from_2000_on"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"

    @property
    def shown_fits(self) -> tuple[ShownFit, ...]:
        """The conditions of a tool that was read with them."""
        return read_fits(self.fit_rows)

    def clean(self) -> None:
        super().clean()
        aliases = ToolAlias.objects.filter(slug=self.slug, tool__public_at__lte=Now())
        if aliases.exclude(tool=self).exists():
            raise ValidationError({"slug": "This slug once belonged to another tool and still leads there."})


class ToolAlias(models.Model):
    """A slug that a tool once had. Written by the database when a tool is renamed; it redirects for ever.

    That of a tool that was never public goes to the tool that takes it (sql/slugs.sql).
    """

    slug = models.CharField(primary_key=True, max_length=255, validators=[validate_slug])
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="aliases")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "tool aliases"
        constraints = [slug_constraint("alias_slug_is_plain")]

    def __str__(self) -> str:
        return self.slug


class LogoUpload(models.Model):
    """A logo as it was sent: it waits for a worker, or says why it makes none. One a tool, the last."""

    tool = models.OneToOneField(Tool, on_delete=models.CASCADE, related_name="logo_upload")
    content = models.BinaryField()
    uploaded_by = models.CharField(max_length=150, blank=True)
    uploaded_at = models.DateTimeField()
    refusal = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    Func("content", function="octet_length", output_field=models.IntegerField()), MAX_BYTES
                ),
                name="a_logo_is_at_most_a_megabyte",
            )
        ]

    def __str__(self) -> str:
        return f"logo of {self.tool_id}"
