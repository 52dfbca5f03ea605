"""A mail server that delivers nothing: `python -m backend.devstack.mail_catcher DIRECTORY PORT` keeps mail as files."""

import signal
import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# Older mails are removed.
KEPT = 1_000


class Catcher:
    """What aiosmtpd calls with each message."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    # aiosmtpd's name.
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        path = self._directory / f"{time.time_ns()}.eml"
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(envelope.original_content or b"")
        # A file of that name is whole.
        unfinished.replace(path)
        for old in sorted(self._directory.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return "250 Kept"


def main(directory: Path, port: int) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    controller = Controller(Catcher(directory), hostname="127.0.0.1", port=port)
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    # Before any thread begins, so that each of them leaves the signals to `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(Path(sys.argv[1]), int(sys.argv[2]))
