"""Compose, systemd's units and the Procfile start the same processes, and the image serves what it collected."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

from tests.nginx import nginx
from tests.ports import quiet_port

ROOT = Path(__file__).resolve().parent.parent
UNITS = ROOT / "deploy" / "systemd"
QUEUES = ["celery", "mail", "sign-ups"]

# Where each way has names and addresses of its own.
OWN = r" --(?:host|port|hostname|schedule|loglevel) \S+"
PROCESSES = {
    "python manage.py migrate --no-input",
    "granian --interface wsgi --workers 2 --blocking-threads 32 --respawn-failed-workers backend.wsgi:application",
    *(f"celery -A backend worker --queues {queue} --concurrency 2" for queue in QUEUES),
    "celery -A backend beat",
}


def started(command: str) -> str:
    """The command without what is each way's own; a worker takes the queue `celery` where it names none."""
    words = re.sub(OWN, "", " ".join(command.replace("\\\n", " ").split()))
    words = words.removeprefix("/srv/verdicts/.venv/bin/")
    return words if "--queues" in words else words.replace(" worker", " worker --queues celery")


def of_compose() -> set[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    ours = [service for service in services.values() if "build" in service]
    commands = {" ".join(service["command"]) for service in ours if "command" in service}
    default = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert default
    return {started(command) for command in {*commands, " ".join(yaml.safe_load(default[1]))}}


def of_procfile() -> set[str]:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return {started(line.partition(": ")[2]) for line in lines}


def of_units() -> set[str]:
    texts = [file.read_text(encoding="utf-8") for file in UNITS.glob("*.service")]
    commands = [re.search(r"^ExecStart=((?:.*\\\n)*.*)$", text, re.MULTILINE) for text in texts]
    instances = re.findall(
        r"verdicts-worker@(\S+)\.service", (UNITS / "verdicts.target").read_text(encoding="utf-8")
    )
    return {
        started(command[1]).replace("%i", instance)
        for command in commands
        if command
        for instance in instances
    }


@pytest.mark.parametrize("way", [of_compose, of_procfile, of_units])
def test_every_way_to_run_it_starts_the_same_processes(way: object) -> None:
    assert callable(way)
    assert way() == PROCESSES


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="There is no systemd here.")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Their account and their programs stand elsewhere on this machine."""
    for file in UNITS.iterdir():
        text = file.read_text(encoding="utf-8").replace(
            "/srv/verdicts/.venv/bin/", f"{Path(sys.executable).parent}/"
        )
        (tmp_path / file.name).write_text(text.replace("User=verdicts", "User=root"), encoding="utf-8")

    checked = subprocess.run(
        ["systemd-analyze", "verify", *tmp_path.iterdir()], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_image_serves_the_static_files_that_it_collected(tmp_path: Path) -> None:
    for package in ("backend", "catalog", "reviews", "votes", "comparisons", "newsletter"):
        shutil.copytree(ROOT / package, tmp_path / package)
    for file in ("manage.py", ".env.example"):
        shutil.copy(ROOT / file, tmp_path)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    collect = re.search(r"^RUN (mkdir static (?:.*\\\n)*.*)", dockerfile, re.MULTILINE)
    assert collect
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    built = tmp_path / "build.env"

    subprocess.run(
        collect[1].replace("/tmp/build.env", str(built)),
        shell=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    (tmp_path / "backend" / "admin" / "static").rename(tmp_path / "elsewhere")
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path,
        env={**environment, **{name: os.environ[name] for name in REQUIRED}, "ENV_FILE": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert not built.exists()
    assert asked.stdout.split() == ["200", "200", "200", "404"]


REQUIRED = (
    *("SECRET_KEY", "VOTER_KEYS", "VOTER_PEPPER", "NEWSLETTER_KEYS", "NEWSLETTER_PEPPER"),
    *("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAIL_FROM"),
)
ASK = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
import django
django.setup()
from django.test import Client
for name in (
    "admin/css/base.css", "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css", "backend_admin/admin.css", "none.css"
):
    print(Client().get(f"/static/{name}", headers={"host": "localhost"}).status_code)
"""


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        pytest.param("/admin/any/", 32 * 1024 * 1024, 502, id="the largest catalog file"),
        pytest.param("/admin/any/", 32 * 1024 * 1024 + 1, 413, id="one byte more"),
        pytest.param("/api/v1/tools", 4 * 1024 * 1024 + 1, 413, id="the API"),
    ],
)
def test_nginx_lets_catalog_files_through_to_the_admin_alone(path: str, size: int, status: int) -> None:
    """Nobody stands behind it here: a 502 is what it would have passed on."""
    with nginx(quiet_port()) as port, closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(size))
        connection.endheaders(bytes(size) if status == 502 else None)

        assert connection.getresponse().status == status
