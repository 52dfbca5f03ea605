"""One stack a session (and a test process) for all tests of faults, mended between them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.faults import dumps
from tests.faults.stack import FaultStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux":
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(
                    pytest.mark.skip(reason="workers are found through /proc, which only Linux has")
                )


@pytest.fixture(scope="session")
def _session_stack(django_db_modify_db_settings: None) -> Iterator[FaultStack]:
    # Root's servers run as somebody else, who may not enter pytest's own directories.
    path = Path(tempfile.mkdtemp(prefix="faults-"))
    path.chmod(0o755)
    stack = FaultStack(path)
    try:
        migrate(stack, path / "migrated.dump")
        yield stack
    finally:
        stack.close()
        shutil.rmtree(path)


@pytest.fixture
def stack(_session_stack: FaultStack) -> Iterator[FaultStack]:
    yield _session_stack
    _session_stack.mend()


def migrate(stack: FaultStack, dump: Path) -> None:
    """Migrating takes ten seconds of CPU: what this run has migrated for all its processes is copied, if there is such."""
    template = connection.settings_dict["TEST"].get("TEMPLATE")
    if template is None or os.environ.get("TEST_DATABASE_URL"):
        # A server that was given may be newer than the programs here, which then refuse to dump it.
        stack.desk("migrate")
        return
    name = f"{template}_{os.getpid()}"
    # Not dumped itself: PostgreSQL copies no database that somebody is connected to, as others may be about to.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        names = sql.Identifier(name), sql.Identifier(template)
        database.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        dumps.dump(
            stack.postgresql, dump, url=urlsplit(os.environ["DATABASE_URL"])._replace(path=name).geturl()
        )
        database.execute(sql.SQL("DROP DATABASE {}").format(names[0]))
    dumps.restore(stack.postgresql, dump, "--no-owner", "--exit-on-error")
