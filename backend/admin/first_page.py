"""The first page of the desk: what waits for its reader, and blocks that apps declare. Nothing here names an app.

What takes long to find out is found by a worker every few minutes and kept in Redis, so that the page costs the same,
however much there is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from django.core.cache import cache
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from redis.exceptions import RedisError

from backend.admin.bounded import counts_of

# Nobody works through more, and nobody waits until they are counted.
MOST_COUNTED = 1_000
# A worker counts anew long before; afterwards the page says that nothing is known.
KEPT_SECONDS = 86_400
Counted = TypeVar("Counted")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that wait for users with all of `permissions`, except users with any of `unless`: they leave them to others.

    `page` names the list that shows them, with `query`. `rows` are found by an index that holds few others.
    """

    one: str
    many: str
    rows: Callable[[], QuerySet[Model]]
    page: str
    permissions: Sequence[str]
    query: Mapping[str, str] = field(default_factory=dict)
    unless: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Block(Generic[Counted]):
    """A part of the page for users who hold any of `permissions`, in the order of `place`.

    `count` finds out what takes long, for `read` to show; it returns plain values, which a later release can read. `read`
    makes the template's context from it, None until a worker has counted, or leaves the block out with None.
    """

    name: str
    place: int
    template: str
    permissions: Sequence[str]
    read: Callable[[HttpRequest, Counted | None], Mapping[str, object] | None]
    count: Callable[[datetime], Counted] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A number of rows in words, and the list behind it."""

    number: str
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as this reader gets it."""

    name: str
    template: str
    context: Mapping[str, object]


WAITING: list[Waiting] = []
# Any: each block shows what it counts itself.
AnyBlock: TypeAlias = Block[Any]
BLOCKS: dict[str, AnyBlock] = {}


def declare(*, waiting: Iterable[Waiting] = (), blocks: Iterable[AnyBlock] = ()) -> None:
    """What an app has for the page; once each, when its admin pages are loaded."""
    WAITING.extend(waiting)
    BLOCKS.update({block.name: block for block in blocks})


def waiting_for(request: HttpRequest) -> list[Told]:
    """What waits for this reader, without what is nothing: one query."""
    may = request.user.has_perm
    asked = [each for each in WAITING if all(map(may, each.permissions)) and not any(map(may, each.unless))]
    return [
        Told(written(number), each.one if number == 1 else each.many, address_of(each.page, each.query))
        for each, number in zip(asked, count_up_to([each.rows() for each in asked]), strict=True)
        if number
    ]


def blocks_for(request: HttpRequest) -> list[Shown]:
    """The blocks that this reader may see, in order."""
    asked = sorted(
        (block for block in BLOCKS.values() if any(map(request.user.has_perm, block.permissions))),
        key=lambda block: block.place,
    )
    kept = _kept([block.name for block in asked if block.count])
    shown = ((block, block.read(request, kept.get(_key(block.name)))) for block in asked)
    return [Shown(block.name, block.template, context) for block, context in shown if context is not None]


def count_blocks(*, now: datetime) -> None:
    """Finds out anew what takes long, for everybody: seconds, in a worker."""
    for block in BLOCKS.values():
        if block.count:
            cache.set(_key(block.name), block.count(now), KEPT_SECONDS)


def count_up_to(rows: Sequence[QuerySet[Model]], most: int = MOST_COUNTED) -> list[int]:
    """How many each of them has, and `most` + 1 of more: one query, which reads no more rows than that."""
    return counts_of([each.order_by()[: most + 1] for each in rows])


def written(number: int, most: int = MOST_COUNTED) -> str:
    return f"more than {most:,}" if number > most else f"{number:,}"


def address_of(page: str, query: Mapping[str, str]) -> str:
    return reverse(f"admin:{page}", query=dict(query) or None)


def _kept(names: Iterable[str]) -> dict[str, object]:
    """Without Redis nothing is known, and the page is there all the same."""
    with suppress(RedisError):
        return dict(cache.get_many([_key(name) for name in names]))
    return {}


def _key(name: str) -> str:
    return f"first-page:{name}"
