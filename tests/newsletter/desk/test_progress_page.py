"""The page of an edition's progress: what it says, who may look and who may steer, and what it costs."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.deliveries import bounces
from newsletter.desk.progress_page import duration_words
from newsletter.models import Delivery, Edition, SendingIdentity, Subscriber
from newsletter.sending.bounces import suppress_single_bounces
from newsletter.sending.identity import WAY_ON
from tests.desk import count_queries, desk_of, messages_of, open_desk
from tests.factories import NOW, DeliveryFactory, EditionFactory, SubscriberFactory

pytestmark = pytest.mark.django_db

STATES = ["draft", "frozen", "preparing", "sending", "paused", "done", "cancelled"]


def page_of(edition: Edition) -> str:
    return f"/admin/newsletter/edition/{edition.pk}/progress/"


def numbers_of(edition: Edition) -> str:
    return f"/admin/newsletter/edition/{edition.pk}/progress.json"


def an_edition(state: str = "sending", **fields: Any) -> Edition:
    """With one copy that waits, where copies are."""
    audience = 0 if state == "done" else 1
    values: dict[str, Any] = {"state": state, **fields}
    if state != "draft":
        values = {"frozen_at": NOW, "prepared_at": NOW, "audience": audience, "done_at": NOW, **values}
    edition: Edition = EditionFactory(**values)
    if state in {"sending", "paused"}:
        DeliveryFactory(edition=edition, address="ada@example.com")
    return edition


class TestWhatItSays:
    def test_a_database_that_is_not_recognised_says_so_on_each_page_of_editions(self) -> None:
        edition = an_edition("draft")
        SendingIdentity.objects.create(cluster="elsewhere", refusal="This is a copy.")
        desk = open_desk()

        for page in (page_of(edition), "/admin/newsletter/edition/"):
            assert messages_of(desk.get(page)) == [f"Nothing is mailed: This is a copy. {WAY_ON}"]

    def test_a_held_draft_says_why_it_waits_and_goes_out_by_an_action_of_its_own(self) -> None:
        edition = an_edition("draft", repeat="held", state_reason="It was mailed.")
        desk = open_desk()

        answer = desk.get(numbers_of(edition)).json()
        # As from a page that was opened before.
        refused = messages_of(desk.post(page_of(edition), {"action": "send_now"}, follow=True))
        edition.refresh_from_db()
        still = edition.repeat
        desk.post(page_of(edition), {"action": "send_again"})

        edition.refresh_from_db()
        assert (answer["texts"]["why"], answer["actions"]) == ("It was mailed.", ["send_again", "cancel"])
        assert refused == [f"Not due now (it is due already, sending began, or it is held): {edition}."]
        assert (still, edition.repeat, edition.state_reason) == ("held", "allowed", "")

    def test_the_page_and_its_numbers_say_the_same(self) -> None:
        edition = an_edition(audience=4)
        DeliveryFactory(edition=edition, state="accepted", accepted_at=timezone.now())
        DeliveryFactory(edition=edition, state="failed", code="5.1.1")
        uncertain = DeliveryFactory(edition=edition, state="uncertain", uncertain_at=NOW)
        desk = open_desk()

        response: Any = desk.get(page_of(edition))
        answer = desk.get(numbers_of(edition)).json()

        assert answer == json.loads(json.dumps(response.context["answer"]))
        assert (answer["state"], answer["audience"], answer["settled"], answer["share"]) == (
            "sending", 4, 3, 0.75,
        )  # fmt: skip
        assert answer["counts"]["pending"] == 1
        assert answer["failures"] == [["5.1.1", "1"]]
        assert answer["uncertain"] == [
            {
                "id": str(uncertain.pk),
                "message_id": uncertain.message_id,
                "since": "09:30:00",
                "page": f"/admin/newsletter/delivery/{uncertain.pk}/change/",
            }
        ]
        assert answer["texts"]["share"] == "75.0 %: 3 of 4 copies"
        assert answer["texts"]["heard"] == "Sending, 70 % done."

    def test_the_page_is_whole_without_its_script(self) -> None:
        edition = an_edition(audience=4)
        uncertain = DeliveryFactory(edition=edition, state="uncertain", uncertain_at=NOW)

        page = open_desk().get(page_of(edition)).content.decode()

        assert '<progress id="share" max="1" value="0.2500">' in page
        assert f'href="/admin/newsletter/delivery/{uncertain.pk}/change/"' in page
        assert f'<noscript><a href="{page_of(edition)}">Look again</a></noscript>' in page
        assert 'aria-live="polite"' in page

    def test_nothing_in_it_runs_but_its_own_file(self) -> None:
        response = open_desk().get(page_of(an_edition()))

        page = response.content.decode()
        assert 'src="/static/newsletter/progress.js" defer' in page
        assert "<script>" not in page
        assert "onclick" not in page
        assert "default-src 'self'" in response["Content-Security-Policy"]

    def test_no_address_is_in_it(self) -> None:
        edition = an_edition()
        Delivery.objects.update(state="uncertain", uncertain_at=NOW)
        desk = open_desk()

        for address in (page_of(edition), numbers_of(edition)):
            assert "ada@example.com" not in desk.get(address).content.decode()

    def test_nobody_keeps_the_numbers(self) -> None:
        assert "no-store" in open_desk().get(numbers_of(an_edition()))["Cache-Control"]

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            pytest.param(
                {"state": "draft", "week": "2099-W48"},
                "Goes out on Tue 24 Nov 2099 at 07:00 UTC (08:00 Europe/Berlin).",
                id="draft",
            ),
            pytest.param(
                {"state": "draft", "due_at": NOW},
                "Goes out within a minute, because staff started it.",
                id="due",
            ),
            pytest.param(
                {"state": "draft", "week": "2099-W48", "state_reason": "It can't be begun: KeyError: 'x'"},
                "It can't be begun: KeyError: 'x'. Goes out on Tue 24 Nov 2099 at 07:00 UTC (08:00 Europe/Berlin).",
                id="draft that can't be frozen",
            ),
            pytest.param({"state": "sending"}, "", id="sending"),
            pytest.param(
                {"state": "paused", "state_reason": "Paused by eve."},
                "Paused by eve. It goes on when somebody resumes it.",
                id="paused by staff",
            ),
            pytest.param(
                {"state": "paused", "state_reason": "421 Too busy", "resume_at": NOW},
                "421 Too busy. It goes on by itself at 09:30:00 UTC.",
                id="paused by the server",
            ),
            pytest.param({"state": "done"}, "At 2 Nov 09:30 UTC.", id="done"),
            pytest.param(
                {"state": "cancelled", "state_reason": "Cancelled by staff."},
                "Cancelled by staff.",
                id="cancelled",
            ),
        ],
    )
    def test_each_state_is_explained(self, fields: dict[str, Any], why: str) -> None:
        answer = open_desk().get(numbers_of(an_edition(**fields))).json()

        assert answer["texts"]["why"] == why

    def test_while_it_is_prepared_nobody_knows_how_many_there_will_be(self) -> None:
        edition = an_edition("preparing", audience=None, prepared_at=None)
        DeliveryFactory(edition=edition)

        desk = open_desk()

        answer = desk.get(numbers_of(edition)).json()

        assert (answer["share"], answer["texts"]["share"]) == (None, "Copies written so far: 1")
        assert '<progress id="share" max="1"></progress>' in desk.get(page_of(edition)).content.decode()

    @pytest.mark.parametrize(
        ("mails", "seconds_ago", "pace", "left"),
        [
            pytest.param(0, 0, "0.0 mails a second", "Nobody can tell: nothing went out lately", id="none"),
            pytest.param(2, 0, "2.0 mails a second", "Nobody can tell yet", id="just begun"),
            pytest.param(8, 40, "0.2 mails a second", "about 5 seconds", id="on its way"),
            pytest.param(8, 70, "0.0 mails a second", "Nobody can tell: nothing went out lately", id="stuck"),
        ],
    )
    def test_pace_and_time_left_are_told(self, mails: int, seconds_ago: int, pace: str, left: str) -> None:
        edition = an_edition(audience=9)
        at = timezone.now() - timedelta(seconds=seconds_ago)
        DeliveryFactory.create_batch(mails, edition=edition, state="accepted", accepted_at=at)

        texts = open_desk().get(numbers_of(edition)).json()["texts"]

        assert (texts["pace"], texts["left"]) == (pace, left)

    @pytest.mark.parametrize("state", STATES)
    def test_every_state_has_a_page(self, state: str) -> None:
        assert open_desk().get(page_of(an_edition(state))).status_code == 200

    def test_an_edition_leads_to_it(self) -> None:
        edition = an_edition()
        desk = open_desk()

        for page in ("", f"{edition.pk}/change/"):
            shown = desk.get(f"/admin/newsletter/edition/{page}").content.decode()
            assert f'href="{page_of(edition)}"' in shown

    def test_an_edition_that_is_not_there_has_none(self) -> None:
        edition = EditionFactory.build()
        desk = open_desk()

        assert [desk.get(page_of(edition)).status_code, desk.get(numbers_of(edition)).status_code] == [
            404
        ] * 2

    @pytest.mark.parametrize("number", [1, 30])
    def test_it_costs_the_same_however_many_copies_there_are(self, number: int) -> None:
        edition = an_edition()
        DeliveryFactory.create_batch(number, edition=edition, state="uncertain", uncertain_at=NOW)
        desk = open_desk()

        # Session, curator, edition; the database's clock, copies by state, failures by code, the uncertain ones.
        assert count_queries(desk, numbers_of(edition)) == 7
        # Right after, the numbers are those of before.
        assert count_queries(desk, numbers_of(edition)) == 3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "about 0 seconds"),
        (1.2, "about 1 second"),
        (89, "about 89 seconds"),
        (90, "about 2 minutes"),
        (5_399, "about 90 minutes"),
        (5_400, "about 2 hours"),
        (360_000, "about 100 hours"),
    ],
)
def test_durations_are_told_in_their_unit(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


class TestWhoMay:
    def test_a_stranger_is_sent_to_the_login(self) -> None:
        edition = an_edition()

        for address in (page_of(edition), numbers_of(edition)):
            response = Client().get(address)
            assert (response.status_code, "/admin/login/" in response["Location"]) == (302, True)

    @pytest.mark.parametrize(
        ("permissions", "looking", "steering"),
        [
            pytest.param((), 403, 403, id="none"),
            pytest.param(("change_subscriber", "change_delivery"), 403, 403, id="others"),
            pytest.param(("view_edition",), 200, 403, id="view"),
            pytest.param(("change_edition",), 200, 403, id="change"),
            pytest.param(("view_edition", "send_edition"), 200, 302, id="send"),
        ],
    )
    def test_looking_takes_one_permission_and_steering_another(
        self, permissions: tuple[str, ...], looking: int, steering: int
    ) -> None:
        edition = an_edition()
        desk = desk_of(*permissions)

        assert desk.get(page_of(edition)).status_code == looking
        assert desk.get(numbers_of(edition)).status_code == looking
        assert desk.post(page_of(edition), {"action": "pause"}).status_code == steering
        edition.refresh_from_db()
        assert edition.state == ("paused" if steering == 302 else "sending")

    def test_whoever_may_only_look_has_no_buttons(self) -> None:
        edition = an_edition()

        assert 'name="action"' not in desk_of("view_edition").get(page_of(edition)).content.decode()

    def test_a_post_of_another_site_does_nothing(self) -> None:
        edition = an_edition()
        desk = Client(enforce_csrf_checks=True)
        desk.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))

        response = desk.post(page_of(edition), {"action": "pause"})

        edition.refresh_from_db()
        assert (response.status_code, edition.state) == (403, "sending")


class TestSteering:
    @pytest.mark.parametrize(
        ("state", "actions"),
        [
            ("draft", ["send_now", "cancel"]),
            ("frozen", ["pause", "cancel"]),
            ("preparing", ["pause", "cancel"]),
            ("sending", ["pause", "cancel"]),
            ("paused", ["resume", "undo_suppressions", "cancel"]),
            ("done", ["undo_suppressions"]),
            ("cancelled", ["undo_suppressions"]),
        ],
    )
    def test_only_what_makes_sense_is_offered(self, state: str, actions: list[str]) -> None:
        edition = an_edition(state)
        desk = open_desk()

        page = desk.get(page_of(edition)).content.decode()
        buttons = re.findall(
            r'<button type="submit" name="action" value="(\w+)" class="button"( hidden)?>', page
        )

        assert desk.get(numbers_of(edition)).json()["actions"] == actions
        assert [name for name, hidden in buttons if not hidden] == actions
        assert len(buttons) == 6

    @pytest.mark.parametrize(
        ("action", "before", "after", "said"),
        [
            pytest.param("pause", "sending", "paused", "1 edition paused.", id="pause"),
            pytest.param("resume", "paused", "sending", "1 edition resumed.", id="resume"),
            pytest.param("send_now", "draft", "draft", "1 edition due now.", id="send now"),
        ],
    )
    def test_a_button_does_what_the_lists_action_does(
        self, action: str, before: str, after: str, said: str
    ) -> None:
        edition = an_edition(before)

        sent = {"action": action, "sure": "Yes"}
        response = open_desk().post(page_of(edition), sent, follow=True)

        edition.refresh_from_db()
        assert messages_of(response) == [said]
        assert edition.state == after
        assert LogEntry.objects.get().object_id == str(edition.pk)

    def test_copies_that_failed_are_tried_again_by_their_code(self) -> None:
        edition = an_edition("paused")
        Delivery.objects.update(state="failed", code="5.1.1")
        other = DeliveryFactory(edition=edition, state="failed", code="5.2.2", address="eve@example.com")
        desk = open_desk()

        page = desk.get(page_of(edition)).content.decode()
        asked = {"action": "retry_failed", "code": "5.1.1"}
        done = messages_of(desk.post(page_of(edition), asked, follow=True))
        again = messages_of(desk.post(page_of(edition), asked, follow=True))

        assert '<option value="5.1.1">5.1.1 (1)</option>' in page
        assert done == ["1 edition asked to retry its copies that failed with 5.1.1."]
        assert again == [
            f"Not asked to retry its copies that failed with 5.1.1 (it has none, or is cancelled): {edition}."
        ]
        assert Delivery.objects.exclude(pk=other.pk).get().state == "pending"
        assert Delivery.objects.get(pk=other.pk).state == "failed"
        assert LogEntry.objects.get().object_id == str(edition.pk)

    def test_what_its_bounces_suppressed_is_undone(self, settings: Settings) -> None:
        settings.SENDING_BOUNCE_SECONDS = 0
        edition = an_edition("paused")
        copy = Delivery.objects.get()
        Delivery.objects.update(state="failed", code="5.1.1")
        bounces.hold(delivery_id=copy.pk, edition_id=edition.pk, is_hard=True)
        Edition.objects.update(state="sending")
        suppress_single_bounces(now=timezone.now())
        Edition.objects.update(state="paused")
        desk, undo = open_desk(), {"action": "undo_suppressions"}
        ended = Subscriber.objects.get().status

        done = messages_of(desk.post(page_of(edition), undo, follow=True))
        again = messages_of(desk.post(page_of(edition), undo, follow=True))

        assert (ended, Subscriber.objects.get().status) == ("unsubscribed", "active")
        assert done == ["1 edition rid of its suppressions."]
        assert again == [f"Not rid of its suppressions (its bounces have suppressed nobody): {edition}."]
        assert LogEntry.objects.get().object_id == str(edition.pk)

    def test_send_now_asks_first_and_says_to_how_many(self) -> None:
        edition = an_edition("draft")
        SubscriberFactory()
        desk = open_desk()

        asked = desk.post(page_of(edition), {"action": "send_now"})

        edition.refresh_from_db()
        assert "to 1 reader at most" in asked.content.decode()
        assert edition.due_at is None

    def test_resuming_days_after_another_edition_asks_first(self) -> None:
        edition = an_edition("paused")
        now = timezone.now()
        EditionFactory(state="done", frozen_at=now, prepared_at=now, audience=0, done_at=now)

        asked = open_desk().post(page_of(edition), {"action": "resume"})

        edition.refresh_from_db()
        assert "its readers get two" in asked.content.decode()
        assert edition.state == "paused"

    def test_cancelling_asks_once_more(self) -> None:
        edition = an_edition()
        desk = open_desk()

        asked = desk.post(page_of(edition), {"action": "cancel"})

        edition.refresh_from_db()
        page = " ".join(asked.content.decode().split())
        assert edition.state == "sending"
        assert "0 copies have gone out. 1 more waits, and will never be sent." in page

        response = desk.post(page_of(edition), {"action": "cancel", "sure": "Yes"}, follow=True)

        edition.refresh_from_db()
        assert messages_of(response) == ["1 edition cancelled."]
        assert edition.state == "cancelled"
        assert Delivery.objects.get().state == "cancelled"

    def test_what_came_too_late_is_said(self) -> None:
        edition = an_edition("done")

        response = open_desk().post(page_of(edition), {"action": "pause"}, follow=True)

        assert messages_of(response) == [f"Not paused (it is not being sent): {edition.week}."]

    @pytest.mark.parametrize("action", ["", "delete", "cancel\x00"])
    def test_an_unknown_action_is_refused(self, action: str) -> None:
        edition = an_edition()

        assert open_desk().post(page_of(edition), {"action": action}).status_code == 400

    def test_a_cancelled_edition_is_followed_until_nobody_holds_a_copy(self) -> None:
        held, free = an_edition("cancelled"), an_edition("cancelled")
        DeliveryFactory(edition=held, state="sending", lease_until=timezone.now() + timedelta(minutes=1))
        desk = open_desk()

        answers = [desk.get(numbers_of(edition)).json() for edition in (held, free)]

        assert [answer["is_over"] for answer in answers] == [False, True]


def test_a_draft_counts_its_readers_at_the_time_when_it_goes_out() -> None:
    """In the next month those who read monthly get it, too."""
    with time_machine.travel(datetime(2026, 11, 28, 15, tzinfo=UTC), tick=False):
        for frequency in ("weekly", "monthly"):
            SubscriberFactory(frequency=frequency)
        mailed_at = datetime(2026, 11, 24, 7, tzinfo=UTC)
        EditionFactory(
            week="2026-W48",
            state="done",
            includes_monthly=True,
            audience=0,
            **dict.fromkeys(("frozen_at", "prepared_at", "done_at"), mailed_at),
        )

        words = site.get_model_admin(Edition).readers(EditionFactory(week="2026-W49"))  # type: ignore[attr-defined]

    assert words == "2 readers at most, monthly readers included: readers for whom nothing is new get no mail"
