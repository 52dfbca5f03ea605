"""What is published passes a review first, and the database keeps the steps. Earlier rows are checked by the next migration."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import load_sql

BEFORE = r"""
CREATE OR REPLACE FUNCTION catalog_keep_publication() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.public_at <= now THEN
        -- What a row brings along that was read before its publication doesn't count.
        NEW.public_at := OLD.public_at;
        IF NEW.status = 'draft' THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_was_public_is_no_draft_again',
                MESSAGE = 'What was public is no draft again: archive it.';
        ELSIF NEW.published_at > now AND NEW.published_at IS DISTINCT FROM OLD.published_at THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_is_public_has_no_date_ahead',
                MESSAGE = 'It is public already: the date shown can''t lie ahead.';
        END IF;
    ELSIF NEW.status = 'draft' THEN
        NEW.public_at := NULL;
    ELSE
        NEW.public_at := greatest(NEW.published_at, now);
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0022_what_waits_is_found")]

    operations = [
        migrations.AlterField(
            model_name="tool",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("in_review", "In review"),
                    ("published", "Published"),
                    ("archived", "Archived"),
                ],
                default="draft",
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="tool", name="tool_status_is_known"),
        AddConstraintNotValid(
            model_name="tool",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "published", "archived"]),
                name="tool_status_is_known",
            ),
        ),
        migrations.RemoveConstraint(model_name="tool", name="a_public_tool_has_a_publication_date"),
        AddConstraintNotValid(
            model_name="tool",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=("draft", "in_review")) | models.Q(published_at__isnull=False),
                name="a_public_tool_has_a_publication_date",
            ),
        ),
        migrations.RunSQL(load_sql("catalog", "publication"), BEFORE),
        migrations.RunSQL(load_sql("catalog", "workflow"), "DROP FUNCTION catalog_keep_workflow CASCADE;"),
        # The way back: the former tables know of no review.
        migrations.RunSQL("", "UPDATE catalog_tool SET status = 'draft' WHERE status = 'in_review';"),
    ]
