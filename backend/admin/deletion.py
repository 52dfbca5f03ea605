"""What goes with a row that is deleted, and what keeps it: in words and counts, however many rows these are."""

from collections import Counter
from collections.abc import Iterator

from django.contrib.admin.utils import model_ngettext
from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel

from backend.admin.bounded import counts_of

# Rows that the database refuses to leave behind.
_KEEPING = {models.PROTECT, models.RESTRICT}


class Consequences:
    """Counts, by model, of the rows that go along, that lose what they refer to, and that keep the row from going.

    What only follows from other rows, such as counts, nobody would miss: it is left out.

    One query for the rows themselves, and one for each kind that goes along, whatever the number of rows.
    """

    def __init__(self, rows: models.QuerySet[models.Model]) -> None:
        self.goes: Counter[type[models.Model]] = Counter()
        self.loses: Counter[type[models.Model]] = Counter()
        self.keeps: Counter[type[models.Model]] = Counter()
        self._look(rows)

    def _look(self, rows: models.QuerySet[models.Model]) -> None:
        relations = [each for each in _relations(rows.model) if not _only_follows(each)]
        referring_rows = [
            relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows.values("pk")})
            for relation in relations
        ]
        for relation, referring, count in zip(
            relations, referring_rows, counts_of(referring_rows), strict=True
        ):
            if not count:
                continue
            on_delete = getattr(relation, "on_delete", models.CASCADE)
            if on_delete in _KEEPING:
                self.keeps[relation.related_model] += count
            elif on_delete is models.CASCADE:
                self.goes[relation.related_model] += count
                self._look(referring)
            else:
                self.loses[relation.related_model] += count


def _relations(model: type[models.Model]) -> Iterator[ForeignObjectRel]:
    """Of the models that refer to this one; rows between many and many just go."""
    for relation in model._meta.get_fields(include_hidden=True):
        if (
            isinstance(relation, ForeignObjectRel)
            and not relation.many_to_many
            and not relation.related_model._meta.auto_created
        ):
            yield relation


def _only_follows(relation: ForeignObjectRel) -> bool:
    """Whether its rows have no key but that of the row that they are about, go by a trigger's doing, or say so."""
    by_trigger = getattr(relation, "on_delete", None) is models.DO_NOTHING
    return by_trigger or relation.field.primary_key or getattr(relation.related_model, "is_derived", False)


def in_words(counts: Counter[type[models.Model]]) -> list[str]:
    """`3 conditions`, the largest number first. What stands behind a colon in a name is for headings."""
    return [
        f"{count:,} {model_ngettext(model._meta, count).partition(':')[0]}"
        for model, count in counts.most_common()
    ]
