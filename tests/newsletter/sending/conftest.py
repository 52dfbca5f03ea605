"""A server that does what each recipient's name says, for tests that send to it from their own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.newsletter.sinks import RunningSink, sink_running


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[RunningSink]:
    with sink_running(tmp_path) as running:
        yield running
