"""The pages of bulk actions: what they say, who may begin and undo, and what a worker is asked to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from backend.admin import bulk
from backend.admin.models import BulkAction
from backend.admin.tasks import go_on
from backend.admin.zones import COOKIE
from catalog.models import Tool
from tests.backend.admin.test_roles import staff_of
from tests.bulk import select, start
from tests.desk import in_bulk, messages_of, open_desk
from tests.factories import ComparisonFactory, ReviewFactory, ToolFactory, VoteFactory
from tests.queues import waiting
from votes.models import Vote

pytestmark = pytest.mark.django_db

TOOLS = "/admin/catalog/tool/"
VOTES = "/admin/votes/vote/"
ACTIONS = "/admin/backend_admin/bulkaction/"


def desk_of_role(role: str) -> Client:
    desk = Client()
    desk.force_login(User.objects.filter(username=role.lower()).first() or staff_of(role))
    return desk


def page_of(action: BulkAction, name: str = "") -> str:
    return f"{ACTIONS}{action.pk}/{name}"


def ask(desk: Client, address: str, action: str, rows: list[Any], **sent: str) -> Any:
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return desk.post(address, chosen | sent, follow=True)


def text_of(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_the_page_before_says_in_words_what_is_touched_and_what_follows() -> None:
    fit = ToolFactory.create_batch(12)
    unfit = [ToolFactory(status="archived"), *ToolFactory.create_batch(2, status="draft")]
    ComparisonFactory(first_tool=fit[0], second_tool=fit[1])
    ReviewFactory.create_batch(2, tool=fit[0])

    page = text_of(ask(open_desk(), TOOLS, "archive", [*fit, *unfit]))

    assert "Archive 12 tools?" in page
    assert "15 tools chosen:" in page
    assert "3 stay as they are: not published." in page
    assert "Published and about them: 1 comparison and 2 reviews. These stay as they are." in page
    assert "leave lists and rankings at once" in page
    assert "You can undo all of it" in page
    assert "and 5 more" in page
    assert "A worker does it" not in page
    assert Tool.objects.filter(status="published").count() == 12


def test_one_row_is_told_as_one() -> None:
    page = text_of(ask(open_desk(), TOOLS, "archive", [ToolFactory(), ToolFactory(status="draft")]))

    assert "Archive 1 tool?" in page
    assert "1 stays as it is: not published." in page


def test_nothing_to_do_is_said_and_offers_no_button() -> None:
    page = text_of(ask(open_desk(), TOOLS, "archive", [ToolFactory(status="draft")]))

    assert "So there is nothing to do." in page
    assert "Yes, archive" not in page


@pytest.mark.parametrize(
    ("why", "shown", "words"),
    [
        pytest.param(" ", None, "Nothing was done: say why.", id="without a reason"),
        pytest.param(
            "Old.",
            "0" * 64,
            "Nothing was done: the rows have changed since this page was shown.",
            id="for other rows",
        ),
        pytest.param(
            "Old.", "\0", "Nothing was done: the rows have changed since this page was shown.", id="with NUL"
        ),
    ],
)
def test_nothing_is_done_by_an_answer(why: str, shown: str | None, words: str) -> None:
    desk, tools = open_desk(), ToolFactory.create_batch(2)
    sent = in_bulk(ask(desk, TOOLS, "archive", tools)) | ({"shown": shown} if shown else {})

    page = ask(desk, TOOLS, "archive", tools, why=why, **sent)

    assert messages_of(page) == [words]
    assert "Archive 2 tools?" in text_of(page)
    assert not BulkAction.objects.exists()


def test_a_selection_that_is_stale_is_asked_again_with_what_is_true_now() -> None:
    desk, tools = open_desk(), ToolFactory.create_batch(3)
    sent = in_bulk(ask(desk, TOOLS, "archive", tools))
    Tool.objects.filter(pk=tools[0].pk).update(status="archived")

    page = ask(desk, TOOLS, "archive", tools, why="Old.", **sent)

    assert messages_of(page) == ["Nothing was done: the rows have changed since this page was shown."]
    assert "Archive 2 tools?" in text_of(page)
    assert Tool.objects.filter(status="published").count() == 2


def test_all_across_the_pages_of_a_search_are_done_and_no_others() -> None:
    found = [ToolFactory(name=f"Found {n:03}", slug=f"found-{n:03}") for n in range(130)]
    other = ToolFactory(name="Else", slug="else")
    desk, address = open_desk(), f"{TOOLS}?q=found"
    asked = ask(desk, address, "archive", found[:1], select_across="1")

    page = ask(desk, address, "archive", found[:1], select_across="1", why="Old.", **in_bulk(asked))

    assert "Archive 130 tools?" in text_of(asked)
    assert messages_of(page) == ["130 tools archived."]
    assert list(Tool.objects.filter(status="published")) == [other]


def test_what_is_done_is_shown_with_what_was_left_and_undone_from_there() -> None:
    desk, done, draft = open_desk(), ToolFactory(), ToolFactory(status="draft")
    rows = [done, draft]

    page = ask(desk, TOOLS, "archive", rows, why="Old <b>.", **in_bulk(ask(desk, TOOLS, "archive", rows)))

    action = BulkAction.objects.get()
    said = text_of(page)
    assert page.redirect_chain[-1][0] == page_of(action)
    assert "Begun by curator" in said
    assert "Old &lt;b&gt;." in said
    assert "1 tool archived" in said
    assert f'{TOOLS}{draft.pk}/change/">{draft}</a>: not published' in said
    assert "data-reload" not in said
    asked = desk.get(page_of(action, "undo/"))
    assert "Undo: archive 1 tool?" in text_of(asked)
    undone = desk.post(page_of(action, "undo/"), {"why": "A mistake.", **in_bulk(asked)}, follow=True)
    assert messages_of(undone) == ["1 tool published again."]
    done.refresh_from_db()
    assert done.status == "published"
    assert "Undone by curator" in text_of(desk.get(page_of(action)))
    again = desk.post(page_of(action, "undo/"), {"why": "Again.", **in_bulk(asked)}, follow=True)
    assert messages_of(again) == ["Nothing was undone: it is undone already."]


def test_an_undo_asks_for_a_reason() -> None:
    desk, tool = open_desk(), ToolFactory()
    action = start(select("catalog.tool.archive", [tool]))
    asked = desk.get(page_of(action, "undo/"))

    page = desk.post(page_of(action, "undo/"), {"why": "", **in_bulk(asked)})

    assert messages_of(page) == ["Nothing was done: say why."]
    tool.refresh_from_db()
    assert tool.status == "archived"


@pytest.mark.usefixtures("queue")
def test_more_than_a_batch_is_a_workers_and_the_page_shows_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    desk, tools = open_desk(), ToolFactory.create_batch(5)
    asked = ask(desk, TOOLS, "archive", tools)

    with django_capture_on_commit_callbacks(execute=True):
        page = ask(desk, TOOLS, "archive", tools, why="Old.", **in_bulk(asked))

    action = BulkAction.objects.get()
    assert "A worker does it, 2 at a time" in text_of(asked)
    assert waiting(go_on) == [[str(action.pk)]]
    assert "0 of 5 rows. This page reloads by itself." in text_of(page)
    assert 'data-reload="5"' in text_of(page)
    bulk.do_batch(action_id=action.pk, now=action.begun_at)
    assert "2 of 5 rows." in text_of(desk.get(page_of(action)))
    refused = desk.get(page_of(action, "undo/"), follow=True)
    assert messages_of(refused) == ["Nothing was undone: it still goes on."]
    desk.post(page_of(action))
    assert waiting(go_on) == [[str(action.pk)]] * 2
    go_on(*waiting(go_on)[-1])
    assert "5 tools archived" in text_of(desk.get(page_of(action)))
    assert messages_of(desk.post(page_of(action, "stop/"), follow=True)) == ["It was over already."]


def test_what_goes_on_is_stopped_on_its_page_and_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    desk, tools = open_desk(), ToolFactory.create_batch(5)
    action = start(select("catalog.tool.archive", tools))
    bulk.do_batch(action_id=action.pk, now=action.begun_at)
    assert f'action="{page_of(action, "stop/")}"' in text_of(desk.get(page_of(action, "stop/"), follow=True))

    said = text_of(desk.post(page_of(action, "stop/"), follow=True))

    assert "<strong>Stopped</strong> by curator" in said
    assert "By then: <strong>2 tools archived</strong>." in said
    assert "3 left as they were" in said
    assert ": it was stopped before" in said
    assert "Undo…" in said
    assert ">Stopped</td>" in text_of(desk.get(ACTIONS))


def test_of_one_that_is_too_old_to_be_undone_the_page_says_so() -> None:
    desk, action = open_desk(), start(select("catalog.tool.archive", [ToolFactory()]))
    bulk.purge_expired_rows(now=action.begun_at + timedelta(days=90))

    said = text_of(desk.get(page_of(action)))

    assert "Which rows these were is kept for 90 days." in said
    assert "Undo…" not in said


def test_a_reason_with_nul_is_kept_without_it() -> None:
    desk, tool = open_desk(), ToolFactory()
    action = start(select("catalog.tool.archive", [tool]))
    asked = desk.get(page_of(action, "undo/"))

    desk.post(page_of(action, "undo/"), {"why": "A\0mistake.", **in_bulk(asked)})

    assert BulkAction.objects.get(undoes=action).why == "A mistake."


def test_a_made_up_id_is_no_page() -> None:
    assert open_desk().get(f"{ACTIONS}made-up/change/").status_code == 404


def test_times_are_those_of_the_readers_zone() -> None:
    desk = open_desk()
    action = start(select("catalog.tool.archive", [ToolFactory()]), now=datetime(2026, 12, 1, 8, tzinfo=UTC))
    desk.cookies[COOKIE] = "Asia/Tokyo"

    page = text_of(desk.get(page_of(action)))

    assert "Begun by curator at 2026-12-01 17:00 JST: A reason." in page
    assert "1 tool archived</strong>, at 2026-12-01 17:00 JST." in page


def test_there_is_a_bound_of_what_is_chosen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)

    with CaptureQueriesContext(connection) as asked:
        page = ask(open_desk(), TOOLS, "archive", ToolFactory.create_batch(3))

    # Nothing looked at what they are, which of millions takes longer than a request may.
    assert not [query for query in asked.captured_queries if "bulk_reason" in query["sql"]]
    assert messages_of(page) == ["Choose fewer: 2 rows at once at most."]


@pytest.mark.parametrize("role", ["Writer", "Sender", "Moderator"])
def test_who_may_not_publish_neither_begins_nor_sees_nor_undoes(role: str) -> None:
    tools = ToolFactory.create_batch(2)
    digest = select("catalog.tool.archive", tools).digest
    desk = desk_of_role(role)

    ask(desk, TOOLS, "archive", tools, why="x", shown=digest)
    assert Tool.objects.filter(status="published").count() == 2

    action = start(select("catalog.tool.archive", tools))
    undo = bulk.undo_of(action).digest
    for answer in (
        desk.get(page_of(action)),
        desk.post(page_of(action)),
        desk.get(page_of(action, "undo/")),
        desk.post(page_of(action, "stop/")),
        desk.post(page_of(action, "undo/"), {"why": "x", "shown": undo}),
    ):
        assert answer.status_code in {403, 404}
    assert Tool.objects.filter(status="archived").count() == 2


@pytest.mark.parametrize(("role", "other"), [("Editor", "Moderator"), ("Moderator", "Editor")])
def test_editors_and_moderators_see_their_own_actions(role: str, other: str) -> None:
    archived = start(select("catalog.tool.archive", [ToolFactory()]))
    quarantined = start(select("votes.vote.quarantine", [VoteFactory()]))
    own, foreign = (archived, quarantined) if role == "Editor" else (quarantined, archived)
    desk = desk_of_role(role)

    shown = desk.get(ACTIONS).content.decode()

    assert page_of(own, "change/") in shown
    assert page_of(foreign, "change/") not in shown
    assert desk.get(page_of(own, "undo/")).status_code == 200
    assert desk.get(page_of(foreign, "undo/")).status_code == 404
    assert desk.get(page_of(own, "change/"), follow=True).redirect_chain[-1][0] == page_of(own)


def test_a_moderator_quarantines_a_selection_and_nobody_deletes_it() -> None:
    desk, votes = desk_of_role("Moderator"), VoteFactory.create_batch(3)

    page = ask(
        desk, VOTES, "quarantine", votes, why="A raid.", **in_bulk(ask(desk, VOTES, "quarantine", votes))
    )

    assert messages_of(page) == ["3 votes quarantined."]
    assert set(Vote.objects.values_list("status", flat=True)) == {"quarantined"}
    assert f"{VOTES}{votes[0].pk}/delete/" not in text_of(desk.get(f"{VOTES}{votes[0].pk}/change/"))
    assert "Quarantined. A raid." in text_of(desk.get(f"{VOTES}{votes[0].pk}/history/"))


def test_nobody_chooses_votes_by_what_they_say() -> None:
    desk, votes = desk_of_role("Moderator"), VoteFactory.create_batch(2)
    shown = in_bulk(ask(desk, VOTES, "quarantine", votes))

    ask(desk, f"{VOTES}?value__exact=ship", "quarantine", votes, why="x", **shown)

    assert set(Vote.objects.values_list("status", flat=True)) == {"counted"}


@pytest.mark.parametrize("rows", [2, 30])
def test_the_pages_cost_the_same_however_many_rows(rows: int, django_assert_num_queries: Any) -> None:
    desk = open_desk()
    reviews = [ReviewFactory() for _ in range(rows)]
    drafts = [ReviewFactory(status="draft") for _ in range(rows)]

    # Session, curator; the selection; what it is about; the first ten.
    with CaptureQueriesContext(connection) as asked:
        ask(desk, "/admin/reviews/review/", "retract", [*reviews, *drafts])
    action = start(select("reviews.review.retract", [*reviews, *drafts]))
    with CaptureQueriesContext(connection) as looked:
        desk.get(page_of(action))

    # What Django asks of a list, below.
    assert len(asked) <= 18
    # Session, curator; the action; the counts; those that were left and their names; what undid it.
    assert len(looked) == 7
