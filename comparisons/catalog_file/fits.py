"""What a catalog file says of conditions: which there are, and which of them each tool and pair fits."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from django.db import connection

from backend.api.json_type import Json
from backend.api.quoting import quoted
from catalog.models import MAX_CONDITIONS, MAX_FITS, Condition, ToolFit
from comparisons.catalog_file.format import CONDITION_COLUMNS, FIT_COLUMNS, Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.upsert import Edit, Table, assign, locked
from comparisons.models import Comparison, PairFit

FitT = TypeVar("FitT", ToolFit, PairFit)


def plan_conditions(rows: Iterable[Row], table: Table[Condition], errors: Problems) -> dict[str, UUID]:
    """Takes the file's conditions into the table; gives the ids of all, by slug. At most two queries."""
    by_slug = {condition.slug: condition for condition in locked(Condition.objects.all())}
    places = {}
    for row in rows:
        slug = row.values["slug"]
        condition = by_slug.setdefault(slug, Condition(slug=slug))
        table.take(condition, slug, assign(condition, row.values, CONDITION_COLUMNS))
        places[slug] = row.place
        if len(by_slug) > MAX_CONDITIONS:
            errors += [f"{row.place}: is one more than the {MAX_CONDITIONS} conditions that there may be"]
            break
    if places:
        errors += _said_twice(by_slug.values(), places)
    return {slug: condition.id for slug, condition in by_slug.items()}


def _said_twice(conditions: Collection[Condition], places: Mapping[str, str]) -> Iterator[str]:
    """Conditions of the file that say in the same words what another says, as the database compares words."""
    names = [condition.name for condition in conditions if condition.name]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, catalog_search_words(name) FROM unnest(%s::text[]) AS name", [names])
        words = {name: tuple(words) for name, words in cursor.fetchall()}
    slugs: dict[tuple[str, ...], str] = {}
    # Those that the file doesn't name first: they were there before.
    for condition in sorted(conditions, key=lambda condition: condition.slug in places):
        said = words.get(condition.name, ())
        if said and said in slugs and condition.slug in places:
            yield f"{places[condition.slug]}.name: {quoted(slugs[said])} says the same"
        slugs.setdefault(said, condition.slug)


class FitLists(Generic[FitT]):
    """The conditions of tools, or of pairs: of each a list, which the file's takes the place of."""

    def __init__(self, model: type[FitT], parent: str, batch_size: int) -> None:
        """`parent` is the column of what the list stands on."""
        self._model: type[FitT] = model
        self._parent = parent
        self._batch_size = batch_size
        self._present: dict[UUID, list[FitT]] = {}
        self._wanted: list[FitT] = []
        self._unwanted: list[UUID] = []

    def read(self, parents: Collection[UUID]) -> None:
        """What the database holds of these: one query, or none of none."""
        self._present = defaultdict(list)
        rows = self._model.objects.filter(**{f"{self._parent}__in": parents}) if parents else []
        for fit in sorted(rows, key=lambda fit: (fit.position, fit.id)):
            self._present[getattr(fit, self._parent)].append(fit)

    def take(self, parent: UUID, wanted: Sequence[FitT], slugs: Mapping[UUID, str]) -> Iterator[Edit]:
        """The edit from the database's list to the file's, in its order, where they differ; it is written then.

        `slugs` are those of all conditions, and of the tools.
        """
        # Of a pair each tool has a list of its own.
        present, wanted = (
            sorted(fits, key=lambda fit: fit.tool_id) for fits in (self._present.get(parent, []), wanted)
        )
        if [_said_by(fit) for fit in present] == [_said_by(fit) for fit in wanted]:
            return
        yield Edit.of("fits", _lines(present, slugs), _lines(wanted, slugs))
        ids = {(fit.tool_id, fit.condition_id): fit.id for fit in present}
        for position, fit in enumerate(wanted, 1):
            fit.position = position
            fit.id = ids.pop((fit.tool_id, fit.condition_id), fit.id)
        self._unwanted += ids.values()
        self._wanted += wanted

    def write(self) -> None:
        """Writes what was taken since the last time: two statements, and one more for each further batch."""
        if self._unwanted:
            self._model.objects.filter(id__in=self._unwanted).delete()
        self._model.objects.bulk_create(
            self._wanted,
            batch_size=self._batch_size,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["position", *FIT_COLUMNS.values()],
        )
        self._unwanted, self._wanted = [], []


