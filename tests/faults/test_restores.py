"""A database that is not the one it was: a restored backup, a copy elsewhere, and data without their tables."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults import dumps
from tests.faults.clients import Client
from tests.faults.mail_run import MailRun, forget_mail
from tests.faults.stack import FaultStack
from tests.faults.standby import promote, standby
from tests.faults.test_proxy import get
from tests.ports import wait_until

READERS = 200
IS_A_COPY = (
    "This is a copy of the database that sends, or a standby that was promoted: its cluster is another."
)
REFUSAL = "SELECT refusal FROM newsletter_sendingidentity"
# The last begins with a table that a standby doesn't have.
MAIL_TASKS = {"tick", "send_due_jobs", "forget"}
EDITIONS = "SELECT week, state, repeat, state_reason FROM newsletter_edition"


@pytest.fixture
def emptied(stack: FaultStack) -> Iterator[FaultStack]:
    """The next test finds no identity and no journal either."""
    yield stack
    forget_mail(stack)


def schedule(journal: Path) -> dict[str, Any]:
    """This week's edition has been due for an hour."""
    due = datetime.now(UTC) - timedelta(hours=1)
    return {
        "NEWSLETTER_ZONE": "UTC",
        "NEWSLETTER_WEEKDAY": str(due.isoweekday()),
        "NEWSLETTER_TIME": f"{due:%H:%M}",
        "SUPPRESSION_JOURNAL": str(journal),
    }


def mailed_since_the_backup(
    stack: FaultStack, tmp_path: Path, settings: dict[str, Any]
) -> tuple[Path, list[str]]:
    """A backup from before this week's edition, which went to all readers since; their addresses."""
    backup = tmp_path / "verdicts.dump"
    readers: list[str] = []

    def before() -> None:
        forget_mail(stack)
        readers.extend(stack.desk("readers_with_news", READERS))
        dumps.manage(stack, settings, "allow_sending")
        dumps.dump(stack.postgresql, backup)

    with MailRun(stack, tmp_path, before=before, **settings) as run:
        run.await_(lambda: [*run.editions().values()] == ["done"])
        taken = [line["to"] for line in run.taken()]
    assert sorted(taken) == sorted(readers)
    return backup, readers


def postponed(log: str) -> set[str]:
    """Tasks that met a database that refuses them, and are tried again."""
    return set(re.findall(r'"task": "newsletter\.tasks\.(\w+)".*"task_postponed"', log))


def nothing() -> None:
    """The database stays as it was restored."""


def test_a_restore_from_before_an_edition_mails_nobody_twice(emptied: FaultStack, tmp_path: Path) -> None:
    stack, journal = emptied, tmp_path / "suppressions"
    settings = schedule(journal)
    backup, readers = mailed_since_the_backup(stack, tmp_path, settings)
    left, erased = readers[:3], readers[3:5]
    stack.desk("since_the_backup", str(journal), left, erased, ["asked@example.com", "new@example.com"])
    dumps.restore_in_place(stack.postgresql, backup)

    with MailRun(stack, tmp_path, before=nothing, **settings) as run:
        run.await_(lambda: stack.query(REFUSAL) != [("",)])
        refusal = stack.query(REFUSAL)
        allowed = dumps.manage(stack, settings, "allow_sending")
        run.await_(lambda: any("held" in row for row in stack.query(EDITIONS)))
        ((week, *held, reason),) = stack.query(EDITIONS)
        replayed = dumps.manage(stack, settings, "replay_suppressions", str(journal))
        mailed_twice = run.number_taken()
        # Staff decide, here for a second copy.
        stack.desk("send_again", week)
        run.await_(lambda: run.editions() == {week: "done"})
        taken = {line["to"] for line in run.taken()}

    older = f"This is an older self of the database that sends: {journal}.mailings has seen a later one."
    assert refusal == [(older,)]
    assert allowed == f"{older}\nIt may send from here now.\n"
    assert mailed_twice == 0
    assert held == ["draft", "held"]
    assert reason.startswith("The journal says that this week was mailed: begun on ")
    assert reason.endswith(" UTC. Send again mails it twice, Cancel does not.")
    assert replayed == (
        "7 mailboxes: 3 subscriptions ended, 2 readers erased, 3 suppressed, 0 lifted, 1 confirmed.\n"
        "1 confirmed since and are not in this backup: they must sign up again.\n"
    )
    assert taken == {*readers, "asked@example.com"} - {*left, *erased}


def test_a_copy_on_another_machine_mails_nobody(emptied: FaultStack, tmp_path: Path) -> None:
    stack, journal = emptied, tmp_path / "suppressions"
    settings = schedule(journal)
    backup, _ = mailed_since_the_backup(stack, tmp_path, settings)

    there = tmp_path / "there"
    there.mkdir()
    # Servers of root run as somebody else, who may not enter pytest's own directories.
    with tempfile.TemporaryDirectory(prefix="faults-") as elsewhere:
        Path(elsewhere).chmod(0o755)
        with dumps.second_cluster(Path(elsewhere) / "stack") as copy:
            dumps.restore(copy, backup, "--no-owner", "--exit-on-error")
            on_the_copy = settings | {
                "DATABASE_URL": copy.url,
                "REDIS_URL": stack.redis.url.removesuffix("/0") + "/1",
                "SUPPRESSION_JOURNAL": str(there / "suppressions"),
            }

            def asked(statement: str) -> list[tuple[Any, ...]]:
                with psycopg.connect(copy.url) as connection:
                    return connection.execute(statement.encode()).fetchall()

            with MailRun(stack, tmp_path, before=nothing, **on_the_copy) as run:
                run.await_(lambda: asked(REFUSAL) != [("",)])
                refusal = asked(REFUSAL)
                # It takes the original's place: with the original's journal.
                for file in journal.parent.glob("suppressions*"):
                    shutil.copy(file, there)
                allowed = dumps.manage(stack, on_the_copy, "allow_sending")
                run.await_(lambda: any("held" in row for row in asked(EDITIONS)))
                second_copies = run.number_taken()

    assert refusal == [(IS_A_COPY,)]
    assert allowed == f"{IS_A_COPY}\nIt may send from here now.\n"
    assert second_copies == 0


