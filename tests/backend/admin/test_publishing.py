"""The buttons that move a row on: who is offered which, what is asked first, and what bad times are told."""

import re
from typing import Any

import pytest
from django.test import Client

from backend.admin.publishing import GATE
from backend.api.models import Change
from catalog.models import Tool
from reviews.models import Review
from tests.backend.admin.test_roles import staff_of
from tests.database import at_once
from tests.desk import act, errors_of, fill, messages_of, open_desk, send, submit
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    HeadToHeadFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
)

pytestmark = pytest.mark.django_db

# What each role is offered on the page of a row, by its state.
OFFERED = {
    ("tool", "draft"): {"Writer": "hand_in", "Editor": "hand_in publish schedule"},
    ("tool", "in_review"): {"Writer": "take_back", "Editor": "take_back publish schedule"},
    ("tool", "published"): {"Editor": "archive"},
    ("tool", "archived"): {"Editor": "bring_back"},
    ("pair", "draft"): {"Writer": "hand_in", "Editor": "hand_in publish schedule"},
    ("pair", "published"): {"Editor": "archive"},
    ("review", "draft"): {"Writer": "hand_in", "Editor": "hand_in publish"},
    ("review", "in_review"): {"Writer": "take_back", "Editor": "take_back publish"},
    ("review", "published"): {"Editor": "retract"},
    ("review", "retracted"): {"Editor": "reopen"},
    ("head-to-head", "draft"): {"Writer": "hand_in", "Editor": "hand_in publish"},
    ("head-to-head", "retracted"): {"Editor": "reopen"},
}
FACTORIES: dict[str, Any] = {
    "tool": ToolFactory, "pair": ComparisonFactory, "review": ReviewFactory, "head-to-head": HeadToHeadFactory,
}  # fmt: skip


def page_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def desk_of_role(role: str) -> Client:
    desk = Client()
    desk.force_login(staff_of(role))
    return desk


def status_of(row: Any) -> str:
    return str(type(row)._default_manager.values_list("status", flat=True).get(pk=row.pk))


@pytest.mark.parametrize("role", ["Writer", "Editor", "Sender"])
@pytest.mark.parametrize(("kind", "status"), OFFERED)
def test_a_page_has_a_button_for_each_step_that_its_reader_may_take_and_no_other_is_taken(
    kind: str, status: str, role: str
) -> None:
    row, desk = FACTORIES[kind](status=status), desk_of_role(role)
    offered = OFFERED[kind, status].get(role, "").split()

    page = desk.get(page_of(row))

    assert re.findall(r'name="_move" value="(\w+)"', page.content.decode()) == offered
    sent = fill(page.context) if "adminform" in page.context else {}
    every = [
        "hand_in",
        "take_back",
        "publish",
        "archive",
        "unschedule",
        "retract",
        "reopen",
        "leave",
        "bring_back",
    ]
    for name in set(every) - set(offered):
        send(desk, page_of(row), {**sent, "_move": name, "why": "A reason."})
        assert status_of(row) == status


@pytest.mark.parametrize("factory", [ReviewFactory, HeadToHeadFactory])
def test_what_nobody_could_read_is_taken_back_and_not_retracted(factory: Any) -> None:
    about = "tool__status" if factory is ReviewFactory else "first_tool__status"
    row, desk = factory(**{about: "draft"}), desk_of_role("Editor")

    page = desk.get(page_of(row))
    send(desk, page_of(row), {**fill(page.context), "_move": "retract", "why": "x"})

    assert re.findall(r'name="_move" value="(\w+)"', page.content.decode()) == ["unschedule"]
    assert status_of(row) == "published"


def test_a_writer_hands_in_and_an_editor_publishes() -> None:
    row = ReviewFactory(status="draft")
    writer, editor = desk_of_role("Writer"), desk_of_role("Editor")

    submit(writer, page_of(row), _move="hand_in")
    assert status_of(row) == "in_review"
    submit(writer, page_of(row), quote="It does what it says, still.")
    submit(editor, page_of(row), _move="publish")

    row.refresh_from_db()
    assert (row.status, row.quote) == ("published", "It does what it says, still.")


def test_a_writer_who_sends_the_state_instead_of_a_button_publishes_nothing() -> None:
    row, desk = ReviewFactory(status="draft"), desk_of_role("Writer")

    told = submit(desk, page_of(row), status="published")

    assert list(errors_of(told)) == ["status"]
    assert "It is draft. You cannot take this step from there." in told.content.decode()
    assert status_of(row) == "draft"


