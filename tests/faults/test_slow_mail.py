"""A mail server of which some connections crawl: they hold up nobody else."""

from pathlib import Path

import pytest

from tests.faults.clients import percentile
from tests.faults.mail_run import MailRun
from tests.faults.scale import IS_LONG, scaled
from tests.faults.stack import FaultStack

NEWCOMERS = scaled("MAIL_NEWCOMERS", short=20, long=300)
# In seconds; a busy machine takes longer for all.
SOON = 30 if IS_LONG else 120
READERS = scaled("MAIL_READERS", short=500, long=20_000)


def test_who_signs_up_is_mailed_soon_though_some_connections_crawl(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, sink="slow=5 delay=0.01", sign_up_processes=2) as run:
        run.begin({"reader": READERS})
        run.await_taken(1)
        asked_at = stack.desk("sign_up", NEWCOMERS, 2)
        run.await_(lambda: len(waits(run, asked_at)) == NEWCOMERS)

    assert percentile(waits(run, asked_at), 0.95) <= SOON


def waits(run: MailRun, asked_at: dict[str, float]) -> list[float]:
    """How many seconds it took those who have their mail."""
    return [line["at"] - asked_at[line["to"]] for line in run.taken() if line["to"] in asked_at]


@pytest.mark.skipif(not IS_LONG, reason="It takes a minute at least: a part of FAULTS=long.")
def test_three_hundred_sign_ups_a_minute_are_mailed_as_they_come_at_eight_tenths_of_a_second_a_mail(
    stack: FaultStack, tmp_path: Path
) -> None:
    with MailRun(stack, tmp_path, sink="delay=0.8", sign_up_processes=1, SIGN_UPS_A_MINUTE="300") as run:
        asked_at = stack.desk("sign_up", 300, 5)
        run.await_(lambda: len(waits(run, asked_at)) == 300)

    # `-rP` shows the figures.
    print(f"median {percentile(waits(run, asked_at), 0.5):.1f} s, longest {max(waits(run, asked_at)):.1f} s")  # noqa: T201
    assert max(waits(run, asked_at)) <= 15


@pytest.mark.skipif(not IS_LONG, reason="It compares speeds: a part of FAULTS=long.")
def test_connections_that_crawl_cost_an_edition_little_speed(stack: FaultStack, tmp_path: Path) -> None:
    usual, hampered = (speed(stack, tmp_path, sink=f"slow={slow} delay=0.01") for slow in (0, 5))

    assert hampered >= 0.8 * usual, (hampered, usual)


def speed(stack: FaultStack, directory: Path, *, sink: str) -> float:
    """Mails a second, until nine of ten are out: the last are those that wait for a connection that crawls."""
    with MailRun(stack, directory, sink=sink) as run:
        run.begin({"reader": READERS})
        run.await_taken(READERS * 9 // 10, seconds=600)
        moments: list[float] = sorted(line["at"] for line in run.taken())
    return len(moments) / (moments[-1] - moments[0])
