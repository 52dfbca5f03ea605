"""Keeps a file that a curator sent, says what it would change, and imports it once that was confirmed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, BinaryIO, cast
from uuid import UUID

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from redis.exceptions import RedisError

from backend.admin.errors import CurationError
from comparisons.catalog_file.file_kind import is_json
from comparisons.catalog_file.format import Catalog, read_catalog
from comparisons.catalog_file.importing import import_rows
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.models import CatalogUpload
from comparisons.uploads.telling import Telling

if TYPE_CHECKING:
    from comparisons.catalog_file.from_sheets import Sheets

State = CatalogUpload.State

# What nobody confirmed for so long is forgotten with its content.
KEPT = timedelta(days=7)
IN_MEMORY = 1024 * 1024
# Progress is told after so many rows.
STEP = 500
PROGRESS_SECONDS = 3_600


class ChangedSinceError(Exception):
    """The catalog is another than when the changes were shown; `report` and `digest` are those of now."""

    def __init__(self, report: dict[str, object], digest: str) -> None:
        super().__init__()
        self.report, self.digest = report, digest


def keep(*, file: "UploadedFile[bytes]", why: str, sent_by: str, now: datetime) -> CatalogUpload:
    """Stores the file, unread; `look_at` is next."""
    content = file.read()
    return CatalogUpload.objects.create(
        file_name=(file.name or "")[:200], size=len(content), content=content, why=why, sent_by=sent_by,
        sent_at=now, state_at=now,
    )  # fmt: skip


def purge_expired(*, now: datetime) -> None:
    """Forgets what nobody has taken a step further for so long; what was imported stays, without its content."""
    CatalogUpload.objects.exclude(state=State.DONE).filter(state_at__lt=now - KEPT).delete()


def look_at(*, upload_id: UUID, now: datetime) -> None:
    """Finds out what the file would change, by an import that is rolled back. Nothing where that was found out already.

    An outage of the database is raised as it comes, here and in `apply`: the file stays, and waits for another try.
    """
    upload = CatalogUpload.objects.filter(pk=upload_id, state=State.WAITING).first()
    if upload is None:
        return
    try:
        with _read(upload) as file:
            report, digest = file.imported(upload, now=now, is_dry_run=True)
    except CatalogFileError as error:
        _refuse(upload, error, now=now)
    else:
        _become(upload_id, State.WAITING, state=State.CHECKED, report=report, digest=digest, state_at=now)


def confirm(*, upload_id: UUID, shown: str, confirmed_by: str, now: datetime) -> None:
    """`shown` is the digest of what was shown. Raises CurationError where that is not what waits to be confirmed."""
    found = CatalogUpload.objects.filter(pk=upload_id, state=State.CHECKED, digest=shown)
    # PostgreSQL compares nothing with NUL.
    if "\0" in shown or not found.update(state=State.CONFIRMED, confirmed_by=confirmed_by, state_at=now):
        raise CurationError("it no longer waits for that: look at its page again")


def apply(*, upload_id: UUID, now: datetime) -> None:
    """Imports what was confirmed, all of it or nothing; where the catalog is another by now, it is shown anew."""
    upload = CatalogUpload.objects.filter(pk=upload_id, state=State.CONFIRMED).first()
    if upload is None:
        return
    try:
        # Read before the transaction begins, for it takes long and holds nobody up.
        with _read(upload) as file, transaction.atomic():
            # Of two workers the second finds it done.
            if not _still(upload_id, State.CONFIRMED, upload.digest):
                return
            report, digest = file.imported(upload, now=now, is_dry_run=False)
            if digest != upload.digest:
                raise ChangedSinceError(report, digest)
            _become(upload_id, State.CONFIRMED, state=State.DONE, report=report, content=None, state_at=now)
    except ChangedSinceError as changed:
        anew = {**changed.report, "is_anew": True}
        _become(
            upload_id, State.CONFIRMED, state=State.CHECKED, report=anew, digest=changed.digest, state_at=now
        )
    except CatalogFileError as error:
        _refuse(upload, error, now=now)


def progress_of(upload: CatalogUpload) -> str:
    """In words, while a worker goes through it."""
    with suppress(RedisError):
        if told := cache.get(_key(upload.pk)):
            done, total = told
            return f"{done:,} of {total:,} steps" if total else f"{done:,} rows read"
    return ""


def _refuse(upload: CatalogUpload, error: CatalogFileError, *, now: datetime) -> None:
    """As it was read: another worker, or who sent it, may be further by now."""
    found = CatalogUpload.objects.filter(pk=upload.pk, state=upload.state, digest=upload.digest)
    found.update(state=State.REFUSED, problems=list(error.lines), content=None, state_at=now)


def _become(upload_id: UUID, was: str, **values: object) -> None:
    CatalogUpload.objects.filter(pk=upload_id, state=was).update(**values)


def _still(upload_id: UUID, state: str, digest: str) -> bool:
    """Locks the row until the transaction ends."""
    found = CatalogUpload.objects.select_for_update().filter(pk=upload_id, state=state, digest=digest)
    return bool(found.values_list("pk").first())


@dataclass(frozen=True)
class _File:
    """A file that was read and checked, of which the database knows nothing yet."""

    catalog: Catalog
    in_cells: Callable[[str], str]
    progress: "_Progress"

    def imported(
        self, upload: CatalogUpload, *, now: datetime, is_dry_run: bool
    ) -> tuple[dict[str, object], str]:
        """The report of what changes, and its digest. Raises CatalogFileError."""
        telling = Telling()
        found = import_rows(
            self.catalog, now=now, why=upload.why, actor=upload.confirmed_by or upload.sent_by,
            is_dry_run=is_dry_run, on_progress=self.progress, on_taken=telling,
        )  # fmt: skip
        return telling.report(found, in_cells=self.in_cells), telling.digest


@contextmanager
def _read(upload: CatalogUpload) -> Iterator[_File]:
    """The file, for the length of the block. A CatalogFileError, of the block's too, tells of cells where it has sheets."""
    # It loads the library for spreadsheets, which most processes never need.
    from comparisons.catalog_file.from_sheets import Sheets

    progress = _Progress(upload.pk)
    with _opened(bytes(upload.content or b"")) as source:
        sheets = None if is_json(source.read(64)) else Sheets()
        source.seek(0)
        try:
            with (
                _catalog_file(source, sheets, upload, progress) as file,
                read_catalog(file, on_row=lambda: progress(1, None)) as catalog,
            ):
                yield _File(catalog, sheets.in_cells if sheets else str, progress)
        except CatalogFileError as error:
            if sheets is None:
                raise
            raise CatalogFileError([sheets.in_cells(line) for line in error.lines]) from error
        finally:
            if sheets:
                sheets.close()


