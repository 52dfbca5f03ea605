"""Ids of rows."""

from backend.api.ids import new_id


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(1_000)]

    assert sorted(ids) == ids
    assert {identity.version for identity in ids} == {7}
