"""A bulk action can be stopped; an undo that was stopped leaves the way open to another, which takes back the rest."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("backend_admin", "0003_bulk_actions_are_written_down"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkaction",
            name="stopped_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Who ended it before its last batch.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkaction",
            constraint=models.CheckConstraint(
                condition=Q(("stopped_by", None), ("done_at__isnull", False), _connector="OR"),
                name="a_stopped_bulk_action_is_done",
            ),
        ),
        # Before the other that says so goes.
        migrations.AddConstraint(
            model_name="bulkaction",
            constraint=models.UniqueConstraint(
                condition=Q(("stopped_by", None)), fields=("undoes",), name="a_bulk_action_is_undone_once"
            ),
        ),
        migrations.AddIndex(
            model_name="bulkaction",
            index=models.Index(
                condition=Q(("undoes__isnull", False)), fields=["undoes"], name="bulk_undos_by_action"
            ),
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="undoes",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="backend_admin.bulkaction",
            ),
        ),
    ]
