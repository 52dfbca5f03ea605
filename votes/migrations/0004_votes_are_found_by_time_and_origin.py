"""Indexes for the rules, made beside running code; those that they make superfluous go afterwards."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0003_votes_are_published_in_steps")]

    operations = [
        AddIndexConcurrently(
            model_name="pick",
            index=models.Index(
                fields=["first_tool", "second_tool", "status", "created_at"], name="picks_by_pair_and_time"
            ),
        ),
        AddIndexConcurrently(
            model_name="pick",
            index=models.Index(
                condition=models.Q(("status", "counted")),
                fields=["first_tool", "second_tool", "origin"],
                name="counted_picks_by_origin",
            ),
        ),
        AddIndexConcurrently(
            model_name="vote",
            index=models.Index(fields=["tool", "status", "created_at"], name="votes_by_tool_and_time"),
        ),
        AddIndexConcurrently(
            model_name="vote",
            index=models.Index(
                condition=models.Q(("status", "counted")),
                fields=["tool", "origin"],
                name="counted_votes_by_origin",
            ),
        ),
        migrations.AlterField(
            model_name="pick",
            name="first_tool",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.tool",
            ),
        ),
        migrations.AlterField(
            model_name="pick",
            name="voter",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="%(class)ss",
                to="votes.voter",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="tool",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="votes",
                to="catalog.tool",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="voter",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="%(class)ss",
                to="votes.voter",
            ),
        ),
    ]
