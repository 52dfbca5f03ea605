"""Times of the desk: in the zone of the reader's clock where we know it, else in UTC, and with its name."""

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.admin.zones import COOKIE, zone_of
from catalog.models import Tool
from tests.desk import fill, messages_of, open_desk, send, submit
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db
AT = datetime(2099, 12, 1, 8, 0, 1, 234_567, tzinfo=UTC)
UNKNOWN = [
    "",
    "Mars/Phobos",
    "localtime",
    "Factory",
    "europe berlin",
    "/etc/passwd",
    "../Europe/Berlin",
    "Europe",
    "Europe/Berlin\0",
    "x" * 300,
]


def desk_in(zone: str) -> Client:
    desk = open_desk()
    desk.cookies[COOKIE] = zone
    return desk


def page_of(tool: Any) -> str:
    return reverse("admin:catalog_tool_change", args=[tool.pk])


@pytest.fixture
def zones_of_python(tmp_path: Path) -> Iterator[None]:
    """As if Python knew a zone of which the database has not heard."""
    berlin = next(path for place in zoneinfo.TZPATH if (path := Path(place, "Europe/Berlin")).exists())
    (tmp_path / "Mars").mkdir()
    shutil.copy(berlin, tmp_path / "Mars" / "Olympus")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[*before, tmp_path])
    yield
    zoneinfo.reset_tzpath(to=before)


@pytest.mark.parametrize(
    ("zone", "named", "time"),
    [
        ("Europe/Berlin", "Europe/Berlin", "9 a.m."),
        ("Asia/Tokyo", "Asia/Tokyo", "5 p.m."),
        ("Mars/Phobos", "UTC", "8 a.m."),
    ],
)
def test_a_list_has_the_readers_times_and_names_the_zone(zone: str, named: str, time: str) -> None:
    ToolFactory(published_at=AT)

    page = desk_in(zone).get(reverse("admin:catalog_tool_changelist")).content.decode()

    assert f"Dec. 1, 2099, {time}" in page
    assert f"Times are in {named}, unless another zone is named." in page


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_names_no_zone_is_passed_over(name: str) -> None:
    assert str(zone_of(name)) == "UTC"


def test_a_zone_that_the_database_does_not_know_is_passed_over(zones_of_python: None) -> None:
    assert str(zoneinfo.ZoneInfo("Mars/Olympus")) == "Mars/Olympus"
    assert str(zone_of("Mars/Olympus")) == "UTC"


def test_a_list_by_day_goes_by_the_readers_days() -> None:
    ToolFactory(name="Late", published_at="2026-11-01T23:30Z")
    ToolFactory(name="Early", published_at="2026-11-01T22:30Z")

    days = "?published_at__year=2026&published_at__month=11&published_at__day=2"
    found = desk_in("Europe/Berlin").get(f"{reverse('admin:catalog_tool_changelist')}{days}").context["cl"]

    assert [tool.name for tool in found.result_list] == ["Late"]


def test_other_pages_keep_to_utc(client: Client) -> None:
    ToolFactory(slug="alpha", published_at="2026-11-01T08:00Z")
    client.cookies[COOKIE] = "Asia/Tokyo"

    assert client.get("/api/v1/tools/alpha").json()["published_at"] == "2026-11-01T08:00:00Z"


def test_a_date_is_shown_and_taken_in_the_readers_zone() -> None:
    tool = ToolFactory(status="draft", published_at=AT, pricing_checked_on="2026-11-01")
    desk = desk_in("Asia/Tokyo")

    # What the test reads of a form, it reads after the page was made.
    with timezone.override("Asia/Tokyo"):
        shown = fill(desk.get(page_of(tool)).context)
        told = submit(desk, page_of(tool), published_at_1="18:00", _move="schedule")

    assert (str(shown["published_at_1"]), shown["zone"]) == ("17:00:01", "Asia/Tokyo")
    tool.refresh_from_db()
    assert tool.published_at == datetime(2099, 12, 1, 9, 0, tzinfo=UTC)
    assert "It becomes public at 2099-12-01 18:00 JST." in messages_of(told)
    assert "Scheduled for 2099-12-01 18:00 JST" in desk.get(page_of(tool)).content.decode()


# The second 02:30 of a night in which clocks are put back, and a time to the microsecond.
@pytest.mark.parametrize(
    "moment", [datetime(2099, 10, 25, 1, 30, tzinfo=UTC), AT], ids=["shown twice", "exact"]
)
def test_a_date_that_nobody_touched_is_saved_as_it_was(moment: datetime) -> None:
    tool = ToolFactory(status="draft", published_at=moment)

    with timezone.override("Europe/Berlin"):
        submit(desk_in("Europe/Berlin"), page_of(tool), tagline="Mine.")

    tool.refresh_from_db()
    assert (tool.published_at, tool.tagline) == (moment, "Mine.")


def test_a_time_that_the_readers_clock_never_shows_is_one_where_the_field_says() -> None:
    tool = ToolFactory(status="draft", published_at=None)
    gap = {"published_at_0": "2099-03-29", "published_at_1": "02:30"}

    submit(desk_in("Europe/Berlin"), page_of(tool), **gap, zone="America/New_York")

    tool.refresh_from_db()
    assert tool.published_at == datetime(2099, 3, 29, 6, 30, tzinfo=UTC)


def test_anothers_date_that_a_form_takes_in_stands_in_the_readers_zone() -> None:
    tool, desk = ToolFactory(status="draft", published_at=None), desk_in("Asia/Tokyo")
    older = fill(desk.get(page_of(tool)).context)
    Tool.objects.filter(pk=tool.pk).update(published_at="2099-12-01T08:00Z")

    with timezone.override("Asia/Tokyo"):
        refused = send(desk, page_of(tool), older | {"zone": "Europe/Berlin", "tagline": "Mine."})
        send(desk, page_of(tool), fill(refused.context))

    tool.refresh_from_db()
    assert (f"{tool.published_at:%H:%M}", tool.tagline) == ("08:00", "Mine.")
