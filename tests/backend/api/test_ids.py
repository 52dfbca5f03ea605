"""Ids of rows."""

from datetime import UTC, datetime, timedelta

from backend.api.ids import id_before, new_id


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(1_000)]

    assert sorted(ids) == ids
    assert {identity.version for identity in ids} == {7}


def test_ids_of_later_than_a_moment_are_greater_than_that_before_it() -> None:
    now, identity = datetime.now(UTC), new_id()

    assert id_before(now - timedelta(milliseconds=2)) < identity < id_before(now + timedelta(minutes=1))
