"""Which steps lead on from a state, and which moment a clock somewhere shows."""

from datetime import UTC, datetime

import pytest

from backend.admin.workflow import Move, moves_from, refusal_of_step, steps_of, time_in_zone, zone_called

MOVES = [
    Move("hand_in", "Hand in", ["draft"], "in_review", publishes=False),
    Move("publish", "Publish", ["draft", "in_review"], "published"),
    Move("unschedule", "Unschedule", ["published"], "draft", was_public=False),
    Move("retract", "Retract", ["published"], "retracted"),
]


@pytest.mark.parametrize(
    ("status", "was_public", "may_publish", "names"),
    [
        ("draft", False, True, ["hand_in", "publish"]),
        ("draft", False, False, ["hand_in"]),
        ("published", False, True, ["unschedule", "retract"]),
        ("published", True, True, ["retract"]),
        ("published", True, False, []),
        ("retracted", True, True, []),
    ],
)
def test_a_step_is_offered_where_it_leads_on_and_to_who_may_take_it(
    status: str, was_public: bool, may_publish: bool, names: list[str]
) -> None:
    found = moves_from(MOVES, status, was_public=was_public, may_publish=may_publish)

    assert [move.name for move in found] == names


def test_a_table_of_steps_says_which_state_may_follow_which() -> None:
    assert steps_of(MOVES[:2]) == {
        ("draft", "in_review"), ("draft", "published"), ("in_review", "published"),
    }  # fmt: skip
    assert refusal_of_step("in_review", "archived") == "What is in review does not become archived."


@pytest.mark.parametrize(
    ("shown", "zone", "moment"),
    [
        ("2026-12-01T09:00", "UTC", "2026-12-01T09:00"),
        ("2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00"),
        ("2026-07-01T09:00", "Europe/Berlin", "2026-07-01T07:00"),
        ("2026-12-01T09:00", "Asia/Kathmandu", "2026-12-01T03:15"),
        ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00"),
        ("2027-03-28T01:59", "Europe/Berlin", "2027-03-28T00:59"),
    ],
)
def test_the_moment_is_the_one_that_clocks_there_show(shown: str, zone: str, moment: str) -> None:
    expected = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert time_in_zone(datetime.fromisoformat(shown), zone_called(zone)) == expected


@pytest.mark.parametrize(
    ("shown", "zone"),
    [("9999-12-31T23:59", "America/New_York"), ("0001-01-01T00:00", "Asia/Tokyo")],
    ids=["the last day", "the first day"],
)
def test_a_moment_that_no_calendar_has_is_refused_in_words(shown: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"^That is where the calendar begins or ends: give another date\.$"):
        time_in_zone(datetime.fromisoformat(shown), zone_called(zone))


@pytest.mark.parametrize(
    ("shown", "zone", "words"),
    [
        (
            "2027-03-28T02:30",
            "Europe/Berlin",
            "Clocks in Europe/Berlin never show 2027-03-28 02:30: they are put forward then. Give another time.",
        ),
        (
            "2026-10-25T02:30",
            "Europe/Berlin",
            (
                "Clocks in Europe/Berlin show 2026-10-25 02:30 twice, because they go back then. "
                "Give the time in UTC: 00:30 or 01:30."
            ),
        ),
        (
            "2011-12-30T12:00",
            "Pacific/Apia",
            "Clocks in Pacific/Apia never show 2011-12-30 12:00: they are put forward then. Give another time.",
        ),
    ],
)
def test_a_time_that_clocks_never_show_or_show_twice_is_refused_in_words(
    shown: str, zone: str, words: str
) -> None:
    with pytest.raises(ValueError, match=r"^Clocks in") as refusal:
        time_in_zone(datetime.fromisoformat(shown), zone_called(zone))

    assert str(refusal.value) == words


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5", "UTC", "CET", "EST5EDT"]
)
def test_a_zone_that_a_person_would_choose_is_taken(name: str) -> None:
    assert str(zone_called(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Phobos", "../../etc/passwd", "/etc/passwd", "Europe", "a\x00b", "Ünïcode", "localtime", "posixrules",
        "Factory", "leapseconds", "tzdata.zi", "posix/Europe/Berlin", "right/Europe/Berlin",
    ],
)  # fmt: skip
def test_a_zone_that_is_none_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValueError, match=r"^No time zone is called"):
        zone_called(name)
