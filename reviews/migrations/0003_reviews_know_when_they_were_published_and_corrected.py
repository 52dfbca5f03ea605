"""A review knows when it was published and when it was last corrected.

Reviews from before get the nearest times that are known.
"""

from django.db import migrations, models

# Without the times of tools and the table of former texts, which come with 0007.
EARLIER_TRIGGER = """
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

GIVE_TIMES = """
UPDATE reviews_review
SET published_at = created_at, corrected_at = CASE WHEN revision > 1 THEN updated_at END
WHERE status <> 'draft';
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0002_panels_count_themselves")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="published_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="corrected_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(
            EARLIER_TRIGGER + GIVE_TIMES,
            "DROP FUNCTION reviews_review_keeps_times CASCADE",
        ),
    ]
