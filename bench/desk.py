"""Every page of the desk at the size that we promise: its queries, the database's time, and the whole of it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from time import perf_counter
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from tqdm import tqdm

from backend.admin.first_page import count_blocks
from backend.bootstrap import UserError
from backend.devstack.stack import var_directory
from bench.desk_pages import add_missing_rows, addresses, give_app
from bench.growth import Statement, explain, recorded
from bench.growth_data import GrowthSize, grow
from bench.mail import READERS
from bench.pictures import table

SIZE = GrowthSize(tools=10_000, reviews_per_tool=5, votes_per_tool=100, days=30)
QUICK = GrowthSize(tools=200, reviews_per_tool=5, votes_per_tool=100, days=3)
SUBSCRIBERS = 10_000
MOST_QUERIES, MOST_MILLISECONDS = 12, 300
# It is the undoing itself, rolled back: as many statements, however much is undone.
MOST_QUERIES_OF = {"admin:comparisons_undo_merge": 40}
ROUNDS = 3

# What triggers would have kept and people did, for the pages of histories and the log.
HISTORY = """
INSERT INTO api_change (table_name, row_id, action, columns, changed_at, actor, source, role, why)
SELECT 'catalog_tool', pg_temp.key(3, 1 + n % 1000), 'update', '{"tagline": ["It was slow.", "It is fast."]}',
    now() - n * interval '1 minute', 'ada', 'admin', 'web', '' FROM generate_series(1, 100000) n;
INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag, change_message)
SELECT now() - n * interval '1 minute', (SELECT min(id) FROM auth_user),
    (SELECT id FROM django_content_type WHERE app_label = 'catalog' AND model = 'tool'), pg_temp.key(3, 1 + n % 1000),
    'Measured Tool', 2, '[]' FROM generate_series(1, 100000) n
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the best round of one address took: milliseconds of the database, and of all of it."""

    page: str
    address: str
    queries: int
    database: float
    whole: float

    @property
    def judgement(self) -> str:
        is_slow = self.page.endswith("_changelist") and self.whole > MOST_MILLISECONDS
        return ", ".join(
            ["queries"] * (self.queries > MOST_QUERIES_OF.get(self.page, MOST_QUERIES)) + ["slow"] * is_slow
        )


def measure_desk(*, quick: bool) -> bool:
    """Fills the empty database and asks every page, lists in all their orders and filters; whether all keep the rule."""
    # Otherwise the tables stand below a line for each request.
    logging.disable(logging.WARNING)
    size = QUICK if quick else SIZE
    print(f"Writing {size.tools:,} tools …", flush=True)
    user = User.objects.create_superuser("curator")
    fill(user, size=size)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    asked: list[Asked] = []
    over: list[tuple[Asked, list[Statement]]] = []
    for page, address in tqdm(list(all_addresses(client)), desc="Asking", leave=False, disable=None):
        figure, statements = ask(client, page, address)
        asked.append(figure)
        if figure.judgement:
            over.append((figure, statements))
    print_table(asked)
    for figure, statements in over:
        print(f"\n{figure.address}: {figure.queries} queries, {figure.database:.0f} of {figure.whole:.0f} ms")
        explain(statements)
    file = var_directory() / "bench" / "desk.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(each) for each in asked]
    file.write_text(json.dumps({"measured_at": datetime.now(UTC).isoformat(), "rows": rows}, indent=2) + "\n")
    return not over


def fill(user: User, *, size: GrowthSize) -> None:
    grow(above=0, size=size)
    add_missing_rows(user, now=timezone.now())
    give_app(user)
    with connection.cursor() as cursor:
        cursor.execute(READERS, [SUBSCRIBERS])
        for statement in HISTORY.split(";\n"):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
    count_blocks(now=timezone.now())


def all_addresses(client: Client) -> Iterator[tuple[str, str]]:
    for page, address in addresses():
        yield page, address
        if page.endswith("_changelist"):
            yield from ((page, f"{address}{query}") for query in queries_of(client, address))


def queries_of(client: Client, address: str) -> list[str]:
    """What a list can be asked: each choice of its filters, each column in both orders, a search, its last page."""
    answer: Any = client.get(address)
    shown = answer.context_data["cl"]
    choices = (each["query_string"] for spec in shown.filter_specs for each in spec.choices(shown))
    columns = (
        f"?o={sign}{n}"
        for n, name in enumerate(shown.list_display)
        if shown.get_ordering_field(name)
        for sign in ("", "-")
    )
    words = ["?q=measured", "?q=measured+1999", "?q=zzzz"] if shown.search_fields else []
    year = [f"?{shown.date_hierarchy}__year={timezone.now().year}"] if shown.date_hierarchy else []
    last = [f"?p={shown.paginator.num_pages}"] if shown.multi_page else []
    return [query for query in (*choices, *columns, *words, *year, *last) if query not in ("", "?")]


def ask(client: Client, page: str, address: str) -> tuple[Asked, list[Statement]]:
    rounds: list[tuple[float, list[Statement]]] = []
    for _ in range(ROUNDS):
        with recorded() as statements:
            began = perf_counter()
            answer = client.get(address)
            whole = (perf_counter() - began) * 1000
        # What nobody adds or deletes by hand is refused, and counts too.
        if answer.status_code not in (200, 302, 403):
            raise UserError(f"{address} answers {answer.status_code}: {answer.content[:300]!r}")
        rounds.append((whole, statements))
        # Only what seems slow is asked again.
        if whole <= MOST_MILLISECONDS:
            break
    whole, statements = min(rounds, key=lambda each: each[0])
    database = sum(each.milliseconds[0] for each in statements)
    return Asked(page, address, len(statements), round(database, 1), round(whole, 1)), statements


def print_table(asked: list[Asked]) -> None:
    """A line a page, with the most that any of its addresses took."""
    rows = []
    for page, group in groupby(asked, key=lambda each: each.page):
        of_page = list(group)
        rows.append(
            {
                "page": page.removeprefix("admin:"),
                "addresses": len(of_page),
                "queries": max(each.queries for each in of_page),
                "database": max(each.database for each in of_page),
                "whole": max(each.whole for each in of_page),
                "judgement": next((each.judgement for each in of_page if each.judgement), ""),
            }
        )
    titles = ["page", "addresses", "queries", "database, ms", "whole, ms", ""]
    line = "{page} | {addresses} | {queries} | {database:.0f} | {whole:.0f} | {judgement}"
    print(table(titles, line, rows))
