"""What Prometheus reads, and the alert rules that are made of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pytest_django.fixtures import Settings
from redis import Redis

from backend import metrics
from backend.bootstrap import ROOT
from backend.celery import heartbeat
from backend.watchdog import STALLS_KEY
from newsletter.models import Delivery
from newsletter.sending import identity
from tests.newsletter.deliveries.ledger import an_edition

ALERTS = ROOT / "deploy" / "alerts.yaml"
GUIDE = ROOT / "docs" / "operators.md"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def broker(settings: Settings) -> Iterator[Redis]:
    """The database of Redis that no other process tests with, emptied."""
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        redis.flushdb()
        yield redis
        redis.flushdb()


def values(client: Client, name: str) -> dict[tuple[str, ...], float]:
    """By the values of the labels."""
    metrics.gauges_of.cache_clear()
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in samples}


def test_counters_and_gauges_are_one_answer_that_nobody_keeps(client: Client) -> None:
    client.get("/healthz")

    response = client.get("/metrics")

    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]
    text = response.content.decode()
    assert 'view="healthz"' in text
    assert 'verdicts_source_up{source="database"} 1.0' in text


def test_queues_are_as_long_as_the_broker_says(client: Client, broker: Redis) -> None:
    broker.rpush("sign-ups", "one", "two")

    found = values(client, "verdicts_queue_messages")

    assert found == {("celery",): 0, ("mail",): 0, ("sign-ups",): 2}


def test_stalls_are_counted_from_none_on(client: Client, broker: Redis) -> None:
    assert values(client, "verdicts_worker_stalls_total") == {(): 0}

    broker.incr(STALLS_KEY)

    assert values(client, "verdicts_worker_stalls_total") == {(): 1}


def test_a_heartbeat_grows_old_and_one_that_never_was_is_endless(client: Client, broker: Redis) -> None:
    heartbeat()
    assert 0 <= values(client, "verdicts_heartbeat_age_seconds")[()] < 60

    broker.flushdb()

    assert values(client, "verdicts_heartbeat_age_seconds") == {(): float("inf")}


def test_without_redis_the_rest_is_told(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"

    assert values(client, "verdicts_source_up") == {("database",): 1, ("redis",): 0}
    assert values(client, "verdicts_queue_messages") == {}
    assert values(client, "verdicts_sign_ups_due") == {(): 0}


def test_without_the_database_the_rest_is_told(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_mailjob RENAME TO not_there")
        assert values(client, "verdicts_source_up") == {("database",): 0, ("redis",): 1}


@pytest.fixture
def all_is_there(client: Client, settings: Settings, tmp_path: Path) -> None:
    """What some gauges need to have anything to tell: a journal, an edition that is being sent, an answer."""
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "suppressions")
    assert identity.may_send()
    an_edition(3)
    Delivery.objects.filter(pk=Delivery.objects.values("pk")[:1]).update(state="failed")
    client.get("/healthz")


@pytest.mark.usefixtures("all_is_there")
def test_a_scrape_costs_six_queries_and_the_next_ones_none() -> None:
    metrics.gauges_of.cache_clear()
    with CaptureQueriesContext(connection) as first:
        found = metrics.gauges_of(1)
    with CaptureQueriesContext(connection) as second:
        again = metrics.gauges_of(1)

    asked = [query["sql"] for query in first.captured_queries]
    assert len(asked) == 6, asked
    # Of tables that grow with the catalog and its votes, none.
    assert not re.search(r"catalog_|reviews_|comparisons_|votes_(vote|pick|tally|publ)", " ".join(asked))
    assert (again, len(second)) == (found, 0)


# --- The rules ------------------------------------------------------------------------------------

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
NAMES = [rule["alert"] for rule in RULES]


def selectors_in(expression: str) -> list[promql_parser.VectorSelector]:
    """Raises ValueError for what Prometheus would not load."""
    found: list[promql_parser.VectorSelector] = []

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.MatrixSelector):
            part = part.vector_selector
        if isinstance(part, promql_parser.VectorSelector):
            found.append(part)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def is_among(selector: promql_parser.VectorSelector, samples: list[Sample]) -> bool:
    """Whether a sample has the name, and the labels of a gauge of ours; statuses of answers need not have happened."""
    matchers = selector.matchers.matchers if str(selector.name).startswith("verdicts_") else []
    return any(
        sample.name == selector.name
        and all(re.fullmatch(each.value, sample.labels.get(each.name, "")) for each in matchers)
        for sample in samples
    )


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_says_how_bad_it_is_and_what_it_is(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch("[0-9]+m", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary"}


@pytest.mark.usefixtures("all_is_there")
def test_every_metric_that_a_rule_names_is_there(client: Client) -> None:
    metrics.gauges_of.cache_clear()
    page = text_string_to_metric_families(client.get("/metrics").content.decode())
    samples = [sample for family in page for sample in family.samples]

    for rule in RULES:
        selectors = selectors_in(rule["expr"])
        assert selectors, rule["alert"]
        missing = [each.name for each in selectors if not is_among(each, samples)]
        assert missing == [], rule["alert"]


def test_the_guide_says_of_every_alert_what_to_do() -> None:
    sections = re.findall(r"^#### (\w+)\n\n(?=[^#\n])", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sections == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_an_expression_that_prometheus_would_not_load_is_noticed() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        selectors_in("max(verdicts_sign_ups_due")
