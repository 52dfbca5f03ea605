"""What readers saw of a review before it was corrected or retracted is kept; changes of reviews and reviewers are too."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql

# Reviews of tools that are not public yet are not either. What was retracted before is kept as it was last read.
FILL = """
UPDATE reviews_review SET published_at = tool.public_at FROM catalog_tool tool
WHERE tool.id = tool_id AND reviews_review.status = 'published' AND coalesce(tool.public_at, 'infinity') > now();
UPDATE reviews_review SET quote = replace(replace(quote, E'\\r\\n', E'\\n'), E'\\r', E'\\n') WHERE strpos(quote, E'\\r') > 0;
INSERT INTO reviews_reviewrevision
    (review_id, number, reviewer_id, tool_id, verdict, quote, evidence, reviewed_on, began_at, ended_at)
SELECT id, revision, reviewer_id, tool_id, verdict, quote, evidence, reviewed_on,
    coalesce(corrected_at, published_at), updated_at
FROM reviews_review WHERE status = 'retracted' AND published_at IS NOT NULL;
"""

# As it was before reviews said what they stand on.
TIMES = """
-- published_at is when readers could first read a review: the moment of its publication, and not before its tool is public.
-- Whatever readers saw of it and see otherwise now is a correction: its revision rises, corrected_at is the moment, and the
-- former text is kept in reviews_reviewrevision.
--
-- A trigger, so that imports, bulk actions of the admin, update() in a shell and plain SQL keep it too. An update that
-- names published_at or corrected_at alone is left as it is.

CREATE OR REPLACE FUNCTION reviews_review_keeps_times() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
    was_public boolean := TG_OP = 'UPDATE' AND coalesce(OLD.published_at <= now, false);
    is_corrected boolean := false;
    tool_public_at timestamptz;
BEGIN
    -- What a row brings along that was read earlier doesn't count.
    NEW.published_at := CASE WHEN was_public THEN OLD.published_at END;
    NEW.corrected_at := CASE WHEN was_public THEN OLD.corrected_at END;
    IF was_public THEN
        IF NEW.status = 'draft' THEN
            RAISE check_violation USING
                CONSTRAINT = 'what_was_public_is_no_draft_again',
                MESSAGE = 'What was public is no draft again: retract it.';
        END IF;
        NEW.revision := greatest(NEW.revision, OLD.revision);
        IF OLD.status = 'published' THEN
            is_corrected := (NEW.reviewer_id, NEW.tool_id, NEW.verdict, NEW.quote, NEW.evidence, NEW.reviewed_on)
                IS DISTINCT FROM (OLD.reviewer_id, OLD.tool_id, OLD.verdict, OLD.quote, OLD.evidence, OLD.reviewed_on);
            IF is_corrected OR NEW.status <> 'published' THEN
                INSERT INTO reviews_reviewrevision
                    (review_id, number, reviewer_id, tool_id, verdict, quote, evidence, reviewed_on, began_at, ended_at)
                VALUES (OLD.id, OLD.revision, OLD.reviewer_id, OLD.tool_id, OLD.verdict, OLD.quote, OLD.evidence,
                    OLD.reviewed_on, coalesce(OLD.corrected_at, OLD.published_at), now)
                ON CONFLICT DO NOTHING;
            END IF;
        ELSIF NEW.status = 'published' THEN
            -- It comes back after a retraction, which kept what readers had seen.
            SELECT (reviewer_id, tool_id, verdict, quote, evidence, reviewed_on) IS DISTINCT FROM
                (NEW.reviewer_id, NEW.tool_id, NEW.verdict, NEW.quote, NEW.evidence, NEW.reviewed_on)
            INTO is_corrected FROM reviews_reviewrevision WHERE review_id = OLD.id ORDER BY number DESC LIMIT 1;
        END IF;
        -- What is corrected while it is retracted counts once it comes back.
        IF is_corrected AND NEW.status = 'published' THEN
            NEW.revision := greatest(NEW.revision, OLD.revision + 1);
            NEW.corrected_at := now;
        END IF;
    END IF;
    IF NEW.status = 'published' AND NOT (was_public AND NEW.tool_id = OLD.tool_id) THEN
        -- A tool that is being published meanwhile is waited for.
        SELECT public_at INTO tool_public_at FROM catalog_tool WHERE id = NEW.tool_id FOR SHARE;
        NEW.published_at := CASE WHEN tool_public_at IS NOT NULL THEN
            greatest(coalesce(NEW.published_at, now), tool_public_at) END;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_keeps_times
    BEFORE INSERT OR UPDATE OF reviewer_id, tool_id, verdict, quote, evidence, reviewed_on, status, revision ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_keeps_times();
"""

BEFORE = """
DROP FUNCTION reviews_follow_tool CASCADE;
DROP TRIGGER reviewer_insert_is_kept ON reviews_reviewer;
DROP TRIGGER reviewer_update_is_kept ON reviews_reviewer;
DROP TRIGGER reviewer_delete_is_kept ON reviews_reviewer;
DROP TRIGGER review_insert_is_kept ON reviews_review;
DROP TRIGGER review_update_is_kept ON reviews_review;
DROP TRIGGER review_delete_is_kept ON reviews_review;
DROP TRIGGER review_has_plain_line_ends ON reviews_review;
DROP TRIGGER review_revision_refuses_rewriting ON reviews_reviewrevision;

CREATE OR REPLACE FUNCTION reviews_review_keeps_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Whoever saves a row that was read earlier brings along what was known then.
        NEW.published_at := OLD.published_at;
        NEW.corrected_at := OLD.corrected_at;
    END IF;
    IF NEW.status = 'published' AND NEW.published_at IS NULL THEN
        NEW.published_at := NEW.updated_at;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.revision > OLD.revision THEN
        NEW.corrected_at := NEW.updated_at;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_keeps_times BEFORE INSERT OR UPDATE OF status, revision ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_keeps_times();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0004_changes_leave_who_and_why"),
        ("catalog", "0006_tools_know_when_they_became_public"),
        ("reviews", "0006_reviews_are_checked_for_what_they_look"),
    ]

    operations = [
        migrations.AlterField(
            model_name="review",
            name="revision",
            field=models.PositiveIntegerField(
                default=1, help_text="Raised by the database with each correction of what readers saw."
            ),
        ),
        migrations.CreateModel(
            name="ReviewRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("verdict", models.CharField(choices=[("ship", "Ship"), ("skip", "Skip")], max_length=8)),
                ("quote", models.TextField(blank=True)),
                (
                    "evidence",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.URLField(max_length=500), size=None
                    ),
                ),
                ("reviewed_on", models.DateField(null=True)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="reviews.review",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reviews.reviewer",
                    ),
                ),
                (
                    "tool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.tool",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("review", "number"), name="revisions_are_numbered_without_repeats"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["ship", "skip"])),
                        name="a_revision_says_ship_or_skip",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(
            TIMES + load_sql("reviews", "publication") + load_sql("reviews", "history"),
            BEFORE,
        ),
    ]
