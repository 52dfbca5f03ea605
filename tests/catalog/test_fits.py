"""Conditions that were read along with a tool or a pair."""

from datetime import UTC, date, datetime

from catalog.fits import ConditionReference, FitRow, ShownFit, read_fits


def test_rows_of_json_become_values_in_their_order() -> None:
    row: FitRow = {
        "slug": "offline",
        "name": "it must run without a network",
        "note": "",
        "evidence": ["https://example.com/docs"],
        "checked_on": "2026-10-20",
        "changed_at": "2026-10-21T10:00:00+00:00",
    }

    fits = read_fits([row, {**row, "slug": "cheap"}])

    assert [fit.condition.slug for fit in fits] == ["offline", "cheap"]
    assert fits[0] == ShownFit(
        condition=ConditionReference("offline", "it must run without a network"),
        note="",
        evidence=("https://example.com/docs",),
        checked_on=date(2026, 10, 20),
        changed_at=datetime(2026, 10, 21, 10, tzinfo=UTC),
    )
