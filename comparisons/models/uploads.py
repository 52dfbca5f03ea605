"""Catalog files that curators send with a browser, until they are imported."""

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id


class CatalogUpload(models.Model):
    """A file with a catalog that a curator sent: what it would change, and what became of it.

    `digest` stands for all that was shown of it: what is confirmed is what was shown. The content goes when it is done.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Being looked at"
        CHECKED = "checked", "To be confirmed"
        REFUSED = "refused", "Refused"
        CONFIRMED = "confirmed", "Being imported"
        DONE = "done", "Imported"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(help_text="In bytes.")
    content = models.BinaryField(null=True)
    why = models.CharField(max_length=1_000)
    sent_by = models.CharField(max_length=150)
    sent_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    state_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=150, blank=True)
    # Counts by kind, the first rows that change, and warnings.
    report = models.JSONField(null=True, editable=False)
    problems = models.JSONField(default=list, editable=False)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "import"
        permissions = [("import_catalog", "Can import and export the catalog")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "checked", "refused", "confirmed", "done"]),
                name="catalog_upload_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "checked", "confirmed"]) | Q(content__isnull=False),
                name="a_catalog_upload_has_its_content_until_it_is_done",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "done"]) | (~Q(digest="") & ~Q(confirmed_by="")),
                name="a_catalog_upload_is_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
