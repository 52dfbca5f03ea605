"""What a review and a head-to-head have in common."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

from backend.api.ids import new_id
from catalog.validators import is_past_day, is_visible, validate_visible_text, validate_web_address
from catalog.workflow import UNPUBLISHED

# What the desk's search finds quotes by: runs of letters and digits, of no language, so that no word is left out.
QUOTE_WORDS = SearchVector(
    Func(
        F("quote"),
        Value(r"[\W_]+"),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    ),
    config="simple",
)


class Opinion(models.Model):
    """What a reviewer says in public, on what basis, and with which ties: a review, or a head-to-head.

    It is drafted, reviewed, published, corrected and retracted. The database raises `revision` and keeps both times.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        IN_REVIEW = "in_review", "In review"
        PUBLISHED = "published"
        RETRACTED = "retracted"

    class Basis(models.TextChoices):
        TESTED = "tested"
        READ = "read"
        SYNTHETIC = "synthetic"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    quote = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(5_000), validate_visible_text],
        help_text="In the reviewer's words; empty where there are none to quote.",
    )
    # The database's default is for rows that know nothing of a basis: they claim none.
    basis = models.CharField(
        max_length=16,
        choices=Basis,
        null=True,
        blank=True,
        default=None,
        db_default=Basis.SYNTHETIC,
        help_text="Tested: the reviewer used the tool. Read: from public documents, which the evidence names. "
        "Synthetic: neither. Only a draft can leave it open.",
    )
    disclosure = models.CharField(
        max_length=500,
        blank=True,
        validators=[validate_visible_text],
        default="",
        db_default="",
        help_text="The reviewer's ties to the tool's maker: work, money, gifts. Empty: none declared.",
    )
    evidence = ArrayField(
        models.URLField(max_length=500, validators=[validate_web_address]), default=list, blank=True, size=20
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    revision = models.PositiveIntegerField(
        default=1, help_text="Raised by the database with each correction of what readers saw."
    )
    # Kept by the database: what readers are told of the latest correction, when they could first read it, and when what
    # they read was last changed.
    correction_note = models.CharField(max_length=500, blank=True, default="", db_default="", editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    corrected_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        self.refuse_way_back()
        self.refuse_missing_evidence()

    def refuse_missing_evidence(self) -> None:
        """Raises a ValidationError where the database would refuse: what is said from documents names them."""
        if self.status == self.Status.PUBLISHED and self.basis == self.Basis.READ and not self.evidence:
            raise ValidationError({"evidence": "Name the documents that were read, or choose another basis."})

    @property
    def readable_at(self) -> datetime | None:
        """When readers can first read it; None of what is unpublished, or waits for its tools."""
        return self.published_at

    @property
    def was_public(self) -> bool:
        """Whether readers have seen it, also where it is retracted by now."""
        return self.published_at is not None and self.published_at <= timezone.now()

    def refuse_way_back(self) -> None:
        """Raises a ValidationError where the database would refuse: what readers have seen is corrected or retracted."""
        if self.was_public and self.status == self.Status.DRAFT:
            raise ValidationError({"status": "What was public is no draft again: retract it."})


def opinion_constraints(name: str, *, day: str) -> list[models.CheckConstraint]:
    """What holds of every opinion; `name` is what the constraints call it, `day` the column of its day."""
    return [
        models.CheckConstraint(
            condition=Q(status__in=["draft", "in_review", "published", "retracted"]),
            name=f"{name}_status_is_known",
        ),
        models.CheckConstraint(condition=Q(revision__gte=1), name=f"a_{name}_has_a_revision"),
        models.CheckConstraint(condition=is_visible("quote"), name=f"{name}_text_is_visible"),
        models.CheckConstraint(
            condition=Q(basis__in=["tested", "read", "synthetic"]), name=f"{name}_basis_is_known"
        ),
        models.CheckConstraint(
            condition=Q(status__in=UNPUBLISHED) | Q(basis__isnull=False),
            name=f"a_public_{name}_has_a_basis",
        ),
        models.CheckConstraint(condition=is_visible("disclosure"), name=f"{name}_disclosure_is_visible"),
        models.CheckConstraint(
            condition=~Q(status="published") | ~Q(basis="read") | Q(evidence__len__gte=1),
            name=f"a_{name}_names_what_was_read",
        ),
        models.CheckConstraint(condition=is_past_day(day), name=f"a_{name}_has_a_day_from_2000_on"),
    ]
