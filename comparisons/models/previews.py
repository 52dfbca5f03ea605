"""Links to previews."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from backend.api.ids import new_id


class PreviewLink(models.Model):
    """A signed link to a page with drafts on it, as readers will see them: these drafts and no others, until it expires or
    is ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField(max_length=500)
    path = models.CharField(max_length=600, help_text="Of the page, on the site as in the API.")
    drafts = ArrayField(models.UUIDField(), help_text="Ids of tools, reviews, head-to-heads and pairs.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "link to a preview"
        verbose_name_plural = "links to previews"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="a_preview_link_lasts_for_a_while"
            )
        ]

    def __str__(self) -> str:
        return self.title