def test_a_standby_is_not_ready_and_once_promoted_sends_nothing_until_it_is_allowed(
    emptied: FaultStack, tmp_path: Path
) -> None:
    stack, settings = emptied, schedule(tmp_path / "suppressions")
    forget_mail(stack)
    tool, (voter,) = stack.new_tool(), stack.new_voters(1)
    readers = stack.desk("readers_with_news", 20)
    dumps.manage(stack, settings, "allow_sending")

    with tempfile.TemporaryDirectory(prefix="faults-") as elsewhere:
        Path(elsewhere).chmod(0o755)
        with standby(stack.postgresql, Path(elsewhere) / "stack") as second:
            there = settings | {"DATABASE_URL": second.url}

            def asked(statement: str) -> list[tuple[Any, ...]]:
                with psycopg.connect(second.url) as connection:
                    return connection.execute(statement.encode()).fetchall()

            with (
                MailRun(stack, tmp_path, before=nothing, **there) as run,
                stack.serving(workers=1, **there) as web,
                closing(Client(web.port)) as client,
            ):
                stack.desk("call", "newsletter.tasks.forget")
                run.await_(lambda: postponed(stack.logs().get("worker.log", "")) >= MAIL_TASKS)
                as_a_standby = get(web.port, "/readyz").status, client.vote(tool, voter=voter, value="ship")
                promote(second)
                wait_until(lambda: get(web.port, "/readyz").status == 200)
                vote = client.vote_until_acknowledged(tool, voter=voter, value="ship")
                run.await_(lambda: asked(REFUSAL) != [("",)])
                refusal, editions, sent = asked(REFUSAL), asked(EDITIONS), run.number_taken()
                allowed = dumps.manage(stack, there, "allow_sending")
                run.await_(lambda: [state for _, state, *_ in asked(EDITIONS)] == ["done"])
                taken = [line["to"] for line in run.taken()]
                log = stack.logs()["worker.log"]

    assert set(re.findall(r'"event": "([^"]*)"[^\n]*"level": "error"', log)) == {"sending_refused"}
    assert (as_a_standby[0], as_a_standby[1].answer.status) == (503, 503)
    assert vote.status == 200
    assert (refusal, editions, sent) == ([(IS_A_COPY,)], [], 0)
    assert allowed == f"{IS_A_COPY}\nIt may send from here now.\n"
    assert sorted(taken) == sorted(readers)


# --- The data alone -----------------------------------------------------------------------------

OF_A_MIGRATED_DATABASE = (
    *("django_migrations", "django_content_type", "auth_permission"),
    *("auth_group", "auth_group_permissions"),
)


def test_a_backup_by_the_guide_holds_no_salt_and_yet_the_votes(emptied: FaultStack, tmp_path: Path) -> None:
    salt, network_hash = b"salt of a day, 32 bytes as always", b"8 bytes."
    stack = emptied
    stack.desk("readers_with_news", 5)
    with psycopg.connect(stack.postgresql.url) as connection:
        connection.execute("INSERT INTO votes_salt (day, salt) VALUES ('2020-01-01', %s)", [salt])
        connection.execute("UPDATE votes_vote SET origin = %s", [network_hash])

    backup = dumps.text_of(stack.postgresql, dumps.dump(stack.postgresql, tmp_path / "verdicts.dump"))

    assert "CREATE TABLE public.votes_salt" in backup
    assert network_hash.hex() in backup
    assert salt.hex() not in backup


def test_the_data_alone_are_restored_whole_or_not_at_all(emptied: FaultStack, tmp_path: Path) -> None:
    stack, backup = emptied, tmp_path / "verdicts.dump"
    stack.desk("readers_with_news", 20)
    dumps.dump(stack.postgresql, backup)
    original = dumps.rows_by_table(stack.postgresql.url)

    with tempfile.TemporaryDirectory(prefix="faults-") as elsewhere:
        Path(elsewhere).chmod(0o755)
        with dumps.second_cluster(Path(elsewhere) / "stack") as other:
            # As `migrate` leaves it, which takes longer.
            dumps.restore(other, backup, "--schema-only", "--no-owner")
            superuser = dumps.let_the_superuser_in(other)
            for table in OF_A_MIGRATED_DATABASE:
                options = ("--data-only", "--disable-triggers", f"--table={table}")
                dumps.restore(other, backup, *options, url=superuser)
            fresh = dumps.rows_by_table(other.url)
            refused = dumps.attempt_restore(other, backup, "--data-only")
            after_refusal = dumps.rows_by_table(other.url)

            with psycopg.connect(superuser) as connection:
                connection.execute(f"TRUNCATE {', '.join(OF_A_MIGRATED_DATABASE)} CASCADE".encode())
            whole = ("--data-only", "--disable-triggers", "--single-transaction")
            dumps.restore(other, backup, *whole, url=superuser)
            restored = dumps.rows_by_table(other.url)

    assert refused.returncode != 0
    assert "--data-only --disable-triggers --single-transaction, by a superuser." in refused.stderr
    assert after_refusal == fresh
    assert restored == original | {"votes_salt": 0}
    assert min(restored[name] for name in ("catalog_tool", "reviews_review", "votes_vote", "votes_tally")) > 0
