"""What goes with a row that is deleted, and what keeps it: in words and counts, however many rows these are."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib.admin.utils import model_ngettext
from django.db import models

# Rows that the database refuses to leave behind.
_KEEPING = {models.PROTECT, models.RESTRICT}


class Consequences:
    """Counts, by model, of the rows that go along, that lose what they refer to, and that keep the row from going.

    One query for each kind of row that refers to one that goes, whatever the number of rows.
    """

    def __init__(self, rows: models.QuerySet[models.Model]) -> None:
        self.goes: Counter[type[models.Model]] = Counter()
        self.loses: Counter[type[models.Model]] = Counter()
        self.keeps: Counter[type[models.Model]] = Counter()
        self._look(rows)

    def _look(self, rows: models.QuerySet[models.Model]) -> None:
        for relation in _relations(rows.model):
            referring = relation.related_model._base_manager.filter(
                **{f"{relation.field.name}__in": rows.values("pk")}
            )
            if not (count := referring.count()):
                continue
            on_delete = getattr(relation, "on_delete", models.CASCADE)
            if on_delete in _KEEPING:
                self.keeps[relation.related_model] += count
            elif on_delete is models.CASCADE:
                self.goes[relation.related_model] += count
                self._look(referring)
            else:
                self.loses[relation.related_model] += count


def _relations(model: type[models.Model]) -> Iterator[Any]:
    """Of the models that refer to this one; rows between many and many just go."""
    for relation in model._meta.get_fields(include_hidden=True):
        is_reference = relation.auto_created and not relation.concrete and not relation.many_to_many
        other: Any = relation.related_model
        if is_reference and not other._meta.auto_created:
            yield relation


def in_words(counts: Counter[type[models.Model]]) -> list[str]:
    """`3 conditions of a tool`, the largest number first."""
    return [f"{count:,} {model_ngettext(model._meta, count)}" for model, count in counts.most_common()]
