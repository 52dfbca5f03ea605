"""Files with a catalog wait until their changes are confirmed; importing and exporting is a permission of its own."""

from django.db import migrations, models
from django.db.models import Q

import backend.api.ids
from backend.admin.roles import NEEDS, grant
from backend.api.sql import load_sql

STATES = [
    ("waiting", "Being looked at"),
    ("checked", "To be confirmed"),
    ("refused", "Refused"),
    ("confirmed", "Being imported"),
    ("done", "Imported"),
]


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0024_what_waits_is_found"), *NEEDS]

    operations = [
        migrations.CreateModel(
            name="CatalogUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=backend.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("content", models.BinaryField(null=True)),
                ("why", models.CharField(max_length=1000)),
                ("sent_by", models.CharField(max_length=150)),
                ("sent_at", models.DateTimeField()),
                ("state", models.CharField(choices=STATES, default="waiting", max_length=16)),
                ("state_at", models.DateTimeField()),
                ("confirmed_by", models.CharField(blank=True, max_length=150)),
                ("report", models.JSONField(editable=False, null=True)),
                ("problems", models.JSONField(default=list, editable=False)),
                ("digest", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name": "import",
                "permissions": [("import_catalog", "Can import and export the catalog")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(state__in=["waiting", "checked", "refused", "confirmed", "done"]),
                        name="catalog_upload_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state__in=["waiting", "checked", "confirmed"])
                        | Q(content__isnull=False),
                        name="a_catalog_upload_has_its_content_until_it_is_done",
                    ),
                    models.CheckConstraint(
                        condition=~Q(state__in=["confirmed", "done"]) | (~Q(digest="") & ~Q(confirmed_by="")),
                        name="a_catalog_upload_is_confirmed_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunSQL(load_sql("comparisons", "restores"), migrations.RunSQL.noop),
        grant("comparisons", editor=["import_catalog", "view_catalogupload"]),
    ]
