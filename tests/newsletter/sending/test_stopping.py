"""A SIGTERM waits for the mail that is on its way."""

import os
import signal
import subprocess
import sys

from backend.bootstrap import ROOT
from newsletter.sending.stopping import sigterm_held_back

CHILD_ASKS = """
import os
from newsletter.sending.stopping import ask_to_stop, is_asked_to_stop
print(is_asked_to_stop())
if os.fork() == 0:
    ask_to_stop()
    os._exit(0)
os.wait()
print(is_asked_to_stop())
"""

WORKERS_OF_ONE_PROCESS = """
import os
from newsletter.sending.stopping import ask_to_stop, begin_worker, is_asked_to_stop
for stops in (True, False):
    if os.fork() == 0:
        begin_worker()
        if stops:
            ask_to_stop()
        print(is_asked_to_stop(), flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_signal_waits_for_the_end_of_the_block() -> None:
    heard: list[str] = []
    former = signal.signal(signal.SIGTERM, lambda *_: heard.append("the signal"))
    try:
        with sigterm_held_back() as is_terminated:
            before = is_terminated()
            os.kill(os.getpid(), signal.SIGTERM)
            during = is_terminated()
            heard.append("the end of the block")
    finally:
        signal.signal(signal.SIGTERM, former)

    assert (before, during) == (False, True)
    assert heard == ["the end of the block", "the signal"]


def test_without_a_signal_the_block_just_ends() -> None:
    with sigterm_held_back() as is_terminated:
        pass

    assert not is_terminated()


def test_processes_of_one_worker_share_the_wish_to_stop() -> None:
    assert what_prints(CHILD_ASKS) == ["False", "True"]


def test_a_worker_stops_for_itself_and_not_for_another_that_was_forked_from_the_same_process() -> None:
    assert what_prints(WORKERS_OF_ONE_PROCESS) == ["True", "False"]


def what_prints(program: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ran.stdout.split()