@contextmanager
def _catalog_file(
    source: BinaryIO, sheets: "Sheets | None", upload: CatalogUpload, progress: "_Progress"
) -> Iterator[BinaryIO]:
    """The file itself, or what its sheets make."""
    # It loads the library for spreadsheets, which most processes never need.
    from comparisons.catalog_file.spreadsheets import read_rows

    if sheets is None:
        yield source
        return
    sheets.read(read_rows(source, name=upload.file_name), on_row=lambda: progress(1, None))
    with sheets.as_catalog_file() as file:
        yield cast(BinaryIO, file)


@contextmanager
def _opened(content: bytes) -> Iterator[BinaryIO]:
    file: IO[bytes]
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        file.write(content)
        file.seek(0)
        yield cast(BinaryIO, file)


class _Progress:
    """Told outside the transaction, which nobody sees into."""

    def __init__(self, upload_id: UUID) -> None:
        self._key = _key(upload_id)
        self._done = 0
        self._told = 0

    def __call__(self, done: int, total: int | None) -> None:
        self._done += done
        if self._done >= self._told + STEP:
            self._told = self._done
            with suppress(RedisError):
                cache.set(self._key, (self._done, total), PROGRESS_SECONDS)


def _key(upload_id: UUID) -> str:
    return f"catalog-upload:{upload_id}"
