"""What the desk's first page says of the weekly mail, and to whom."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from backend.admin.first_page import count_blocks
from newsletter.models import Edition
from tests.desk import desk_of, open_desk
from tests.factories import DeliveryFactory, EditionFactory, SubscriberFactory

pytestmark = pytest.mark.django_db

EDITIONS = "/admin/newsletter/edition/"
SUBSCRIBERS = "/admin/newsletter/subscriber/"


class TestTheWeeklyMail:
    def test_it_leads_to_the_latest_editions_and_to_subscribers_over_time(self) -> None:
        weeks = [f"2026-W{number}" for number in (48, 45, 47, 46)]
        editions = {week: EditionFactory(week=week) for week in weeks}
        Edition.objects.exclude(week="2026-W48").update(state="cancelled")

        page = open_desk().get("/admin/").content.decode()

        own = page.split("The weekly mail")[1].split("</table>")[0]
        assert [week for week in sorted(weeks, reverse=True) if week in own] == [
            "2026-W48", "2026-W47", "2026-W46",
        ]  # fmt: skip
        assert f'href="{EDITIONS}{editions["2026-W48"].pk}/preview/"' in own
        assert own.count("/preview/") == 1
        assert f'href="{EDITIONS}{editions["2026-W46"].pk}/progress/"' in own
        assert f'href="{SUBSCRIBERS}over-time/"' in own

    @pytest.mark.parametrize(
        ("permissions", "shown"),
        [
            pytest.param((), (False, False, False), id="none"),
            pytest.param(("view_edition",), (True, True, False), id="editions"),
            pytest.param(("change_subscriber",), (True, False, True), id="subscribers"),
        ],
    )
    def test_it_shows_what_the_curator_may_see(
        self, permissions: tuple[str, ...], shown: tuple[bool, ...]
    ) -> None:
        EditionFactory(week="2026-W48")

        page = desk_of(*permissions).get("/admin/").content.decode()

        assert ("The weekly mail" in page, "2026-W48" in page, "over-time" in page) == shown

    def test_without_an_edition_it_says_so(self) -> None:
        assert "No edition yet." in open_desk().get("/admin/").content.decode()


def test_copies_in_doubt_wait_for_who_may_send() -> None:
    DeliveryFactory(state="uncertain", uncertain_at=timezone.now())

    sender = desk_of("view_delivery", "send_edition").get("/admin/").content.decode()

    assert (
        f'{"/admin/newsletter/delivery/?state__exact=uncertain"}"><strong>1</strong> copy of the mail in doubt'
        in sender
    )


def test_subscribers_are_drawn_once_a_worker_counted_them() -> None:
    cache.clear()
    SubscriberFactory.create_batch(2)
    desk = desk_of("view_subscriber")
    before = desk.get("/admin/").content.decode()

    count_blocks(now=timezone.now())

    assert "It has not done so yet" in before
    assert "Active subscribers at the end of each day: From 2 to 2." in desk.get("/admin/").content.decode()
