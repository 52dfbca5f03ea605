"""Within a number of bytes, what is asked for again stays and what is asked for once gives way."""

import os
import resource
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from backend.response_cache.responses import OVERHEAD_BYTES, CachedResponse
from backend.response_cache.store import ALIAS_BYTES, MOST_ALIASES, Store

KIBIBYTE = 1 << 10


def response(size: int = KIBIBYTE, *, generation: int = 0) -> CachedResponse:
    return CachedResponse(
        HttpResponse(os.urandom(size), headers={"ETag": '"e"'}), view="tea", generation=generation, began=0.0
    )


def fill(store: Store, name: str, number: int) -> None:
    for n in range(number):
        store.put(f"{name}-{n}", response())


def use(store: Store, *addresses: str) -> None:
    for address in addresses:
        if entry := store.find(address):
            entry.use()


def test_what_is_put_is_found_by_its_address_and_by_other_spellings() -> None:
    store, cached = Store(limit=100 * KIBIBYTE), response()
    store.put("/teas?kind=green", cached)

    store.add_alias("/teas?kind=green&", "/teas?kind=green")

    found = [store.find(address) for address in ("/teas?kind=green", "/teas?kind=green&")]
    assert [entry.response for entry in found if entry] == [cached, cached]
    assert store.find("/teas") is None


def test_a_flood_of_other_addresses_pushes_out_nothing_that_is_asked_for() -> None:
    store = Store(limit=200 * KIBIBYTE)
    hot = [f"hot-{n}" for n in range(20)]
    for address in hot:
        store.put(address, response())
    use(store, *hot)

    for n in range(10_000):
        store.put(f"flood-{n}", response())
        # As somebody does meanwhile.
        use(store, hot[n % len(hot)])
        assert store.size <= 200 * KIBIBYTE

    assert all(store.find(address) for address in hot)


def test_a_flood_that_asks_twice_pushes_out_nothing_that_is_asked_for_more_often() -> None:
    store = Store(limit=200 * KIBIBYTE)
    hot = [f"hot-{n}" for n in range(10)]
    for address in hot:
        store.put(address, response())

    for n in range(10_000):
        store.put(f"flood-{n}", response())
        use(store, f"flood-{n}", hot[n % len(hot)])

    assert all(store.find(address) for address in hot)
    assert store.size <= 200 * KIBIBYTE


def test_what_nobody_asks_for_any_longer_gives_way() -> None:
    store = Store(limit=100 * KIBIBYTE)
    store.put("old", response())
    use(store, "old")

    for n in range(1_000):
        store.put(f"new-{n}", response())
        use(store, f"new-{n}")

    assert store.find("old") is None


def test_what_was_asked_for_stays_known_when_it_is_rendered_anew() -> None:
    store = Store(limit=100 * KIBIBYTE)
    store.put("tea", response())
    use(store, "tea")
    fill(store, "flood", 1_000)
    later = response()

    store.put("tea", later)

    entry = store.find("tea")
    assert entry
    assert entry.response is later
    assert len(store) <= 100


def test_an_answer_from_before_a_change_replaces_none_from_after_it() -> None:
    store, later, earlier = Store(limit=100 * KIBIBYTE), response(generation=2), response(generation=1)
    store.put("tea", later)

    store.put("tea", earlier)

    entry = store.find("tea")
    assert entry
    assert entry.response is later


def test_an_answer_longer_than_a_part_of_all_is_not_kept() -> None:
    store = Store(limit=100 * KIBIBYTE)
    store.put("small", response())

    store.put("large", response(20 * KIBIBYTE))

    assert store.find("large") is None
    assert store.find("small") is not None
    assert len(store) == 1


def test_nothing_is_kept_within_no_bytes() -> None:
    store = Store(limit=0)

    store.put("tea", response())
    store.add_alias("other", "tea")

    assert (store.find("tea"), store.find("other"), len(store), store.size) == (None, None, 0, 0)


def test_an_address_has_few_spellings_and_they_go_with_it() -> None:
    store = Store(limit=100 * KIBIBYTE)
    store.put("tea", response())
    for n in range(50):
        store.add_alias(f"spelling-{n}", "tea")
    known = [n for n in range(50) if store.find(f"spelling-{n}")]

    fill(store, "flood", 1_000)

    assert len(known) == MOST_ALIASES
    assert [n for n in range(50) if store.find(f"spelling-{n}")] == []


def test_its_size_is_that_of_all_that_it_keeps() -> None:
    store = Store(limit=1_000 * KIBIBYTE)
    cached = CachedResponse(
        HttpResponse(b"tea " * 256, headers={"ETag": '"e"'}), view="tea", generation=0, began=0.0
    )

    store.put("tea", cached)
    store.add_alias("other", "tea")
    before = store.size
    packed = len(cached.variant("gzip").body)
    store.measure("tea")

    assert before == 2 * OVERHEAD_BYTES + 1_024 + len("tea" + "other") + 2 * ALIAS_BYTES
    assert store.size == before + OVERHEAD_BYTES + packed


@pytest.mark.parametrize("size", [2_000, 10_000])
def test_memory_holds_no_more_than_the_store_says(size: int) -> None:
    """Of 2,000 answers; what the interpreter keeps beside them is a tenth at most."""
    store = Store(limit=100 << 20)
    headers: dict[str, Any] = {f"Header-{n}": f"{n} " * 20 for n in range(14)}
    before = resident()

    for n in range(2_000):
        body = HttpResponse(os.urandom(size), headers={"ETag": f'"{n}"', **headers})
        store.put(f"/api/v1/teas/{n}", CachedResponse(body, view="tea", generation=0, began=0.0))

    assert resident() - before <= store.size * 1.1 + (2 << 20)


def resident() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
