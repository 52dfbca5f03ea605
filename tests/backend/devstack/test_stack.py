"""What `serve` and `run` share: signals, the environment of the product, what an earlier run left behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.bootstrap import ROOT
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server
from backend.devstack.stack import (
    SIGNALS,
    Stopped,
    end_leftovers,
    product_environment,
    stop_on_signals,
    var_directory,
)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Our own handlers of signals are back after the test."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_the_first_signal_stops_and_later_ones_change_nothing() -> None:
    stop_on_signals()

    with pytest.raises(Stopped) as stopped:
        signal.raise_signal(signal.SIGHUP)
    for number in SIGNALS:
        signal.raise_signal(number)

    assert stopped.value.number == signal.SIGHUP


def test_run_time_files_lie_in_var_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAR_DIR", f"{tmp_path}/here/../there")
    assert var_directory() == tmp_path / "there"

    monkeypatch.setenv("VAR_DIR", "")
    assert var_directory() == ROOT / "var"


def test_the_product_has_the_same_secrets_in_each_run_and_no_two_alike(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()

    first = product_environment(stack, url="http://127.0.0.1:8000", servers={})
    second = product_environment(stack, url="http://127.0.0.1:9000", servers={"DATABASE_URL": None})

    assert {name for name in first if first[name] != second[name]} == {"PUBLIC_BASE_URL"}
    assert second.keys() == first.keys()
    names = ["SECRET_KEY", "VOTER_KEYS", "VOTER_PEPPER", "NEWSLETTER_KEYS", "NEWSLETTER_PEPPER"]
    secrets = {first[name].removeprefix("first:") for name in names}
    assert len(secrets) == len(names)
    assert min(map(len, secrets)) >= 64


def test_the_product_is_told_of_servers_that_were_started(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()
    child = processes.start(
        "redis",
        ["true"],
        log=tmp_path / "log",
        mark="",
        environment={"PATH": os.defpath},
        directory=tmp_path,
    )
    child.popen.wait()

    environment = product_environment(
        stack, url="", servers={"REDIS_URL": Server(child, "redis://here"), "DATABASE_URL": None}
    )

    assert environment["REDIS_URL"] == "redis://here"
    assert "DATABASE_URL" not in environment


def test_what_an_earlier_run_left_behind_is_named_and_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = StackDirectory(tmp_path / "stack").make()
    assert not end_leftovers(stack)
    left = processes.start(
        "web",
        ["sleep", "1000"],
        log=tmp_path / "log",
        mark=stack.begin(),
        environment={"PATH": os.defpath},
        directory=tmp_path,
    )
    stack.note("web", left.process)

    assert end_leftovers(stack)

    assert left.popen.wait() == -signal.SIGINT
    assert capsys.readouterr().out == "Ending what an earlier run left behind: web.\n"


def test_no_file_of_settings_and_no_mail_provider_reaches_a_stack(tmp_path: Path) -> None:
    environment = product_environment(StackDirectory(tmp_path / "stack").make(), url="", servers={})

    assert (environment["ENV_FILE"], environment["MAIL_PROVIDER"]) == ("", "")
    assert environment["EMAIL_URL"].startswith("smtp://127.0.0.1:")
