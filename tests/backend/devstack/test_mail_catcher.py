"""The mail server of `serve`: it makes files of mail, the latest thousand."""

import signal
import smtplib
import subprocess
import sys
from pathlib import Path

from backend.bootstrap import ROOT
from backend.devstack.engines import free_port
from backend.devstack.mail_catcher import KEPT
from tests.backend.devstack.commands import TIMEOUT_SECONDS, wait_until


def test_mail_becomes_files_of_which_the_oldest_make_room(tmp_path: Path) -> None:
    directory, port = tmp_path / "mail", free_port()
    directory.mkdir()
    for number in range(KEPT):
        (directory / f"{number:04}.eml").write_text("earlier")
    catcher = subprocess.Popen(
        [sys.executable, "-m", "backend.devstack.mail_catcher", str(directory), str(port)], cwd=ROOT
    )
    wait_until(lambda: accepts(port))

    with smtplib.SMTP("127.0.0.1", port, timeout=TIMEOUT_SECONDS) as client:
        client.sendmail("desk@example.com", ["ada@example.com"], b"Subject: Hello\r\n\r\nDear Ada\r\n")

    files = sorted(directory.iterdir())
    assert [files[0].name, len(files)] == ["0001.eml", KEPT]
    assert files[-1].read_bytes() == b"Subject: Hello\r\n\r\nDear Ada\r\n"
    catcher.send_signal(signal.SIGTERM)
    assert catcher.wait(TIMEOUT_SECONDS) == 0


def accepts(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=1).close()
    except OSError:
        return False
    return True