def test_a_step_that_is_unknown_or_comes_without_the_right_is_refused() -> None:
    row, writer = ReviewFactory(status="draft"), desk_of_role("Writer")

    assert send(writer, page_of(row), {"_move": "publish"}).status_code == 403
    assert send(open_desk(), page_of(row), {"_move": "rewrite"}).status_code == 400
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff_of("Editor"))
    assert browser.post(page_of(row), {"_move": "publish"}).status_code == 403
    assert status_of(row) == "draft"


def test_a_button_on_an_older_form_moves_nothing_that_somebody_else_has_moved() -> None:
    row, desk = ReviewFactory(status="in_review"), open_desk()
    older = fill(desk.get(page_of(row)).context)
    Review.objects.filter(pk=row.pk).update(status="draft", quote="Not so, as I see it now.")

    refused = send(desk, page_of(row), older | {"_move": "publish"})

    assert [each.label for each in refused.context["differences"]] == ["Quote", "Status"]
    assert status_of(row) == "draft"
    # Saving alone moves nothing either: the button is pressed again.
    send(desk, page_of(row), fill(refused.context))
    assert status_of(row) == "draft"
    submit(desk, page_of(row), _move="publish")
    assert status_of(row) == "published"


def test_a_new_row_is_handed_in_at_once() -> None:
    tool, reviewer = ToolFactory(), ReviewerFactory()
    values = {"reviewer": reviewer.pk, "tool": tool.pk, "verdict": "ship", "_move": "hand_in"}

    submit(desk_of_role("Writer"), "/admin/reviews/review/add/", **values)

    assert status_of(Review.objects.get()) == "in_review"


@pytest.mark.django_db(transaction=True)
def test_two_editors_who_schedule_at_once_schedule_it_once() -> None:
    row = ToolFactory(status="in_review", published_at=None, pricing_checked_on="2026-11-01")
    desks = [desk_of_role("Editor"), desk_of_role("Administrator")]
    times = {"published_at_0": "2099-12-01", "published_at_1": "09:00", "zone": "UTC", "_move": "schedule"}
    forms = [fill(desk.get(page_of(row)).context) | times for desk in desks]

    raised = at_once(*(
        lambda desk=desk, form=form: send(desk, page_of(row), form)
        for desk, form in zip(desks, forms, strict=True)
    ))  # fmt: skip

    assert raised == [None, None]
    steps = [each.columns for each in Change.objects.filter(row_id=row.pk, action="update")]
    assert [columns["status"] for columns in steps if "status" in columns] == [["in_review", "published"]]
    assert not Tool.objects.published().exists()


class TestGate:
    """Each case: what is published, what it lacks, in words."""

    CASES: dict[str, tuple[Any, list[str]]] = {
        "a tool whose price nobody checked": (
            lambda: ToolFactory(status="draft", pricing_checked_on=None),
            ["The price has no day on which it was checked."],
        ),
        "a test that nothing shows": (
            lambda: ReviewFactory(status="draft", basis="tested", evidence=[]),
            ["It was tested, and no evidence shows it."],
        ),
        "a word for a quote, by a person with no word of ties": (
            lambda: ReviewFactory(status="in_review", quote="Good.", reviewer__kind="human"),
            [
                "The quote has 5 characters: 20 to 1,500 are right.",
                "The disclosure is empty: name the reviewer's ties to the maker, or write that there are none.",
            ],
        ),
        "an article for a quote": (
            lambda: HeadToHeadFactory(status="draft", quote=("It is so. " * 151).strip()),
            ["The quote has 1,509 characters: 20 to 1,500 are right."],
        ),
        "a pair without panels": (
            lambda: ComparisonFactory(status="draft", first_tool__name="A", second_tool__name="B"),
            [
                "A has 0 of the 3 published reviews that a verdict needs.",
                "B has 0 of the 3 published reviews that a verdict needs.",
            ],
        ),
    }

    @pytest.mark.parametrize("case", CASES)
    def test_all_that_is_missing_is_told_at_once_and_a_reason_lets_it_pass(self, case: str) -> None:
        make, missing = self.CASES[case]
        row, desk = make(), open_desk()
        before = status_of(row)

        refused = submit(desk, page_of(row), _move="publish")
        unmoved = status_of(row)
        submit(desk, page_of(row), _move="publish", why="The maker gives no price before a call.")

        assert errors_of(refused) == {"__all__": [*missing, GATE]}
        assert unmoved == before
        assert status_of(row) == "published"
        history = desk.get(page_of(row).replace("change", "history")).content.decode()
        assert "The maker gives no price before a call." in history

    @pytest.mark.parametrize("case", CASES)
    def test_a_list_publishes_none_of_it_and_says_why(self, case: str) -> None:
        make, missing = self.CASES[case]
        row, desk = make(), open_desk()
        rows = page_of(row).partition(str(row.pk))[0]

        told = act(desk, rows, "publish", [row])

        assert " ".join(missing).removesuffix(".") in told[0]
        assert status_of(row) != "published"

    def test_what_is_complete_passes_and_a_correction_passes_no_gate(self) -> None:
        desk = open_desk()
        row = ReviewFactory(status="draft", reviewer__kind="human", disclosure="None.")

        submit(desk, page_of(row), _move="publish")
        assert status_of(row) == "published"
        submit(desk, page_of(row), disclosure="", quote="Short.", note="Shorter.")

        row.refresh_from_db()
        assert (row.quote, row.disclosure) == ("Short.", "")


