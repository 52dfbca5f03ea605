"""A ballot's `origin` is called `network_hash` in the code; columns and indexes stay as they are."""

from django.db import migrations, models

NETWORK_HASH = models.BinaryField(
    db_column="origin",
    help_text="The hash of the client network under the day's salt: equal for votes of one network and day.",
    max_length=8,
    null=True,
)
VOTES = models.Index(
    condition=models.Q(("status", "counted")), fields=["tool", "network_hash"], name="counted_votes_by_origin"
)
PICKS = models.Index(
    condition=models.Q(("status", "counted")),
    fields=["first_tool", "second_tool", "network_hash"],
    name="counted_picks_by_origin",
)


class Migration(migrations.Migration):
    dependencies = [("votes", "0006_daily_salts_move_to_the_api")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="vote", name="counted_votes_by_origin"),
                migrations.RemoveIndex(model_name="pick", name="counted_picks_by_origin"),
                migrations.RenameField(model_name="vote", old_name="origin", new_name="network_hash"),
                migrations.RenameField(model_name="pick", old_name="origin", new_name="network_hash"),
                migrations.AlterField(model_name="vote", name="network_hash", field=NETWORK_HASH),
                migrations.AlterField(model_name="pick", name="network_hash", field=NETWORK_HASH.clone()),
                migrations.AddIndex(model_name="vote", index=VOTES),
                migrations.AddIndex(model_name="pick", index=PICKS),
            ]
        )
    ]
