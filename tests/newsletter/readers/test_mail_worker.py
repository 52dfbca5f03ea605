"""From a sign-up to a mail, over a real SMTP server: who is mailed what, how often, and what trouble does."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

import pytest
import time_machine
from django.db import transaction
from pytest_django.fixtures import Settings
from rest_framework.exceptions import APIException
from rest_framework.test import APIClient

from backend.mail_providers import anymail_settings
from newsletter.models import ConfirmationToken, Consent, MailJob, Subscriber, Suppression
from newsletter.readers import consent, mail_worker, sign_ups, suppressions
from newsletter.readers.addresses import address_key
from newsletter.readers.links import confirmation_key
from newsletter.readers.serializers import SubscribeSerializer
from newsletter.transport import smtp
from tests.database import at_once, start_elsewhere
from tests.factories import CategoryFactory, ReviewerFactory, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.fake_provider import FakeProvider, answering
from tests.newsletter.payloads import HEADER_INJECTIONS
from tests.newsletter.signing_up import links_in, places, subscribe, work
from tests.newsletter.sinks import sink_running

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADA = "ada@example.com"
OWN_HEADERS = {
    *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"),
    "X-Auto-Response-Suppress",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def sign_up(address: str = ADA, **choices: Unpack[consent.Preferences]) -> None:
    """As the endpoint does."""
    sign_ups.sign_up(address=address, choices=choices, source="api", now=datetime.now(UTC))


class TestWhoIsMailedWhat:
    def test_somebody_new_gets_a_link_that_confirms(self, sink: Sink) -> None:
        sign_up()

        work()

        [received] = sink.to(ADA)
        token = links_in(received)["/newsletter/confirm"]
        assert received.mail["Subject"] == "Confirm your subscription"
        assert token in received.html
        assert Subscriber.objects.get().status == "pending"
        assert consent.confirm(token=token, source="api", now=NOW).status == "active"
        assert not MailJob.objects.exists()

    def test_a_token_is_kept_only_as_its_hash(self, sink: Sink) -> None:
        sign_up()

        work()

        token = links_in(sink.received[0])["/newsletter/confirm"]
        assert bytes(ConfirmationToken.objects.get().key) == confirmation_key(token) != token.encode()

    def test_a_subscriber_is_told_so_with_links_to_choose_and_leave_once_in_30_days(
        self, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        SubscriberFactory(address=ADA)
        for day in (0, 1, 29, 31):
            clock.move_to(NOW + timedelta(days=day))
            sign_up()
            work()

        first, second = sink.to(ADA)
        assert first.mail["Subject"] == second.mail["Subject"] == "You are subscribed already"
        assert set(links_in(first)) == {"/newsletter/preferences", "/newsletter/unsubscribe"}
        assert first.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert not MailJob.objects.exists()

    def test_a_sign_up_changes_nothing_of_a_subscriber(self, sink: Sink) -> None:
        SubscriberFactory(address=ADA, frequency="weekly")
        sign_up(frequency="monthly")

        work()

        assert Subscriber.objects.get().frequency == "weekly"

    @pytest.mark.parametrize(
        ("reason", "mails"),
        [("unsubscribe", 1), ("erased", 1), ("hard_bounce", 1), ("complaint", 0), ("manual", 0)],
    )
    def test_a_suppressed_mailbox_is_asked_unless_it_complained_or_was_blocked(
        self, sink: Sink, reason: str, mails: int
    ) -> None:
        Suppression.objects.create(address_key=address_key(ADA), reason=reason, created_at=NOW)
        sign_up("ADA@example.com")

        work()

        assert len(sink.received) == mails
        assert not MailJob.objects.exists()
        assert not Subscriber.objects.filter(status="active").exists()


class TestWhatAMailIsLike:
    @pytest.mark.parametrize("spelling", ["ada+x@example.com", "a.d.a@example.com", "Ada+x+y@EXAMPLE.com"])
    @pytest.mark.parametrize("reason", ["complaint", "manual"])
    def test_a_block_counts_for_other_spellings_too(self, sink: Sink, spelling: str, reason: str) -> None:
        sign_up(spelling.lower())
        work()
        token = links_in(sink.received[0])["/newsletter/confirm"]
        ConfirmationToken.objects.update(created_at=NOW - timedelta(hours=1))
        Suppression.objects.create(address_key=address_key(ADA), reason=reason, created_at=NOW)

        sign_up(spelling.lower())
        sign_ups.ask_for_fresh_links(address=spelling.lower(), source="api", now=NOW)
        work()

        assert len(sink.received) == 1
        with pytest.raises(suppressions.BlockedMailbox):
            consent.confirm(token=token, source="api", now=NOW)

    def test_it_has_two_parts_and_the_headers_of_a_machine(self, sink: Sink, settings: Settings) -> None:
        settings.MAIL_FROM, settings.MAIL_DOMAIN = "Verdicts <digest@verdicts.example>", "verdicts.example"
        sign_up()

        work()

        mail = sink.received[0].mail
        assert set(mail) == OWN_HEADERS
        assert mail["From"] == "Verdicts <digest@verdicts.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Message-ID"].endswith("@verdicts.example>")
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]

    def test_it_holds_nothing_that_was_typed(self, sink: Sink, api: APIClient) -> None:
        topic, reviewer = CategoryFactory(slug="markup-b"), ReviewerFactory(slug="markup-i")
        markup = "<b>Cheap pills at evil.example</b>"
        sent = subscribe(
            api,
            "typed-by-eve@example.com",
            topics=[topic.slug],
            reviewers=[reviewer.slug],
            frequency="monthly",
            headers={"User-Agent": markup, "Referer": "https://evil.example/", "X-Request-ID": "typed-id"},
        )

        work()

        [received] = sink.to("typed-by-eve@example.com")
        assert sent.status_code == 202
        typed = ["typed-by-eve", "evil", "pills", "markup", "monthly", "typed-id"]
        assert [word for word in typed if word in received.text + received.html] == []

    def test_each_mail_has_a_message_id_of_its_own(self, sink: Sink) -> None:
        for n in range(3):
            sign_up(f"ada-{n}@example.com")

        work()

        assert len({received.mail["Message-ID"] for received in sink.received}) == 3

    # Committed, as in production: within one transaction the counters of every request would be kept as rows.
    @pytest.mark.django_db(transaction=True)
    def test_200_injections_in_every_field_add_no_header(
        self, sink: Sink, api: APIClient, settings: Settings
    ) -> None:
        settings.SIGN_UPS_A_MINUTE = settings.SIGN_UPS_A_DOMAIN_AND_HOUR = 100_000
        answers = Counter[int]()
        for n, payload in enumerate(HEADER_INJECTIONS):
            fields: list[dict[str, Any]] = [
                {"email": f"ada-{n}@example.com{payload}"},
                {"email": f"ada{payload}@example.com"},
                {"frequency": payload},
                {"topics": [payload]},
                {"reviewers": [payload]},
            ]
            bodies = [{"email": f"ada-{n}@example.com", **field} for field in fields]
            for body in bodies:
                with pytest.raises(APIException):
                    SubscribeSerializer.validate_json(body)
            # A request takes ten times as long as the check of its body.
            answers[subscribe(api, place=f"10.0.{n}.1", **bodies[n % 5]).status_code] += 1
            answers[
                subscribe(
                    api,
                    f"bob-{n}@example.com",
                    place=f"10.9.{n}.1",
                    headers={"User-Agent": payload, "Referer": payload},
                ).status_code
            ] += 1

        # A run gives way after seconds.
        for _ in range(10):
            work()

        assert answers == {400: 200, 202: 200}
        assert len(sink.received) == 200
        assert {frozenset(received.mail) for received in sink.received} == {frozenset(OWN_HEADERS)}
        assert b"eve@example.com" not in b"".join(received.raw for received in sink.received)


class TestHowOften:
    def test_a_mailbox_gets_one_in_five_minutes_and_three_a_day(
        self, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        # Often in the hour in which it may get one, then all day long.
        for minute in (*range(0, 60, 2), *range(60, 24 * 60, 10), 24 * 60 - 1):
            clock.move_to(NOW + timedelta(minutes=minute))
            sign_up()
            work()

        sent_at = [row.created_at - NOW for row in ConfirmationToken.objects.order_by("created_at")]
        assert [wait.total_seconds() / 60 for wait in sent_at] == [0, 6, 12]
        assert len(sink.to(ADA)) == 3

    def test_a_link_that_was_used_or_has_ended_is_no_reason_to_send_none(self, sink: Sink) -> None:
        for _ in range(4):
            sign_up()
            work()
            reader = Subscriber.objects.get()
            if len(sink.to(ADA)) != 2:
                token = links_in(sink.to(ADA)[-1])["/newsletter/confirm"]
                if ConfirmationToken.objects.get(key=confirmation_key(token)).used_at is None:
                    consent.confirm(token=token, source="api", now=NOW)
            consent.unsubscribe(reader, source="api", now=NOW)

        # Used, ended, used; and three a day are the most.
        assert len(sink.to(ADA)) == 3

    def test_the_day_is_any_24_hours(self, sink: Sink, clock: time_machine.Traveller) -> None:
        for hours in (0, 20, 23, 24.5, 30, 43, 44.5):
            clock.move_to(NOW + timedelta(hours=hours))
            sign_up()
            work()

        sent_at = [row.created_at - NOW for row in ConfirmationToken.objects.order_by("created_at")]
        assert [wait.total_seconds() / 3_600 for wait in sent_at] == [0, 20, 23, 24.5, 44.5]

    @pytest.mark.django_db(transaction=True)
    def test_a_thousand_sign_ups_of_one_victim_from_everywhere_are_at_most_three_mails(
        self, sink: Sink, api: APIClient, settings: Settings, clock: time_machine.Traveller
    ) -> None:
        settings.SIGN_UPS_A_MINUTE = 100_000
        spellings = [
            "victim@example.com",
            "VICTIM@example.com",
            "victim+{}@example.com",
            "v.ictim@example.com",
        ]

        for n, place in enumerate(places(1_000)):
            clock.move_to(NOW + timedelta(seconds=72 * n))
            spelling = spellings[n % 4].format(n)
            # A request takes ten times as long as what it does: a tenth of them, with each spelling, shows the way there.
            if n % 100 < 10:
                assert subscribe(api, spelling, place=place).status_code == 202
            else:
                sign_up(SubscribeSerializer.validate_json({"email": spelling})["email"])
            if n % 100 == 99:
                at_once(work, work)

        # From the first sign-up to the last it is 20 hours.
        assert 1 <= len(sink.received) <= 3

    @pytest.mark.django_db(transaction=True)
    def test_two_workers_with_two_spellings_send_one_mail(self, sink: Sink) -> None:
        for n in range(20):
            sign_up(f"ada+{n}@example.com")

        at_once(work, work, work)

        assert len(sink.received) == 1
        assert not MailJob.objects.exists()

    def test_a_catch_all_domain_is_mailed_so_often_an_hour_and_nobody_of_it_is_forgotten(
        self, sink: Sink, clock: time_machine.Traveller, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.SIGN_UPS_A_DOMAIN_AND_HOUR = 3
        for n in range(8):
            sign_up(f"made-up-{n}@catch-all.example")
        sign_up("somebody@example.org")

        work()
        at_once = len(sink.received)
        waiting = set(MailJob.objects.values_list("state", "attempts", "detail"))
        for _ in range(3):
            clock.shift(3_601)
            work()

        assert (at_once, len(sink.to("somebody@example.org"))) == (4, 1)
        assert waiting == {("waiting", 0, "DOMAIN")}
        assert len(sink.received) == 9
        assert any("too_many_sign_ups_of_a_domain" in record.getMessage() for record in caplog.records)

    def test_a_large_mailbox_host_is_no_catch_all(self, sink: Sink, settings: Settings) -> None:
        settings.SIGN_UPS_A_DOMAIN_AND_HOUR = 1
        for n in range(4):
            sign_up(f"ada-{n}@gmail.com")

        work()

        assert len(sink.received) == 4


class TestTrouble:
    @pytest.fixture
    def nobody(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    @pytest.mark.usefixtures("nobody")
    def test_without_a_mail_server_the_job_waits_and_the_mailbox_counts_nothing(self) -> None:
        sign_up()

        work()

        job = MailJob.objects.get()
        assert (job.state, job.attempts, job.detail) == ("waiting", 1, "CONNECT ConnectionRefusedError")
        assert not Consent.objects.exists()
        assert job.due_at == NOW + timedelta(minutes=1)
        assert not ConfirmationToken.objects.exists()

    def test_it_is_sent_once_there_is_one(self, sink: Sink, clock: time_machine.Traveller) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.EMAIL_PORT", 9)
            sign_up()
            work()
        clock.shift(61)

        work()
        work()

        assert len(sink.to(ADA)) == 1

    def test_a_connection_that_crawls_is_given_up_for_another(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        monkeypatch.setattr(smtp, "OPENING_SECONDS", (1, None))
        sign_up()

        # The check that the sink is up had the first; ours is the second.
        with sink_running(tmp_path, "slow=2") as sink:
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
            work()
            lines = sink.lines()

        assert [(line["to"], line["connection"]) for line in lines] == [(ADA, 3)]
        assert not MailJob.objects.exists()

    @pytest.mark.usefixtures("nobody")
    def test_tries_end(self, clock: time_machine.Traveller) -> None:
        sign_up()

        for _ in range(40):
            work()
            clock.shift(3_600)

        job = MailJob.objects.get()
        assert (job.state, job.attempts) == ("failed", 8)

    def test_a_job_that_kills_its_worker_is_given_up(self, clock: time_machine.Traveller) -> None:
        """The claim is all that a worker leaves behind that is killed right after it."""
        sign_up()

        claims = 0
        for _ in range(40):
            claims += mail_worker.claim_job(now=datetime.now(UTC)) is not None
            clock.shift(6 * 3_600)

        assert claims == 8
        assert MailJob.objects.get().state == "failed"

    def test_a_mailbox_that_does_not_exist_is_not_tried_again_and_hinders_nobody(self, sink: Sink) -> None:
        sign_up("refused-1@example.com")
        sign_up()

        work()

        assert len(sink.to(ADA)) == 1
        job = MailJob.objects.get()
        assert (job.address, job.state, job.detail) == (
            "refused-1@example.com",
            "failed",
            "RCPT 550",
        )
        assert not ConfirmationToken.objects.filter(subscriber__address="refused-1@example.com").exists()

    def test_a_busy_mailbox_is_tried_again(self, sink: Sink) -> None:
        sign_up("busy-1@example.com")

        work()

        assert MailJob.objects.get().state == "waiting"

    def test_when_nobody_knows_whether_it_was_taken_two_mails_at_most_have_one_link_and_staff_see_it(
        self, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        sign_up("late-1@example.com")

        for _ in range(10):
            work()
            clock.shift(3_600)

        tokens = {links_in(received)["/newsletter/confirm"] for received in sink.received}
        job = MailJob.objects.get()
        assert (len(sink.received), len(tokens)) == (2, 1)
        assert (job.state, job.attempts) == ("failed", 2)
        assert job.detail.startswith("DOT")
        # The clock is ten hours further.
        assert consent.confirm(token=tokens.pop(), source="api", now=datetime.now(UTC)).status == "active"

    def test_a_server_that_dies_after_its_greeting_uses_up_no_try_of_the_reader(
        self, settings: Settings, clock: time_machine.Traveller, tmp_path: Path
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        sign_up()

        with sink_running(tmp_path, "bad=tls") as dying:
            settings.EMAIL_PORT = dying.port
            for _ in range(4):
                work()
                clock.shift(3_600)
            job = MailJob.objects.get()
            counted = ConfirmationToken.objects.count()
        with sink_running(tmp_path) as sink:
            settings.EMAIL_PORT = sink.port
            work()
            taken = sink.taken()

        assert (job.state, job.attempts, job.detail[:4]) == ("waiting", 4, "MAIL")
        assert counted == 0
        assert taken == [ADA]
        assert not MailJob.objects.exists()

    def test_a_dot_that_is_answered_late_sends_one_mail(self, settings: Settings, tmp_path: Path) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 0.2
        sign_up()

        with sink_running(tmp_path, "delay=0.5") as sink:
            settings.EMAIL_PORT = sink.port
            work()
            taken = sink.taken()

        assert taken == [ADA]
        assert not MailJob.objects.exists()

    def test_a_try_that_surely_sent_nothing_leaves_the_link_of_an_earlier_one_valid(
        self, sink: Sink, clock: time_machine.Traveller, settings: Settings
    ) -> None:
        sign_up("late-1@example.com")
        work()
        clock.shift(3_600)
        settings.EMAIL_PORT = 9

        work()

        [received] = sink.received
        token = links_in(received)["/newsletter/confirm"]
        assert consent.confirm(token=token, source="api", now=datetime.now(UTC)).status == "active"

    def test_what_a_server_says_of_us_ends_no_sign_up(self, settings: Settings, tmp_path: Path) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        sign_up("barred-1@example.com")

        with sink_running(tmp_path) as sink:
            settings.EMAIL_PORT = sink.port
            work()

        job = MailJob.objects.get()
        assert (job.state, job.detail) == ("waiting", "RCPT 550")

    def test_a_worker_killed_between_noting_and_sending_loses_nobody(
        self, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        sign_up()
        job = mail_worker.claim_job(now=NOW)
        assert job
        mail_worker.prepare(job, now=NOW)
        clock.shift(61)

        work()

        [received] = sink.to(ADA)
        token = links_in(received)["/newsletter/confirm"]
        assert consent.confirm(token=token, source="api", now=datetime.now(UTC)).status == "active"

    @pytest.mark.django_db(transaction=True)
    def test_many_mails_share_a_few_connections(self, sink: Sink, settings: Settings) -> None:
        settings.SIGN_UPS_A_MINUTE = 80
        for n in range(30):
            sign_up(f"ada-{n}@example.com")

        work()

        assert (len(sink.received), sink.connections) == (30, 2)

    @pytest.mark.django_db(transaction=True)
    def test_as_many_mails_are_under_way_at_once_as_the_limit_of_sign_ups_asks_for(
        self, sink: Sink, settings: Settings
    ) -> None:
        settings.SIGN_UPS_A_MINUTE = 300
        for n in range(8):
            sign_up(f"ada-{n}@example.com")
        sink.meeting = 8

        work()

        assert not MailJob.objects.exists()

    @pytest.mark.parametrize(
        ("a_minute", "pool_size", "connections"),
        [(1, 16, 1), (40, 16, 1), (41, 16, 2), (300, 16, 8), (600, 16, 15), (1_000_000, 16, 15), (300, 2, 1)],
    )
    def test_connections_follow_the_limit_as_far_as_the_database_has_some(
        self, settings: Settings, a_minute: int, pool_size: int, connections: int
    ) -> None:
        settings.SIGN_UPS_A_MINUTE, settings.DATABASE_POOL_SIZE = a_minute, pool_size

        assert mail_worker.most_connections() == connections

    @pytest.mark.parametrize("a_minute", [1, 40, 41, 300, 600, 1_000])
    def test_one_worker_keeps_up_with_the_limit_at_eight_tenths_of_a_second_a_mail(
        self, settings: Settings, a_minute: int
    ) -> None:
        settings.SIGN_UPS_A_MINUTE, settings.DATABASE_POOL_SIZE = a_minute, 16

        mails_of_a_run = mail_worker.most_connections() * int(mail_worker.RUN_SECONDS / 0.8)
        runs_a_minute = 60 / settings.CELERY_BEAT_SCHEDULE["send-due-mail"]["schedule"]

        assert mails_of_a_run * runs_a_minute >= a_minute

    @pytest.mark.django_db(transaction=True)
    def test_workers_share_the_jobs(self, sink: Sink) -> None:
        for n in range(60):
            sign_up(f"ada-{n}@example.com")

        at_once(work, work, work)

        assert Counter(received.recipient for received in sink.received) == Counter(
            f"ada-{n}@example.com" for n in range(60)
        )


class TestForgetting:
    def test_who_never_confirmed_is_forgotten_after_a_month(
        self, sink: Sink, clock: time_machine.Traveller
    ) -> None:
        sign_up()
        SubscriberFactory()
        work()
        clock.shift(timedelta(days=31))
        mail_worker.purge_expired(now=datetime.now(UTC))
        before = Subscriber.objects.count()
        clock.shift(timedelta(days=2))

        mail_worker.purge_expired(now=datetime.now(UTC))

        assert before == 2
        assert Subscriber.objects.get().status == "active"
        assert not ConfirmationToken.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_who_is_imported_meanwhile_stays(self) -> None:
        SubscriberFactory(status="pending", confirmed_at=None)
        later = datetime.now(UTC) + timedelta(days=31)

        with transaction.atomic():
            Subscriber.objects.update(status="active", confirmed_at=NOW)
            purging = start_elsewhere(lambda: mail_worker.purge_expired(now=later))
        purging.result(timeout=30)

        assert Subscriber.objects.get().status == "active"

    @pytest.mark.django_db(transaction=True)
    def test_who_is_erased_while_a_worker_has_their_job_does_not_come_back(self) -> None:
        sign_up()
        work()
        sign_up(frequency="monthly")
        job = mail_worker.claim_job(now=datetime.now(UTC))
        assert job
        mails: list[object] = []

        with transaction.atomic():
            consent.erase(subscriber=Subscriber.objects.get(), source="api", now=NOW)
            preparing = start_elsewhere(lambda: mails.append(mail_worker.prepare(job, now=datetime.now(UTC))))
        preparing.result(timeout=30)

        assert mails == [None]
        assert not Subscriber.objects.exists()

    def test_failed_jobs_are_forgotten_after_a_week(self, clock: time_machine.Traveller) -> None:
        for state in ("failed", "waiting"):
            MailJob.objects.create(
                address=ADA, choices={}, source="api", due_at=NOW, created_at=NOW, state=state
            )
        clock.shift(timedelta(days=7))

        mail_worker.purge_expired(now=datetime.now(UTC))

        assert MailJob.objects.get().state == "waiting"


def test_the_record_says_that_a_confirmation_was_mailed(sink: Sink) -> None:
    sign_up()

    work()

    line = Consent.objects.get()
    assert (line.action, line.source, bytes(line.address_key)) == ("asked", "api", address_key(ADA))
    assert sink.received


class TestThroughAProvider:
    @pytest.fixture(autouse=True)
    def provider(self, settings: Settings) -> Iterator[FakeProvider]:
        with answering() as provider:
            settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
            variables = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "a-token", "ANYMAIL_POSTMARK_API_URL": provider.url}
            settings.ANYMAIL = anymail_settings(variables, public_base_url="") | {"REQUESTS_TIMEOUT": 0.5}
            yield provider

    def test_somebody_new_gets_a_link(self, provider: FakeProvider) -> None:
        sign_up()

        work()

        [mail] = provider.requests
        assert (mail["To"], mail["Subject"]) == (ADA, "Confirm your subscription")
        assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")
        assert not MailJob.objects.exists()

    @pytest.mark.parametrize(
        ("word", "state", "detail", "tokens"),
        [
            pytest.param("unauthorized", "waiting", "LOGIN 535", 0, id="not let in"),
            pytest.param("away", "waiting", "RCPT 421", 0, id="not there just now"),
            pytest.param("fast", "waiting", "DATA 450", 0, id="too fast"),
            pytest.param("foul", "waiting", "DATA 554", 0, id="refused"),
            pytest.param("inactive", "failed", "RCPT 554", 0, id="no mail for this mailbox"),
            pytest.param("broken", "waiting", "DOT", 1, id="perhaps taken"),
            pytest.param("hang", "waiting", "DOT ReadTimeout", 1, id="perhaps taken, no answer"),
        ],
    )
    def test_a_mail_that_may_be_out_counts_and_one_that_is_not_does_not(
        self, provider: FakeProvider, word: str, state: str, detail: str, tokens: int
    ) -> None:
        sign_up(f"{word}-1@example.com")

        work()

        job = MailJob.objects.get()
        assert (job.state, job.detail) == (state, detail)
        assert ConfirmationToken.objects.count() == tokens
        assert len(provider.requests) == 1