class TestSchedule:
    @pytest.mark.parametrize(
        ("date", "time", "zone", "field", "words"),
        [
            ("2020-01-01", "09:00", "UTC", "published_at", "Give a time in the future, or publish it now."),
            ("2020-01-01", "09:00", "", "published_at", "Give a time in the future, or publish it now."),
            ("", "", "UTC", "published_at", "Give a time in the future, or publish it now."),
            ("1999-12-31", "09:00", "UTC", "published_at", "Give a date from 2000 on."),
            ("2099-03-29", "02:30", "Europe/Berlin", "published_at", "Clocks in Europe/Berlin never show"),
            ("2099-10-25", "02:30", "Europe/Berlin", "published_at", "Clocks in Europe/Berlin show"),
            ("2099-12-01", "09:00", "Mars/Phobos", "zone", "No time zone is called Mars/Phobos"),
            ("2099-02-30", "09:00", "UTC", "published_at", "Enter a valid date."),
        ],
    )
    def test_a_time_that_is_none_is_refused_in_words_and_nothing_is_scheduled(
        self, date: str, time: str, zone: str, field: str, words: str
    ) -> None:
        row = ToolFactory(status="in_review", published_at=None, pricing_checked_on="2026-11-01")
        times = {"published_at_0": date, "published_at_1": time, "zone": zone}

        refused = submit(open_desk(), page_of(row), _move="schedule", **times)

        assert any(said.startswith(words) for said in errors_of(refused)[field])
        assert status_of(row) == "in_review"

    def test_a_time_is_of_the_zone_that_is_named_and_can_be_taken_back(self) -> None:
        row = ToolFactory(status="draft", published_at=None, pricing_checked_on="2026-11-01")
        desk = open_desk()
        times = {"published_at_0": "2099-12-01", "published_at_1": "09:00", "zone": "Europe/Berlin"}

        told = submit(desk, page_of(row), _move="schedule", **times)

        row.refresh_from_db()
        assert (row.status, f"{row.public_at:%Y-%m-%d %H:%M}") == ("published", "2099-12-01 08:00")
        assert "It becomes public at 2099-12-01 08:00 UTC." in messages_of(told)
        assert not Tool.objects.published().exists()
        page = desk.get(page_of(row))
        assert "Scheduled for 2099-12-01 08:00 UTC" in page.content.decode()
        # Opened again, it stands there in the reader's zone.
        assert (str(fill(page.context)["published_at_1"]), fill(page.context)["zone"]) == ("08:00:00", "UTC")

        # What nobody could read is not archived.
        assert re.findall(r'name="_move" value="(\w+)"', page.content.decode()) == ["unschedule"]

        submit(desk, page_of(row), _move="unschedule")

        row.refresh_from_db()
        assert (row.status, row.public_at) == ("draft", None)

    def test_anothers_date_that_a_form_takes_in_is_not_read_in_its_senders_zone(self) -> None:
        row = ToolFactory(status="draft", published_at=None)
        desk = open_desk()
        older = fill(desk.get(page_of(row)).context)
        Tool.objects.filter(pk=row.pk).update(published_at="2099-12-01T08:00Z")

        refused = send(desk, page_of(row), older | {"zone": "Asia/Tokyo", "tagline": "Mine."})
        send(desk, page_of(row), fill(refused.context))

        row.refresh_from_db()
        assert (f"{row.published_at:%H:%M}", row.tagline) == ("08:00", "Mine.")

    def test_what_waits_for_its_tool_says_so(self) -> None:
        row = ReviewFactory(status="draft", tool=ToolFactory(status="draft", published_at=None))

        told = submit(open_desk(), page_of(row), _move="publish")

        assert "Readers see it once every tool in it is public." in messages_of(told)

    def test_a_writer_dates_nothing(self) -> None:
        row, desk = (
            ToolFactory(status="draft", published_at=None, category=CategoryFactory()),
            desk_of_role("Writer"),
        )

        submit(
            desk,
            page_of(row),
            published_at_0="2099-12-01",
            published_at_1="09:00",
            zone="UTC",
            tagline="Mine.",
        )

        row.refresh_from_db()
        assert not Tool.objects.exclude(published_at=None).exists()
        assert row.tagline == "Mine."
