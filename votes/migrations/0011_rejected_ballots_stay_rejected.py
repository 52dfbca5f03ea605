"""Withdrawn votes and picks keep their rows, so that what was decided of them holds; they say nothing.

Old code that still runs deletes instead: a trigger keeps what doesn't count. What such a voter casts again there is
not stored until the new code runs; it wouldn't count.
"""

from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = """
DROP FUNCTION votes_erased_voter_casts_nothing() CASCADE;
DROP FUNCTION votes_delete_withdraws() CASCADE;
DROP FUNCTION votes_ballot_stays() CASCADE;

DELETE FROM votes_vote WHERE value IS NULL;
DELETE FROM votes_pick WHERE chosen_tool_id IS NULL;

CREATE FUNCTION votes_ballot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = TG_ARGV[0];
END $$;

CREATE TRIGGER vote_stays BEFORE UPDATE OF tool_id ON votes_vote
    FOR EACH ROW WHEN (NEW.tool_id <> OLD.tool_id)
    EXECUTE FUNCTION votes_ballot_stays('A vote stays with its tool.');

CREATE TRIGGER pick_stays BEFORE UPDATE OF first_tool_id, second_tool_id ON votes_pick
    FOR EACH ROW WHEN ((NEW.first_tool_id, NEW.second_tool_id) <> (OLD.first_tool_id, OLD.second_tool_id))
    EXECUTE FUNCTION votes_ballot_stays('A pick stays with its pair.');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("votes", "0010_data_alone_are_restored_without_triggers"),
    ]

    # The way back keeps the triggers that count: where no ballot is withdrawn they count as those before them did.
    operations = [
        migrations.AlterField(
            model_name="vote",
            name="value",
            field=models.CharField(
                choices=[("ship", "Ship"), ("skip", "Skip")],
                help_text="Empty where it was withdrawn.",
                max_length=8,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="pick",
            name="chosen_tool",
            field=models.ForeignKey(
                help_text="Empty where it was withdrawn.",
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="catalog.tool",
            ),
        ),
        migrations.RunSQL(
            load_sql("votes", "tallies") + load_sql("votes", "ballots") + load_sql("votes", "held_ballots"),
            BEFORE,
        ),
    ]
