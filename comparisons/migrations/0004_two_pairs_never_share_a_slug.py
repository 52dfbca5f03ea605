"""Two pairs never share a slug, and no text of theirs has invisible characters."""

import catalog.validators
import django.core.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from backend.api.sql import load_sql

# Where two pairs share a slug already, the one that readers can open has it: published before draft, then the older one.
NAME_PAIRS = """
UPDATE comparisons_comparison SET pair_slug = named.slug
FROM (
    SELECT DISTINCT ON (slug) id, slug
    FROM (
        SELECT c.id, f.slug || '-vs-' || s.slug AS slug, c.status, c.created_at
        FROM comparisons_comparison c
        JOIN catalog_tool f ON f.id = c.first_tool_id
        JOIN catalog_tool s ON s.id = c.second_tool_id
    ) AS pairs
    ORDER BY slug, status = 'published' DESC, created_at, id
) AS named
WHERE named.id = comparisons_comparison.id;
"""

DROP = "DROP FUNCTION comparisons_name_pair CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_search_reads_what_people_type"),
        ("comparisons", "0003_verdicts_keep_their_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="pair_slug",
            field=models.CharField(editable=False, max_length=514, null=True),
        ),
        migrations.RunSQL(NAME_PAIRS, migrations.RunSQL.noop),
        migrations.RunSQL(load_sql("comparisons", "pair_slugs"), DROP),
        migrations.AlterField(
            model_name="comparison",
            name="editor_note",
            field=models.TextField(
                blank=True,
                validators=[
                    django.core.validators.MaxLengthValidator(5000),
                    catalog.validators.validate_visible_text,
                ],
            ),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="source_url",
            field=models.URLField(
                blank=True,
                help_text="Where the pair was found, for curators only.",
                max_length=1000,
                validators=[catalog.validators.validate_web_address],
            ),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="title",
            field=models.CharField(
                blank=True,
                help_text="Empty: the tools' names.",
                max_length=450,
                validators=[catalog.validators.validate_visible_text],
            ),
        ),
        migrations.AddConstraint(
            model_name="comparison",
            constraint=models.UniqueConstraint(fields=("pair_slug",), name="two_pairs_never_share_a_slug"),
        ),
        AddConstraintNotValid(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "title__regex",
                            "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                        ),
                        _negated=True,
                    ),
                    models.Q(
                        (
                            "editor_note__regex",
                            "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(^|[\\u0001-\\u05ff])[\\u200c\\u200d]|[\\u200c\\u200d]([\\u0001-\\u05ff]|$)",
                        ),
                        _negated=True,
                    ),
                ),
                name="comparison_text_is_visible",
            ),
        ),
        AddConstraintNotValid(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source_url", ""),
                    ("source_url__iregex", "^https?://[^\\s/?#@\\\\]+([/?#][^\\s\\\\]*)?$"),
                    _connector="OR",
                ),
                name="comparison_source_is_a_web_address",
            ),
        ),
    ]