def _lines(fits: Iterable[FitT], slugs: Mapping[UUID, str]) -> list[Json]:
    """A line for each: whose it is, the condition and what is said of it; in the order of the tools' slugs."""
    lines: list[Json] = []
    for fit in sorted(fits, key=lambda fit: slugs[fit.tool_id]):
        said: list[str] = [str(value) for column in FIT_COLUMNS.values() if (value := getattr(fit, column))]
        lines.append(": ".join([f"{slugs[fit.tool_id]} if {slugs[fit.condition_id]}", *said]))
    return lines


def _said_by(fit: FitT) -> tuple[object, ...]:
    return fit.tool_id, fit.condition_id, *(getattr(fit, column) for column in FIT_COLUMNS.values())


def tool_fits(row: Row, tool_id: UUID, condition_ids: Mapping[str, UUID], errors: Problems) -> list[ToolFit]:
    """The conditions of a tool's row, as they would stand in the database."""
    return [
        _filled(ToolFit(tool_id=tool_id, condition_id=condition_id), item)
        for _, item, condition_id in _conditions(row, condition_ids, errors)
    ]


def pair_fits(
    row: Row,
    comparison: Comparison,
    tool_ids: Mapping[str, UUID],
    condition_ids: Mapping[str, UUID],
    errors: Problems,
) -> list[PairFit]:
    """The conditions of a pair's row, as they would stand in the database; `tool_ids` by slug."""
    pair = {comparison.first_tool_id, comparison.second_tool_id}
    fits: list[PairFit] = []
    counts = Counter[UUID]()
    # Of each condition the tool that has it, and where.
    tools: dict[UUID, tuple[UUID, str]] = {}
    for place, item, condition_id in _conditions(row, condition_ids, errors):
        tool_id = tool_ids.get(item["tool"])
        if tool_id is None or tool_id not in pair:
            errors += [f"{place}.tool: {quoted(item['tool'])} is not one of the two tools"]
            continue
        counts[tool_id] += 1
        if counts[tool_id] == MAX_FITS + 1:
            errors += [f"{place}.tool: {quoted(item['tool'])} has more than {MAX_FITS} conditions"]
        of_tool, first = tools.setdefault(condition_id, (tool_id, place))
        if of_tool != tool_id:
            errors += [f"{place}.condition: {quoted(item['condition'])} is the other tool's at {first}"]
        fit = PairFit(comparison_id=comparison.id, tool_id=tool_id, condition_id=condition_id)
        fits.append(_filled(fit, item))
    return fits


def _conditions(
    row: Row, condition_ids: Mapping[str, UUID], errors: Problems
) -> Iterator[tuple[str, Mapping[str, Json], UUID]]:
    """Each item of `fits` with its place and its condition's id; no condition of a tool twice."""
    places: dict[tuple[Json, str], str] = {}
    for index, item in enumerate(row.values.get("fits") or ()):
        place, slug = f"{row.place}.fits[{index}]", item["condition"]
        first = places.setdefault((item.get("tool"), slug), place)
        if slug not in condition_ids:
            errors += [f"{place}.condition: no condition is called {quoted(slug)}"]
        elif first != place:
            errors += [f"{place}.condition: {quoted(slug)} stands already at {first}"]
        else:
            yield place, item, condition_ids[slug]


def _filled(fit: FitT, item: Mapping[str, Json]) -> FitT:
    assign(fit, item, FIT_COLUMNS)
    return fit
