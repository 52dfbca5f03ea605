"""When a worker counts as stalled: a rule over the samples taken of it."""

import pytest

from backend.watchdog import Sample, StallDetector

IDLE = Sample(has_waiting=True, held=0, begun=7)
BUSY = Sample(has_waiting=True, held=1, begun=7)
UNWANTED = Sample(has_waiting=False, held=0, begun=7)
WORKED = Sample(has_waiting=True, held=0, begun=8)


@pytest.mark.parametrize(
    ("samples", "is_stalled"),
    [
        pytest.param([IDLE] * 3, False, id="idle for a moment"),
        pytest.param([IDLE] * 4, True, id="idle for as long as it may be"),
        pytest.param([UNWANTED] * 99, False, id="nothing to do"),
        pytest.param([IDLE, IDLE, IDLE, UNWANTED, IDLE, IDLE, IDLE], False, id="now and then nothing to do"),
        pytest.param([IDLE, IDLE, IDLE, WORKED, WORKED, WORKED], False, id="at work in between"),
        pytest.param([BUSY] * 10, False, id="a task that takes long"),
        pytest.param([BUSY] * 11, True, id="a task that takes longer than any may"),
        pytest.param([BUSY] * 10 + [IDLE] * 3, False, id="a task that has just ended"),
    ],
)
def test_a_worker_is_stalled_once_nothing_moves_though_work_waits(
    samples: list[Sample], is_stalled: bool
) -> None:
    detector = StallDetector(idle=3, busy=10)

    assert [detector.is_stalled(sample) for sample in samples][-1] == is_stalled
