"""Editions of a day, for those who asked for each new comparison; and no edition of a week that the calendar lacks."""

from datetime import date

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

from backend.api.sql import load_sql, validate_where_it_holds

LAST_WEEKS = [f"{year}-W53" for year in range(2000, 2200) if date(year, 12, 28).isocalendar().week == 53]
WEEK = r"^2[01]\d\d-W(0[1-9]|[1-4]\d|5[0-2])$"
DAY = r"^2[01]\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"

# A draft of such a week could go out by Send now alone, and only staff could have made it.
# Its deferred checks must be over before the table changes again.
DELETE_DRAFTS = f"""
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM newsletter_edition
WHERE state = 'draft' AND frozen_at IS NULL
  AND NOT (week ~ '^2[01]\\d\\d-W(0[1-9]|[1-4]\\d|5[0-2])$' OR week = ANY('{{{",".join(LAST_WEEKS)}}}'));
SET CONSTRAINTS ALL DEFERRED;
"""
# On the way back the column stays as wide as it is, and the editions of days where they are.
# A trigger that names the column must be made anew.
WIDEN = """
DROP TRIGGER edition_change_is_told ON newsletter_edition;
ALTER TABLE newsletter_edition ALTER COLUMN week TYPE varchar(10);
"""
NARROW = r"""
ALTER TABLE newsletter_edition ADD CONSTRAINT edition_week_is_iso
CHECK (week ~ '^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$') NOT VALID
"""
DROP = "ALTER TABLE newsletter_edition DROP CONSTRAINT edition_week_is_iso"


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0019_readers_leave_by_mail")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(DROP, NARROW),
                migrations.RunSQL(WIDEN, migrations.RunSQL.noop),
                migrations.RunSQL(load_sql("newsletter", "public_changes"), migrations.RunSQL.noop),
                migrations.RunSQL(DELETE_DRAFTS, migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="edition", name="edition_week_is_iso"),
                migrations.AlterField(
                    model_name="edition",
                    name="week",
                    field=models.CharField(
                        help_text="ISO week, such as 2026-W48; of a day's mail the day, such as 2026-11-28.",
                        max_length=10,
                        unique=True,
                    ),
                ),
            ],
        ),
        AddConstraintNotValid(
            model_name="edition",
            constraint=models.CheckConstraint(
                condition=Q(week__regex=WEEK) | Q(week__in=LAST_WEEKS) | Q(week__regex=DAY),
                name="edition_week_is_in_the_calendar",
            ),
        ),
        validate_where_it_holds("newsletter_edition", "edition_week_is_in_the_calendar"),
    ]
