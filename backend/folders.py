"""Whether this process can use the files that settings name: a wrong one is refused at the start (decision 138)."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

# Of a disk that is full, broken or read-only at the moment: nobody has named it wrongly, and readers are answered
# meanwhile.
PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}


def journal_fault(path: str) -> str:
    """Why SUPPRESSION_JOURNAL is wrong, as a sentence; empty if it is right, or empty itself. Writes nothing."""
    try:
        if os.path.lexists(path):
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
        elif path:
            _try_to_write_in(Path(path).parent)
    except OSError as error:
        return _sentence("SUPPRESSION_JOURNAL must be a file that this user may write", path, error)
    return ""


def media_fault(folder: Path, *, is_written: bool) -> str:
    """Why MEDIA_ROOT is wrong, as a sentence; empty if it is right. Makes the folder if it is missing."""
    must = "MEDIA_ROOT must be a folder that this user may " + ("write to" if is_written else "read")
    try:
        with suppress(FileExistsError):
            folder.mkdir(parents=True, exist_ok=True)
        os.scandir(folder).close()
        if is_written:
            _try_to_write_in(folder)
    except OSError as error:
        return _sentence(must, str(folder), error)
    return ""


def _try_to_write_in(folder: Path) -> None:
    """Asking for permission is not enough: root has it in /proc too, where no file can be made."""
    with TemporaryFile(dir=folder):
        pass


def _sentence(must: str, path: str, error: OSError) -> str:
    return "" if error.errno in PASSING else f"{must}, not {path!r}: {error.strerror}."
