"""What two web processes have counted, asked of whichever answers."""

import http.client
import random
from collections import Counter
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.stack import FaultStack
from tests.ports import TIMEOUT_SECONDS, wait_until

ASKED = 40
COUNTED = "django_http_requests_total_by_view_transport_method_total"


def get(port: int, path: str) -> str:
    """Over a connection of its own, which either process may take."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    text = answer.read().decode()
    connection.close()
    return text


def counted(port: int) -> float:
    """How often the server says that it was asked for /healthz."""
    families = text_string_to_metric_families(get(port, "/metrics"))
    samples = (sample for family in families for sample in family.samples)
    return sum(each.value for each in samples if each.name == COUNTED and each.labels["view"] == "healthz")


def test_metrics_are_the_sum_over_all_workers_and_the_death_of_one_takes_nothing_away(
    stack: FaultStack, tmp_path: Path
) -> None:
    with stack.serving(workers=2, METRICS_DIR=str(tmp_path)) as web:
        wait_until(lambda: len(web.workers()) == 2)
        get(web.port, "/healthz")
        before = counted(web.port)
        for _ in range(ASKED):
            get(web.port, "/healthz")
        both = Counter(counted(web.port) for _ in range(10))
        files = set(tmp_path.iterdir())

        victim = web.kill_a_worker(random.Random(2611))
        wait_until(lambda: len(workers := web.workers()) == 2 and victim not in workers.values())
        after = Counter(counted(web.port) for _ in range(10))

    assert both == after == {before + ASKED: 10}
    assert set(tmp_path.iterdir()) == files
