"""Pairs know when readers could first read them, apart from the date shown; changes of pairs are kept."""

from django.db import migrations, models

from backend.api.sql import load_sql

# As today's triggers would say it: not before both tools.
FILL = """
UPDATE comparisons_comparison SET public_at = greatest(
    comparisons_comparison.published_at,
    CASE WHEN one.public_at > now() THEN one.public_at END,
    CASE WHEN other.public_at > now() THEN other.public_at END
)
FROM catalog_tool one, catalog_tool other
WHERE one.id = first_tool_id AND other.id = second_tool_id AND comparisons_comparison.status <> 'draft'
    AND one.public_at IS NOT NULL AND other.public_at IS NOT NULL;
UPDATE comparisons_comparison SET editor_note = replace(replace(editor_note, E'\\r\\n', E'\\n'), E'\\r', E'\\n')
WHERE strpos(editor_note, E'\\r') > 0;
"""

DROP = """
DROP TRIGGER comparison_keeps_publication ON comparisons_comparison;
DROP FUNCTION comparisons_wait_for_tools CASCADE;
DROP FUNCTION comparisons_follow_tool CASCADE;
DROP TRIGGER comparison_insert_is_kept ON comparisons_comparison;
DROP TRIGGER comparison_update_is_kept ON comparisons_comparison;
DROP TRIGGER comparison_delete_is_kept ON comparisons_comparison;
DROP TRIGGER comparison_unifies_line_ends ON comparisons_comparison;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0004_changes_leave_who_and_why"),
        ("catalog", "0006_tools_know_when_they_became_public"),
        ("comparisons", "0005_comparisons_are_checked_for_what_they_look"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="public_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("comparisons", "publication") + load_sql("comparisons", "history"), DROP),
    ]
