"""Links to previews are written down, so that they can be ended; editors and writers make them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.api.ids
from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [
        ("comparisons", "0029_earlier_states_are_checked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        *NEEDS,
    ]

    operations = [
        migrations.CreateModel(
            name="PreviewLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=500)),
                (
                    "path",
                    models.CharField(help_text="Of the page, on the site as in the API.", max_length=600),
                ),
                (
                    "drafts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        help_text="Ids of tools, reviews, head-to-heads and pairs.",
                        size=None,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "link to a preview",
                "verbose_name_plural": "links to previews",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))),
                        name="a_preview_link_lasts_for_a_while",
                    )
                ],
            },
        ),
        grant(
            "comparisons",
            writer=["add_previewlink", "change_previewlink", "view_previewlink"],
            editor=["add_previewlink", "change_previewlink", "view_previewlink"],
        ),
    ]
