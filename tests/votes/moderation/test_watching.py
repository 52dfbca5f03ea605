"""The page of votes over time: who may open it, what it costs, and how an action is previewed and taken on it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Tool
from tests.desk import count_queries, desk_of, messages_of, open_desk
from tests.factories import PickFactory, ToolFactory, VoteFactory
from votes.models import Alert, ModerationAction, Pick, Tally, Vote
from votes.moderation.watching import watch_address

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# A whole hour that is over and that the chart of hours shows.
AN_HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 5 * HOUR
WRITTEN = "%Y-%m-%dT%H:%M"
SPAN = {
    "action": "quarantine",
    "begins_at": AN_HOUR.strftime(WRITTEN),
    "ends_at": (AN_HOUR + HOUR).strftime(WRITTEN),
    "why": "A raid",
}


def page_of(tool: Tool) -> str:
    return f"/admin/votes/tally/{tool.pk}/votes/"


def cast(tool: Tool, count: int = 1, **fields: Any) -> None:
    VoteFactory.create_batch(count, tool=tool, **fields)
    Vote.objects.filter(tool=tool).update(created_at=AN_HOUR)


class TestWhoMayOpenIt:
    @pytest.mark.parametrize(
        ("permissions", "status"),
        [((), 403), (("change_vote", "view_tally", "moderate_pick"), 403), (("moderate_vote",), 200)],
        ids=["none", "others", "the one"],
    )
    def test_it_takes_the_permission_to_moderate_votes(
        self, permissions: tuple[str, ...], status: int
    ) -> None:
        tool = ToolFactory()
        cast(tool)
        desk = desk_of(*permissions)

        assert desk.get(page_of(tool)).status_code == status
        assert desk.post(page_of(tool), SPAN).status_code == status

    def test_without_it_nothing_is_moved(self) -> None:
        tool = ToolFactory()
        cast(tool)

        assert desk_of("view_vote").post(page_of(tool), {**SPAN, "confirm": "x"}).status_code == 403
        assert not ModerationAction.objects.exists()

    def test_picks_take_the_permission_to_moderate_picks(self) -> None:
        pick = PickFactory()
        page = f"/admin/votes/picktally/{pick.first_tool.pk}/{pick.second_tool.pk}/votes/"

        assert desk_of("moderate_pick").get(page).status_code == 200

    def test_a_stranger_is_sent_to_the_login(self) -> None:
        response = Client().get(page_of(ToolFactory()))

        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]

    def test_a_form_of_another_site_is_refused(self) -> None:
        tool = ToolFactory()
        cast(tool)
        desk = Client(enforce_csrf_checks=True)
        desk.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))

        assert desk.post(page_of(tool), {**SPAN, "confirm": "x"}).status_code == 403
        assert not ModerationAction.objects.exists()

    def test_there_is_none_of_an_unknown_tool_or_of_a_pair_turned_round(self) -> None:
        desk, pick = open_desk(), PickFactory()
        pairs = "/admin/votes/picktally"

        assert desk.get(f"/admin/votes/tally/{pick.pk}/votes/").status_code == 404
        assert desk.get(f"{pairs}/{pick.second_tool.pk}/{pick.first_tool.pk}/votes/").status_code == 404
        assert desk.get(f"{pairs}/{pick.first_tool.pk}/{pick.first_tool.pk}/votes/").status_code == 404


@pytest.mark.parametrize("rows", [1, 30])
def test_it_costs_the_same_however_much_there_is(rows: int) -> None:
    tool = ToolFactory()
    cast(tool, rows)
    for n in range(rows):
        Alert.objects.create(kind="burst", tool=tool, begins_at=AN_HOUR - n * HOUR)
        ModerationAction.objects.create(
            action="release", tool=tool, begins_at=AN_HOUR, ends_at=AN_HOUR + HOUR, why="x", count=1
        )
    desk = open_desk()
    alert = Alert.objects.latest("begins_at")

    # Session, curator; the tool; alerts, actions; a chart of hours and one of days.
    assert count_queries(desk, page_of(tool)) == 7
    # And what would move.
    assert count_queries(desk, watch_address(alert)) == 8


def test_it_marks_open_alerts_and_actions_and_says_in_words_what_it_draws() -> None:
    tool = ToolFactory(name="Cursor <3>")
    cast(tool, 2)
    Alert.objects.create(kind="burst", tool=tool, begins_at=AN_HOUR, detail="70 within the hour")
    made = {"begins_at": AN_HOUR - 2 * HOUR, "ends_at": AN_HOUR, "why": "<b>Why</b>", "count": 1}
    ModerationAction.objects.create(action="quarantine", tool=tool, **made)

    page = open_desk().get(page_of(tool)).content.decode()

    assert "<title>Open alert: More votes within an hour than usual</title>" in page
    assert "<title>Quarantined 1: &lt;b&gt;Why&lt;/b&gt;</title>" in page
    assert "By the hour: 2 counted, 0 pending, 0 quarantined, 0 rejected.</title>" in page
    assert f"<title>{AN_HOUR:%-d %b %H:%M}: 2 counted</title>" in page
    assert f'<th scope="row">{AN_HOUR:%-d %b %H:%M}</th><td>2</td><td>0</td>' in page
    assert "Cursor &lt;3&gt;" in page


def test_the_chart_of_hours_goes_back_to_the_span_that_is_asked_for() -> None:
    tool = ToolFactory()
    alert = Alert.objects.create(kind="burst", tool=tool, begins_at=AN_HOUR - timedelta(days=9))

    response: Any = open_desk().get(watch_address(alert))

    hours, days = response.context["charts"]
    assert [mark.kind for mark in hours.marks] == [mark.kind for mark in days.marks] == ["alert"]


def test_an_alert_is_answered_by_two_clicks_and_taken_back_by_a_release() -> None:
    tool = ToolFactory(name="Cursor")
    cast(tool, 2, value="ship")
    cast(tool, 1, value="skip", status="pending", reasons=["burst"])
    alert = Alert.objects.create(kind="burst", tool=tool, begins_at=AN_HOUR, detail="3 within the hour")
    desk = open_desk()

    shown: Any = desk.get(watch_address(alert))
    page = shown.content.decode()
    assert 'value="Quarantine 3 votes"' in page
    assert not ModerationAction.objects.exists()

    response = desk.post(page_of(tool), {**confirmed(shown), "confirm": "x"}, follow=True)
    assert messages_of(response) == ["Quarantined 3 of Cursor."]
    assert Tally.objects.values_list("total", "pending", "quarantined").get(tool=tool) == (0, 0, 3)
    made = ModerationAction.objects.get()
    assert (made.begins_at, made.ends_at) == (AN_HOUR, AN_HOUR + HOUR)
    assert made.why == "More votes within an hour than usual: 3 within the hour"
    assert made.decided_by == User.objects.get()
    assert not Alert.objects.filter(closed_at=None).exists()

    desk.post(page_of(tool), {**SPAN, "action": "release", "confirm": "x"})
    assert Tally.objects.values_list("ship", "pending", "quarantined").get(tool=tool) == (2, 1, 0)


def confirmed(response: Any) -> dict[str, str]:
    asked = response.context["asked"]
    return {name: str(value) for name, value in asdict(asked).items()}


def test_a_preview_says_what_would_move_and_moves_nothing() -> None:
    tool = ToolFactory()
    cast(tool, 3)
    cast(tool, 2, status="pending", value="skip")

    response: Any = open_desk().post(page_of(tool), {**SPAN, "preview": "Preview"})

    moves = [(answer, move.status, move.becomes, move.count) for move, answer in response.context["moves"]]
    assert moves == [("ship", "counted", "quarantined", 3), ("skip", "pending", "quarantined", 2)]
    assert Tally.objects.get(tool=tool).quarantined == 0


def test_picks_are_named_by_the_tool_that_was_chosen() -> None:
    pick = PickFactory(first_tool__name="Aider", second_tool__name="Aider")
    Pick.objects.update(created_at=AN_HOUR)
    page = f"/admin/votes/picktally/{pick.first_tool.pk}/{pick.second_tool.pk}/votes/"

    response: Any = open_desk().post(page, SPAN)

    assert [answer for _, answer in response.context["moves"]] == ["Aider"]
    assert 'value="Quarantine 1 pick"' in response.content.decode()


@pytest.mark.parametrize("button", ["preview", "confirm"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"ends_at": SPAN["begins_at"]}, "has to begin before it ends", id="empty"),
        pytest.param({"begins_at": "2020-01-01T00:00"}, "longer than 31 days", id="long"),
        pytest.param({"action": "release"}, "no vote is quarantined or pending", id="nothing to move"),
        pytest.param({"action": "forgive"}, "not one of the available choices", id="unknown action"),
        pytest.param({"begins_at": "0001-01-01T00:00"}, "Nobody could vote then", id="before all"),
        pytest.param(
            {"begins_at": "9999-12-31T00:00", "ends_at": "9999-12-31T23:59"}, "has to begin", id="after all"
        ),
        pytest.param({"begins_at": "yesterday"}, "Enter a valid date/time", id="no time"),
        pytest.param({"why": ""}, "This field is required", id="no reason"),
        pytest.param({"why": "x" * 501}, "at most 500 characters", id="a long reason"),
    ],
)
def test_a_refusal_stands_in_the_form(button: str, changes: dict[str, str], reason: str) -> None:
    tool = ToolFactory()
    cast(tool)

    response = open_desk().post(page_of(tool), {**SPAN, **changes, button: "x"})

    assert response.status_code == 200
    assert reason in response.content.decode()
    assert not ModerationAction.objects.exists()


def test_a_link_changes_nothing_whatever_it_says() -> None:
    tool = ToolFactory()
    cast(tool)

    response = open_desk().get(page_of(tool), {**SPAN, "confirm": "x"})

    assert response.status_code == 200
    assert not ModerationAction.objects.exists()


def test_a_span_that_goes_on_is_acted_on_up_to_the_second_that_was_shown() -> None:
    tool = ToolFactory()
    cast(tool)
    later = {**SPAN, "ends_at": (AN_HOUR + 24 * HOUR).strftime(WRITTEN)}

    response: Any = open_desk().post(page_of(tool), later)

    assert response.context["asked"].ends_at <= datetime.now(UTC)
    assert response.context["total"] == 1
