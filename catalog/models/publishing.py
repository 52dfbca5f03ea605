"""What readers see from a moment on."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from catalog.validators import validate_date_shown
from catalog.workflow import UNPUBLISHED


class Publishable(models.Model):
    """What readers see from a moment on: a draft is reviewed and published, and archived once it is of the past.

    `published_at` is the date shown, an editor's. `public_at` is when readers can first read it, and the database's: the
    moment of publication, or the date shown where that lies ahead. A draft has none. Both are kept by
    `sql/publication.sql` and its likes.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        IN_REVIEW = "in_review", "In review"
        PUBLISHED = "published"
        ARCHIVED = "archived"

    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True, validators=[validate_date_shown])
    public_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def clean(self) -> None:
        self.refuse_way_back()
        if self.status not in UNPUBLISHED and self.published_at is None:
            self.published_at = timezone.now()

    def refuse_way_back(self) -> None:
        """Raises a ValidationError where the database would refuse: what readers have seen stays public."""
        now = timezone.now()
        if not self.was_public:
            return
        if self.status in UNPUBLISHED:
            raise ValidationError({"status": "What was public is no draft again: archive it."})
        if self.published_at and self.published_at > now:
            raise ValidationError({"published_at": "It is public already: the date shown can't lie ahead."})

    @property
    def readable_at(self) -> datetime | None:
        """When readers can first read it; None of what is unpublished, or waits for another."""
        return self.public_at

    @property
    def was_public(self) -> bool:
        """Whether readers have seen it, also where it is archived by now."""
        return self.public_at is not None and self.public_at <= timezone.now()

    @property
    def is_published(self) -> bool:
        """Of what may be read: whether lists show it."""
        return self.status == self.Status.PUBLISHED
