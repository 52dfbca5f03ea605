"""Ports that tests give to servers."""

from itertools import chain

from tests.ports import MOST_WORKERS, ports_of


def test_no_two_of_pytests_processes_are_given_one_port() -> None:
    given = list(chain.from_iterable(ports_of(f"gw{number}") for number in range(MOST_WORKERS)))

    assert len(set(given)) == len(given) == 12_000
