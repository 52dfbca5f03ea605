"""The demo's edition: to whom it goes, and to whom never."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from comparisons.catalog_file.demo.loader import load_demo
from newsletter import tasks
from newsletter.content.archive import archived_editions
from newsletter.demo import EDITOR, READER, SENT_AT, WEEK, load_demo_edition
from newsletter.models import Consent, Delivery, Edition, Subscriber
from tests.factories import NOW, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import links_in

# When the demo is loaded: after the week of its edition.
LATER = SENT_AT + timedelta(weeks=3)

pytestmark = pytest.mark.django_db


def load() -> None:
    call_command("load_demo", verbosity=0)


@pytest.fixture(scope="class")
def catalog_of_the_demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loading it takes longer than any test here; what a test writes besides is rolled back before the next."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(now=LATER)
        yield
        transaction.set_rollback(True)


def work() -> None:
    """What beat has workers do with the mail."""
    tasks.tick()
    for edition in Edition.objects.filter(state="sending"):
        tasks.send(str(edition.pk))
    tasks.tick()


@pytest.fixture
def caught(settings: Settings, sink: Sink, tmp_path: Path) -> Sink:
    """The mail of `make serve`."""
    settings.DEBUG_MAIL_DIR = str(tmp_path)
    return sink


@pytest.mark.parametrize("year", ["2026-11-30", "2027-03-01", "2031-06-15"])
def test_the_demo_is_of_its_own_time_whenever_it_is_loaded(year: str) -> None:
    with time_machine.travel(f"{year}T12:00:00Z", tick=False):
        load()

    edition = Edition.objects.get(week=WEEK)
    assert edition.archive
    kinds = [item["kind"] for item in edition.archive["items"]]
    assert (kinds.count("comparison"), kinds.count("crowd")) == (4, 5)
    assert "3 to 10 November 2026" in edition.text
    assert edition.archive["editor"] == EDITOR
    assert f"— {EDITOR}\n" in edition.text


@pytest.mark.django_db(transaction=True)
class TestTheDemoReader:
    def test_gets_the_edition_by_mail_with_all_that_was_chosen(self, caught: Sink) -> None:
        load()

        work()

        [received] = [each for each in caught.received if WEEK in each.mail["Message-ID"]]
        assert received.recipient == READER
        assert "3 to 10 November 2026" in received.text
        for heading in ("NEW COMPARISONS", "FROM REVIEWERS YOU FOLLOW", "THE CROWD MOVED"):
            assert heading in received.text
        assert "Because you chose Developer Tools." in received.text
        edition = Edition.objects.get(week=WEEK)
        assert (edition.state, edition.audience, edition.frozen_at) == ("done", 1, SENT_AT)
        assert list(Consent.objects.values_list("action", "wording")) == [("confirmed", "demo")]

    def test_may_follow_each_link_of_it(self, caught: Sink) -> None:
        load()
        work()
        mail = next(each for each in caught.received if WEEK in each.mail["Message-ID"])
        browser = Client()
        paths = {path: f"{path}?token={token}" for path, token in links_in(mail).items()}

        preferences = browser.get(paths["/newsletter/preferences"])
        unsubscribe = browser.get(paths["/newsletter/unsubscribe"])
        one_click = browser.post(one_click_path(mail.mail), {"List-Unsubscribe": "One-Click"})

        assert (preferences.status_code, unsubscribe.status_code, one_click.status_code) == (200, 200, 200)
        assert Subscriber.objects.get().status == "unsubscribed"

    def test_gets_it_once_however_often_the_demo_is_loaded_and_workers_look(self, caught: Sink) -> None:
        for _ in range(3):
            load()
            work()
        load_demo_edition(now=NOW)
        work()

        assert [each.recipient for each in caught.received if WEEK in each.mail["Message-ID"]] == [READER]

    def test_is_its_only_reader_whoever_comes_later(self, caught: Sink) -> None:
        load()
        SubscriberFactory(address="ada@example.com", confirmed_at=SENT_AT.replace(year=2020))

        work()

        mailed = [each.recipient for each in caught.received if WEEK in each.mail["Message-ID"]]
        assert mailed == [READER]


def one_click_path(mail: EmailMessage) -> str:
    url: str = mail["List-Unsubscribe"].strip("<>")
    return url.removeprefix("http://127.0.0.1:8000")


@pytest.mark.usefixtures("catalog_of_the_demo")
class TestAnEditionThatWentToNobody:
    def test_it_stands_in_the_archive(self) -> None:
        load_demo_edition(now=LATER)

        edition = Edition.objects.get(week=WEEK)
        assert edition.archive
        assert {item["kind"] for item in edition.archive["items"]} == {"comparison", "crowd"}
        assert (edition.state, edition.audience, edition.frozen_at) == ("done", 0, SENT_AT)
        assert list(archived_editions()) == [edition]
        assert not Subscriber.objects.exists()
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"DEBUG_MAIL_DIR": ""}, id="without a catcher"),
            pytest.param({"EMAIL_HOST": "smtp.example.com"}, id="with a mail server that delivers"),
            pytest.param({"MAIL_PROVIDER": "mailgun"}, id="with a provider"),
        ],
    )
    def test_nobody_is_mailed_the_demo_where_mail_is_delivered(
        self, settings: Settings, tmp_path: Path, changes: dict[str, Any]
    ) -> None:
        settings.DEBUG_MAIL_DIR, settings.EMAIL_HOST = str(tmp_path), "127.0.0.1"
        for name, value in changes.items():
            setattr(settings, name, value)

        load_demo_edition(now=LATER)

        assert Edition.objects.get(week=WEEK).state == "done"
        assert not Subscriber.objects.exists()
        assert not Delivery.objects.exists()

    def test_where_there_are_readers_the_demo_goes_to_nobody(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        settings.DEBUG_MAIL_DIR, settings.EMAIL_HOST = str(tmp_path), "127.0.0.1"
        SubscriberFactory(confirmed_at=SENT_AT.replace(year=2020))

        load_demo_edition(now=LATER)

        assert (Edition.objects.get(week=WEEK).state, Delivery.objects.count()) == ("done", 0)
        assert not Subscriber.objects.filter(address=READER).exists()

    def test_an_edition_of_that_week_is_left_as_it_is(self) -> None:
        load_demo_edition(now=LATER)
        Edition.objects.update(archive=None)

        load_demo_edition(now=LATER)

        assert Edition.objects.get().archive is None
