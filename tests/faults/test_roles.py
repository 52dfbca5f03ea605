"""Web and workers as roles of their own, with the rights that the guide gives them and no others."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from backend.bootstrap import ROOT
from backend.devstack.engines import Server
from tests.faults import dumps
from tests.faults.clients import Client
from tests.faults.mail_run import MailRun, forget_mail
from tests.faults.stack import FaultStack
from tests.faults.test_restores import nothing, schedule

ROLES = "verdicts_web,verdicts_worker"


def statements() -> str:
    """Those of the guide's section on roles."""
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    block = re.search(r"^## Roles and grants\n.*?^```\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    assert block
    return block[1]


@contextmanager
def database_with_roles(stack: FaultStack, backup: Path) -> Iterator[Server]:
    """A second cluster with what the stack's database holds, whose roles are let in."""
    # Servers of root run as somebody else, who may not enter pytest's own directories.
    with tempfile.TemporaryDirectory(prefix="faults-") as elsewhere:
        Path(elsewhere).chmod(0o755)
        with dumps.second_cluster(Path(elsewhere) / "stack") as server:
            dumps.restore(server, dumps.dump(stack.postgresql, backup), "--no-owner", "--exit-on-error")
            with psycopg.connect(dumps.let_the_superuser_in(server), autocommit=True) as superuser:
                superuser.execute(statements().encode())
            yield server


def test_a_web_server_and_workers_with_the_guides_roles_do_all_that_they_do(
    stack: FaultStack, tmp_path: Path
) -> None:
    forget_mail(stack)
    readers = stack.desk("readers_with_news", 20)
    tool, (voter,) = stack.new_tool(), stack.new_voters(1)
    settings = schedule(tmp_path / "suppressions")

    with database_with_roles(stack, tmp_path / "verdicts.dump") as server:
        web_url, worker_url = (dumps.let_in(server, role) for role in ROLES.split(","))
        worker = settings | {"DATABASE_URL": worker_url}
        dumps.manage(stack, worker, "allow_sending")
        with (
            MailRun(stack, tmp_path, before=nothing, **worker) as run,
            stack.serving(workers=1, **settings | {"DATABASE_URL": web_url}) as web,
            closing(Client(web.port)) as client,
        ):
            vote = client.vote(tool, voter=voter, value="ship").answer.status
            page = client.send("GET", f"/tools/{tool}").status
            sign_up = client.send(
                "POST", "/newsletter/subscriptions", body={"email": "new@example.com"}
            ).status
            run.await_(lambda: {"new@example.com", *readers} <= {line["to"] for line in run.taken()})
            with psycopg.connect(web_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DROP TABLE votes_vote")
        # Of what was started here: each begins a log of its own.
        logs = "".join(stack.logs()[f"{name}.log"] for name in ("worker", "mail", "web"))

    assert (vote, page, sign_up) == (200, 200, 202)
    assert re.findall(r"permission denied for \w+ \w+|must be owner of \w+ \w+", logs) == []
