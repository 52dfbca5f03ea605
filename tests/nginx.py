"""A real nginx before the product, with the file that compose brings."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.bootstrap import ROOT
from tests.ports import answers, quiet_port, wait_until

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
AROUND = """
daemon off;
master_process off;
pid nginx.pid;
# Else it forgets what tells it a false time.
env FAKETIME_TIMESTAMP_FILE;
env FAKETIME_NO_CACHE;
events {{ worker_connections 1024; }}
http {{
    default_type application/octet-stream;
    client_body_temp_path bodies;
    proxy_temp_path answers;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {cache}
    {file}
}}
"""


# It keeps what our headers allow, by its own clock, and says whether it asked us.
CACHE = """
    proxy_cache_path cache keys_zone=pages:1m;
    proxy_cache pages;
    proxy_cache_revalidate on;
    add_header Nginx-Cache $upstream_cache_status always;
"""


@contextmanager
def nginx(web_port: int, *, cache: str = "", environment: Mapping[str, str] = os.environ) -> Iterator[int]:
    """The port of an nginx before the product's, for the length of the block; with CACHE, one that keeps answers."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if not program:
        pytest.skip("There is no nginx here.")
    port = quiet_port()
    file = CONFIGURATION.read_text()
    for ours, tested in {
        "server web:8000;": f"server 127.0.0.1:{web_port};",
        "listen 80 default_server;": f"listen 127.0.0.1:{port};",
    }.items():
        assert file.count(ours) == 1
        file = file.replace(ours, tested)
    with tempfile.TemporaryDirectory(prefix="nginx-") as directory:
        log = Path(directory, "log")
        Path(directory, "nginx.conf").write_text(AROUND.format(file=file, cache=cache))
        command = [program, "-p", directory, "-c", "nginx.conf", "-e", "stderr"]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            wait_until(lambda: process.poll() is not None or answers(port))
            assert process.poll() is None, log.read_text()
            yield port
        finally:
            process.terminate()
            process.wait(30)
