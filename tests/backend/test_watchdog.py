"""When a worker is taken for deaf: a rule about what is seen of it, look after look."""

import pytest

from backend.watchdog import Look, Patience

IDLE = Look(has_waiting=True, held=0, begun=7)
BUSY = Look(has_waiting=True, held=1, begun=7)
UNWANTED = Look(has_waiting=False, held=0, begun=7)
WORKED = Look(has_waiting=True, held=0, begun=8)


@pytest.mark.parametrize(
    ("looks", "is_over"),
    [
        pytest.param([IDLE] * 3, False, id="idle for a moment"),
        pytest.param([IDLE] * 4, True, id="idle for as long as patience lasts"),
        pytest.param([UNWANTED] * 99, False, id="nothing to do"),
        pytest.param([IDLE, IDLE, IDLE, UNWANTED, IDLE, IDLE, IDLE], False, id="now and then nothing to do"),
        pytest.param([IDLE, IDLE, IDLE, WORKED, WORKED, WORKED], False, id="at work in between"),
        pytest.param([BUSY] * 10, False, id="a task that takes long"),
        pytest.param([BUSY] * 11, True, id="a task that takes longer than any may"),
        pytest.param([BUSY] * 10 + [IDLE] * 3, False, id="a task that has just ended"),
    ],
)
def test_patience_is_over_once_nothing_moves_though_work_waits(looks: list[Look], is_over: bool) -> None:
    patience = Patience(idle=3, busy=10)

    assert [patience.is_over(look) for look in looks][-1] == is_over
