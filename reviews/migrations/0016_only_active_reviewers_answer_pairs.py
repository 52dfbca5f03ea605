"""The database refuses answers of inactive reviewers; times and corrections of reviews and head-to-heads have one function."""

from django.db import migrations

from backend.api.sql import load_sql

FORMER = "DROP FUNCTION IF EXISTS reviews_review_keeps_times, reviews_head_to_head_keeps_times;"

BEFORE = """
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
            is_corrected := (NEW.reviewer_id, NEW.tool_id, NEW.verdict, NEW.quote, NEW.basis, NEW.disclosure, NEW.evidence,
                    NEW.reviewed_on)
                IS DISTINCT FROM (OLD.reviewer_id, OLD.tool_id, OLD.verdict, OLD.quote, OLD.basis, OLD.disclosure,
                    OLD.evidence, OLD.reviewed_on);
            IF is_corrected OR NEW.status <> 'published' THEN
                INSERT INTO reviews_reviewrevision
                    (review_id, number, reviewer_id, tool_id, verdict, quote, basis, disclosure, evidence, reviewed_on, began_at,
                        ended_at)
                VALUES (OLD.id, OLD.revision, OLD.reviewer_id, OLD.tool_id, OLD.verdict, OLD.quote, OLD.basis,
                    OLD.disclosure, OLD.evidence, OLD.reviewed_on, coalesce(OLD.corrected_at, OLD.published_at), now)
                ON CONFLICT DO NOTHING;
            END IF;
        ELSIF NEW.status = 'published' THEN
            -- It comes back after a retraction, which kept what readers had seen.
            SELECT (reviewer_id, tool_id, verdict, quote, basis, disclosure, evidence, reviewed_on) IS DISTINCT FROM
                (NEW.reviewer_id, NEW.tool_id, NEW.verdict, NEW.quote, NEW.basis, NEW.disclosure, NEW.evidence,
                    NEW.reviewed_on)
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
    BEFORE INSERT OR UPDATE
    OF reviewer_id, tool_id, verdict, quote, basis, disclosure, evidence, reviewed_on, status, revision ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_keeps_times();

CREATE OR REPLACE FUNCTION reviews_head_to_head_keeps_times() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := statement_timestamp();
    was_public boolean := TG_OP = 'UPDATE' AND coalesce(OLD.published_at <= now, false);
    is_corrected boolean := false;
    tools_public_at timestamptz;
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
            is_corrected := (NEW.choice_id, NEW.quote, NEW.basis, NEW.disclosure, NEW.evidence, NEW.compared_on)
                IS DISTINCT FROM (OLD.choice_id, OLD.quote, OLD.basis, OLD.disclosure, OLD.evidence, OLD.compared_on);
            IF is_corrected OR NEW.status <> 'published' THEN
                INSERT INTO reviews_headtoheadrevision
                    (head_to_head_id, number, choice_id, quote, basis, disclosure, evidence, compared_on, began_at, ended_at)
                VALUES (OLD.id, OLD.revision, OLD.choice_id, OLD.quote, OLD.basis, OLD.disclosure, OLD.evidence,
                    OLD.compared_on, coalesce(OLD.corrected_at, OLD.published_at), now)
                ON CONFLICT DO NOTHING;
            END IF;
        ELSIF NEW.status = 'published' THEN
            -- It comes back after a retraction, which kept what readers had seen.
            SELECT (choice_id, quote, basis, disclosure, evidence, compared_on) IS DISTINCT FROM
                (NEW.choice_id, NEW.quote, NEW.basis, NEW.disclosure, NEW.evidence, NEW.compared_on)
            INTO is_corrected FROM reviews_headtoheadrevision WHERE head_to_head_id = OLD.id ORDER BY number DESC LIMIT 1;
        END IF;
        IF is_corrected AND NEW.status = 'published' THEN
            NEW.revision := greatest(NEW.revision, OLD.revision + 1);
            NEW.corrected_at := now;
        END IF;
    END IF;
    IF NEW.status = 'published' AND NOT was_public THEN
        -- Tools that are being published meanwhile are waited for.
        PERFORM FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id) ORDER BY id FOR SHARE;
        SELECT CASE WHEN bool_and(public_at IS NOT NULL) THEN max(public_at) END INTO tools_public_at
        FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id);
        NEW.published_at := CASE WHEN tools_public_at IS NOT NULL THEN greatest(now, tools_public_at) END;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER head_to_head_keeps_times
    BEFORE INSERT OR UPDATE OF choice_id, quote, basis, disclosure, evidence, compared_on, status, revision ON reviews_headtohead
    FOR EACH ROW EXECUTE FUNCTION reviews_head_to_head_keeps_times();

DROP FUNCTION reviews_keep_times;
DROP FUNCTION reviews_head_to_head_needs_active_reviewer CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0015_reviews_are_read_in_order")]

    operations = [
        migrations.RunSQL(
            "\n".join(
                (
                    load_sql("reviews", "corrections"),
                    load_sql("reviews", "review_times"),
                    load_sql("reviews", "head_to_heads"),
                    FORMER,
                )
            ),
            BEFORE,
        )
    ]
