"""The reviewers of a catalog file beside those of the database: which places they get, and who leaves."""

import json
from collections.abc import Collection, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

from comparisons.catalog_file.format import REVIEWER_COLUMNS, Row
from comparisons.catalog_file.upsert import Table, assign, locked
from reviews.models import Reviewer

DEMO_FILE = Path(__file__).with_name("demo") / "catalog.json"
# The last place that the roster's column holds.
LAST_POSITION = 32_767


class Roster:
    """What becomes of the reviewers. `inactive` ones answer no more pairs; what they said before may be in a file."""

    def __init__(self, table: Table[Reviewer]) -> None:
        self.inactive: set[UUID] = set()
        self._table = table
        # Mottos of the database's reviewers that the file doesn't name, by slug.
        self._strangers: dict[str, str] = {}
        self._leaving: list[UUID] = []

    def take(self, rows: Collection[Row]) -> dict[str, UUID]:
        """The ids of all reviewers, of the file and of the database, by slug. The rows' slugs differ."""
        by_slug = {reviewer.slug: reviewer for reviewer in locked(Reviewer.objects.all())}
        taken = [reviewer.position for reviewer in by_slug.values()]
        was_inactive = {slug for slug, reviewer in by_slug.items() if not reviewer.is_active}
        last = max([*taken, *(row.values.get("position", 0) for row in rows)], default=0)
        # Beyond the last place they share it.
        free = (min(place, LAST_POSITION) for place in count(1 + last))
        for row in rows:
            slug = row.values["slug"]
            if slug not in by_slug:
                by_slug[slug] = Reviewer(slug=slug, position=0 if "position" in row.values else next(free))
            reviewer = by_slug[slug]
            self._table.take(reviewer, slug, assign(reviewer, row.values, REVIEWER_COLUMNS))
            if not reviewer.is_active and slug not in was_inactive:
                self._leaving.append(reviewer.id)
                reviewer.is_active = True
        named = {row.values["slug"] for row in rows}
        self._strangers = {slug: item.motto for slug, item in by_slug.items() if slug not in named}
        self.inactive = {by_slug[slug].id for slug in was_inactive if not by_slug[slug].is_active}
        return {slug: reviewer.id for slug, reviewer in by_slug.items()}

    def warnings(self) -> Iterator[str]:
        """Where reviewers of the demo stay beside the file's: every panel would hold both."""
        if not self._strangers:
            return
        demo = json.loads(DEMO_FILE.read_bytes())
        mottos = {reviewer["slug"]: reviewer["motto"] for reviewer in demo["reviewers"]}
        left = [slug for slug, motto in self._strangers.items() if mottos.get(slug) == motto]
        if left:
            yield (
                f"the database holds the demo's content: its reviewers ({', '.join(sorted(left))}), tools and votes "
                "stay beside this file's. A catalog of your own begins with an empty database."
            )

    def let_leave(self) -> None:
        """Last, for what the file says of them is from before: the database takes no answer of who has left."""
        if self._leaving:
            Reviewer.objects.filter(pk__in=self._leaving).update(is_active=False)
