"""A catalog of any size, written by PostgreSQL itself: the same rows from run to run, but for their times.

Triggers are off while rows are written, and what triggers keep is then counted as a migration counts it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from comparisons.listings import mend_listings
from votes.rules import RULESET
from votes.tallies.publication import publish_tallies

CATEGORIES = 12
CONDITIONS = 40
REVIEWERS = 8
TABLES = (
    "catalog_tool",
    "catalog_toolalias",
    "catalog_toolfit",
    "reviews_review",
    "reviews_headtohead",
    "comparisons_comparison",
    "comparisons_verdictchange",
    "votes_voter",
    "votes_vote",
    "votes_pick",
)


@dataclass(frozen=True, slots=True)
class GrowthSize:
    """Of two tools there is a pair, of each pair there are two picks, and of twenty votes a voter."""

    tools: int
    reviews_per_tool: int = 4
    votes_per_tool: int = 10
    # Of each tool's daily lines.
    days: int = 3

    @property
    def pairs(self) -> int:
        return self.tools // 2

    @property
    def votes(self) -> int:
        return self.tools * self.votes_per_tool


# An id says what it is of and its number; `pg_temp.mixed` is a number that looks random and is the same in each run.
HELPERS = """
CREATE OR REPLACE FUNCTION pg_temp.key(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;
CREATE OR REPLACE FUNCTION pg_temp.mixed(n bigint, salt int, below int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(n, salt) & 2147483647) % below)::int
$$;
CREATE OR REPLACE FUNCTION pg_temp.prose(n bigint, salt int, length int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(words[1 + pg_temp.mixed(n, salt + place, array_length(words, 1))], ' ' ORDER BY place)
    FROM (VALUES (string_to_array('fast quiet plain agent model prompt schema budget holds writes reads tests ships '
        'review search voice image video audio chart table draft notes meeting mail code python deploy server local '
        'private offline shared team founder price free paid month seat token cache query index graph vector memory '
        'answer question source citation paper report summary translate record edit crop render sketch print', ' ')
        )) w (words),
        generate_series(1, length) AS place
$$;
"""

ROSTER = """
INSERT INTO catalog_category (id, slug, name, description, created_at, updated_at)
SELECT pg_temp.key(1, n), 'shelf-' || n, 'Shelf ' || n, '', now(), now() FROM generate_series(1, {categories}) n;
INSERT INTO catalog_condition (id, slug, name, created_at, updated_at)
SELECT pg_temp.key(11, n), 'condition-' || n, 'it must be good at task ' || n, now(), now()
FROM generate_series(1, {conditions}) n;
INSERT INTO reviews_reviewer (id, slug, name, kind, lens, motto, position, is_active, created_at, updated_at)
SELECT pg_temp.key(2, n), 'critic-' || n, 'Critic ' || n, 'persona', 'What breaks first', '', n, true, now(), now()
FROM generate_series(1, {reviewers}) n;
INSERT INTO votes_closedday (day, line_count, root)
SELECT current_date - n, 0, repeat('0', 64) FROM generate_series(1, 60) n;
"""

# Nineteen of twenty tools are published, the rest are archived or drafts; the first shelves are the fullest.
TOOLS = """
INSERT INTO catalog_tool (
    id, slug, name, tagline, description, website, logo, status, published_at, public_at, pricing_entry, pricing_model,
    pricing_starts_at, pricing_currency, pricing_unit, pricing_free_tier, pricing_note, created_at, updated_at, category_id
)
SELECT pg_temp.key(3, n), 'measured-tool-' || n, 'Measured Tool ' || initcap(pg_temp.prose(n, 100, 1)) || ' ' || n,
    pg_temp.prose(n, 200, 8), pg_temp.prose(n, 300, 20) || repeat(' It does what its page says.', 5),
    'https://tool-' || n || '.example/', '', status,
    moment, CASE WHEN status <> 'draft' THEN moment END,
    (ARRAY['free', 'freemium', 'paid'])[1 + pg_temp.mixed(n, 1, 3)], 'subscription', pg_temp.mixed(n, 2, 400) / 4.0, 'USD',
    'month', pg_temp.mixed(n, 3, 2) = 1, '', moment, moment,
    pg_temp.key(1, 1 + pg_temp.mixed(n, 4, {categories}) * pg_temp.mixed(n, 5, {categories}) / {categories})
FROM (
    SELECT n, CASE WHEN n % 20 = 0 THEN (ARRAY['draft', 'archived'])[n % 40 / 20 + 1] ELSE 'published' END AS status,
        now() - interval '2 years' + n * interval '10 minutes' AS moment
    FROM generate_series({above} + 1, {tools}) n
) numbered;
INSERT INTO catalog_toolalias (slug, tool_id)
SELECT 'earlier-tool-' || n, pg_temp.key(3, n) FROM generate_series({above} + 1, {tools}) n WHERE n % 10 = 1;
INSERT INTO catalog_toolfit (id, tool_id, condition_id, position, note, evidence, checked_on)
SELECT pg_temp.key(12, n * 2 + place), pg_temp.key(3, n),
    pg_temp.key(11, 1 + place * {conditions} / 2 + pg_temp.mixed(n, 40 + place, {conditions} / 2)), place, '',
    ARRAY['https://tool-' || n || '.example/docs'], current_date
FROM generate_series({above} + 1, {tools}) n, generate_series(0, 1) place;
INSERT INTO reviews_review (
    id, tool_id, reviewer_id, verdict, quote, basis, disclosure, evidence, status, reviewed_on, revision, created_at,
    updated_at, published_at
)
SELECT pg_temp.key(4, n * {reviews} + place), pg_temp.key(3, n), pg_temp.key(2, 1 + (n + place) % {reviewers}),
    CASE WHEN pg_temp.mixed(n, 10 + place, 3) < 2 THEN 'ship' ELSE 'skip' END, repeat('It does what it says. ', 20), 'read',
    '',
    ARRAY['https://tool-' || n || '.example/pricing'], 'published', current_date, 1, moment, moment, moment
FROM generate_series({above} + 1, {tools}) n, generate_series(0, {reviews} - 1) place,
    LATERAL (SELECT now() - interval '2 years' + n * interval '10 minutes' AS moment) at;
INSERT INTO comparisons_comparison (
    id, first_tool_id, second_tool_id, title, editor_note, source_url, status, published_at, public_at, pair_slug,
    created_at, updated_at
)
SELECT pg_temp.key(5, n), one.id, other.id, '', repeat('Both do what they say. ', 8), '', 'published', moment, moment,
    one.slug || '-vs-' || other.slug, moment, moment
FROM generate_series({above} / 2 + 1, {tools} / 2 - 1) n
JOIN catalog_tool one ON one.id IN (pg_temp.key(3, 2 * n - 1), pg_temp.key(3, 2 * n + 1))
JOIN catalog_tool other ON other.id IN (pg_temp.key(3, 2 * n - 1), pg_temp.key(3, 2 * n + 1))
    AND other.slug > one.slug COLLATE "C",
    LATERAL (SELECT now() - interval '1 year' + n * interval '5 minutes' AS moment) at;
INSERT INTO reviews_headtohead (
    id, reviewer_id, first_tool_id, second_tool_id, choice_id, quote, basis, disclosure, evidence, status, revision,
    created_at, updated_at, published_at
)
SELECT pg_temp.key(10, n), pg_temp.key(2, 1 + n % {reviewers}), pg_temp.key(3, 2 * n - 1), pg_temp.key(3, 2 * n + 1), NULL,
    'Either does.', 'synthetic', '', ARRAY[]::varchar[], 'published', 1, moment, moment, moment
FROM generate_series({above} / 2 + 1, {tools} / 2 - 1) n,
    LATERAL (SELECT now() - interval '1 year' + n * interval '5 minutes' AS moment) at;
INSERT INTO comparisons_verdictchange (id, comparison_id, number, changed_at, cause, outcome, margin, rule)
SELECT pg_temp.key(9, n), pg_temp.key(5, n), 1, now() - interval '1 day', 'first', 'tie', 0, '2026-11'
FROM generate_series({above} / 2 + 1, {tools} / 2 - 1) n;
"""

# Votes thin out from the first tools on, and each comes from a network of its own.
VOTES = """
INSERT INTO votes_voter (id, key, assurance, created_at)
SELECT pg_temp.key(6, n), sha256(n::text::bytea), 1, now() - interval '1 year'
FROM generate_series({votes_above} / 20 + 1, {votes} / 20) n;
INSERT INTO votes_vote (
    id, voter_id, tool_id, value, status, reasons, ruleset, origin, site_hash, provider_hash, created_at, updated_at
)
SELECT pg_temp.key(7, n), pg_temp.key(6, 1 + n % ({votes} / 20)), pg_temp.key(3, tool),
    CASE WHEN pg_temp.mixed(n, 20, 100) < 20 + pg_temp.mixed(tool, 21, 60) THEN 'ship' ELSE 'skip' END, 'counted',
    '{{}}', '{ruleset}', int8send(n), int8send(n), int8send(n), moment, moment
FROM (
    SELECT n, 1 + floor({tools} * (pg_temp.mixed(n, 22, 1000000) / 1000000.0) ^ 2)::int AS tool,
        now() - interval '1 day' - pg_temp.mixed(n, 23, 15000000) * interval '1 second' AS moment
    FROM generate_series({votes_above} + 1, {votes}) n
) cast_votes
ON CONFLICT DO NOTHING;
INSERT INTO votes_pick (
    id, voter_id, first_tool_id, second_tool_id, chosen_tool_id, status, reasons, ruleset, created_at, updated_at
)
SELECT pg_temp.key(8, n), pg_temp.key(6, 1 + n % ({votes} / 20)), least(c.first_tool_id, c.second_tool_id),
    greatest(c.first_tool_id, c.second_tool_id),
    CASE WHEN pg_temp.mixed(n, 30, 2) = 0 THEN c.first_tool_id ELSE c.second_tool_id END, 'counted', '{{}}', '{ruleset}',
    now() - interval '2 days', now() - interval '2 days'
FROM generate_series({above} + 1, {tools}) n
JOIN comparisons_comparison c
    ON c.id = pg_temp.key(5, 1 + floor(({tools} / 2 - 1) * (pg_temp.mixed(n, 31, 1000000) / 1000000.0) ^ 2)::int)
ON CONFLICT DO NOTHING;
INSERT INTO votes_tallyday (tool_id, day, ship, skip, pending, quarantined, rejected, ruleset, digest)
SELECT pg_temp.key(3, n), current_date - back, 1, 1, 0, 0, 0, '{ruleset}', repeat('0', 64)
FROM generate_series({above} + 1, {tools}) n, generate_series(1, {days}) back;
"""

KEPT = """
UPDATE catalog_conditioncount c SET tools = (
    SELECT count(*) FROM catalog_toolfit f JOIN catalog_tool t ON t.id = f.tool_id
    WHERE f.condition_id = c.condition_id AND t.status = 'published'
);
INSERT INTO reviews_panel (tool_id, ship, skip)
SELECT t.id, count(*) FILTER (WHERE r.verdict = 'ship'), count(*) FILTER (WHERE r.verdict = 'skip')
FROM catalog_tool t LEFT JOIN reviews_review r ON r.tool_id = t.id AND r.status = 'published' GROUP BY t.id
ON CONFLICT DO NOTHING;
INSERT INTO votes_publishedtally (tool_id) SELECT id FROM catalog_tool ON CONFLICT DO NOTHING;
INSERT INTO votes_tally AS t (tool_id, ship, skip)
SELECT tool.id, count(*) FILTER (WHERE value = 'ship'), count(*) FILTER (WHERE value = 'skip')
FROM catalog_tool tool LEFT JOIN votes_vote v ON v.tool_id = tool.id GROUP BY tool.id
ON CONFLICT (tool_id) DO UPDATE SET ship = excluded.ship, skip = excluded.skip;
INSERT INTO votes_picktally AS t (first_tool_id, second_tool_id, first, second)
SELECT first_tool_id, second_tool_id, count(*) FILTER (WHERE chosen_tool_id = first_tool_id),
    count(*) FILTER (WHERE chosen_tool_id = second_tool_id)
FROM votes_pick GROUP BY 1, 2
ON CONFLICT (first_tool_id, second_tool_id) DO UPDATE SET first = excluded.first, second = excluded.second;
SELECT comparisons_count_pair_panels(array_agg(id)) FROM comparisons_comparison;
"""


def grow(*, above: int, size: GrowthSize) -> None:
    """Writes the tools numbered from `above` + 1 on, with all that belongs to them, and counts what triggers would."""
    values = {
        "above": above,
        "tools": size.tools,
        "reviews": size.reviews_per_tool,
        "votes": size.votes,
        "days": size.days,
        "votes_above": above * size.votes_per_tool,
        "categories": CATEGORIES,
        "reviewers": REVIEWERS,
        "conditions": CONDITIONS,
        "ruleset": RULESET,
    }
    with connection.cursor() as cursor:
        # A statement of 100,000 tools may take longer than any of the product.
        cursor.execute("SET statement_timeout = 0")
        for statement in HELPERS.split(";\n"):
            cursor.execute(statement)
        with triggers_off(cursor):
            for statements in ([] if above else [ROSTER]) + [TOOLS, VOTES, "ANALYZE", KEPT]:
                for statement in statements.format(**values).split(";\n"):
                    cursor.execute(statement)
    publish_tallies(now=timezone.now())
    mend_listings()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def triggers_off(cursor: CursorWrapper) -> Iterator[None]:
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
