"""Files and folders that settings name are tried before anything needs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from backend.bootstrap import ROOT
from backend.folders import journal_fault, media_fault


def test_what_can_be_used_is_right_and_stays_as_it_is(tmp_path: Path) -> None:
    journal = tmp_path / "suppressions"

    assert journal_fault("") == ""
    assert journal_fault(str(journal)) == ""
    assert list(tmp_path.iterdir()) == []
    journal.write_text("a line\n")
    assert journal_fault(str(journal)) == ""
    assert journal.read_text() == "a line\n"
    assert media_fault(tmp_path / "new" / "media", is_written=True) == ""
    assert list((tmp_path / "new" / "media").iterdir()) == []
    assert media_fault(tmp_path / "new" / "media", is_written=False) == ""


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/proc/x", "No such file or directory"),
        ("{here}/none/suppressions", "No such file or directory"),
        ("{here}/file/suppressions", "Not a directory"),
        ("{here}", "Is a directory"),
    ],
    ids=["where no file can be made, even by root", "without its folder", "below a file", "a folder"],
)
def test_a_journal_that_can_not_be_is_named_with_the_reason(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "file").touch()
    wrong = path.format(here=tmp_path)

    fault = journal_fault(wrong)

    assert fault == f"SUPPRESSION_JOURNAL must be a file that this user may write, not {wrong!r}: {reason}."


@pytest.mark.parametrize("is_written", [True, False])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/proc/x", "No such file or directory"),
        ("{here}/file", "Not a directory"),
        ("{here}/file/below", "Not a directory"),
    ],
)
def test_a_folder_of_media_that_can_not_be_is_named_with_the_reason(
    tmp_path: Path, path: str, reason: str, is_written: bool
) -> None:
    (tmp_path / "file").touch()
    wrong = Path(path.format(here=tmp_path))

    fault = media_fault(wrong, is_written=is_written)

    use = "write to" if is_written else "read"
    assert fault == f"MEDIA_ROOT must be a folder that this user may {use}, not {str(wrong)!r}: {reason}."


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users may enter and read; pytest's own are closed to them."""
    path = Path(mkdtemp())
    (path / "suppressions").touch()
    (path / "suppressions").chmod(0o444)
    path.chmod(0o555)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def test_what_another_user_owns_is_refused_but_media_that_are_only_read(shared: Path) -> None:
    """In a process of its own, for root may write everything."""
    program = f"""
import os, sys
sys.path.append({str(ROOT / "backend")!r})
from pathlib import Path
from folders import journal_fault, media_fault
os.geteuid() or os.setuid(65534)
here = Path({str(shared)!r})
print(bool(media_fault(here, is_written=False)))
for fault in (media_fault(here, is_written=True), journal_fault(f"{{here}}/suppressions"), journal_fault(f"{{here}}/new")):
    print(fault.rpartition(": ")[2])
"""

    result = subprocess.run(
        [sys.executable, "-P", "-S", "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stdout.splitlines() == ["False", *["Permission denied."] * 3]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_disk_that_is_read_only_or_full_stops_no_start(tmp_path: Path) -> None:
    """Readers are answered all the same; gauges and alerts tell."""
    program = f"""
import sys
sys.path.append({str(ROOT / "backend")!r})
from pathlib import Path
from folders import journal_fault, media_fault
here = Path({str(tmp_path)!r})
print([journal_fault(f"{{here}}/new"), media_fault(here, is_written=True)])
"""
    mounted = 'mount -t tmpfs -o "$1" none "$2" && exec "$3" -P -S -c "$4"'

    for options in ("ro", "nr_inodes=1"):
        result = subprocess.run(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                mounted,
                "sh",
                options,
                str(tmp_path),
                sys.executable,
                program,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stdout == "['', '']\n", result.stderr
