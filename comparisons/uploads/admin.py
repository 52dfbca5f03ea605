"""The curators' pages of import and export: send a file, see what it would change, confirm, and take the catalog along."""

from collections.abc import Iterable
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from backend.admin.base import ReadOnlyAdmin
from backend.admin.errors import CurationError
from backend.api.outages import met_outage
from comparisons.catalog_file.cells import SHEETS
from comparisons.catalog_file.export import export_catalog
from comparisons.catalog_file.file_kind import unpacked_size
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.models import CatalogUpload
from comparisons.uploads import services
from comparisons.uploads.tasks import apply_upload, look_at_upload

MAY_IMPORT = "comparisons.import_catalog"
# A file can publish, correct, archive and retract whatever it names.
MAY_CONFIRM = (
    *("catalog.publish_tool", "comparisons.publish_comparison"),
    *("reviews.publish_headtohead", "reviews.publish_review"),
)
# What is larger, or unpacks to more, is worked through by a worker.
AT_ONCE_BYTES = 256 * 1024
AT_ONCE_UNPACKED = 4 * 1024 * 1024
State = CatalogUpload.State


class UploadForm(forms.Form):
    file = forms.FileField(
        help_text="JSON, XLSX, or a CSV that is named like its sheet, such as reviews.csv. At most 32 MB.",
        error_messages={"empty": "The file is empty."},
    )
    why = forms.CharField(
        max_length=1_000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Kept in the history of each row that changes.",
    )


@admin.register(CatalogUpload)
class CatalogUploadAdmin(ReadOnlyAdmin):
    list_display = ["sent_at", "file_name", "state", "why", "sent_by", "confirmed_by"]
    list_filter = ["state"]
    date_hierarchy = "sent_at"
    ordering = ["-sent_at", "-id"]
    change_list_template = "admin/comparisons/uploads.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[CatalogUpload]":
        return super().get_queryset(request).defer("content", "report", "problems")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("send/", view(self.send), name="comparisons_upload_send"),
            path("export/", view(self.export), name="comparisons_export"),
            path("<uuid:upload_id>/", view(self.look), name="comparisons_upload_look"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "sheets": SHEETS})

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **kwargs: object
    ) -> HttpResponse:
        """What the list links to is the page of what it would change."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:comparisons_upload_look", args=[object_id]))

    def send(self, request: HttpRequest) -> HttpResponse:
        _require(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            upload = services.keep(
                file=form.cleaned_data["file"],
                why=form.cleaned_data["why"],
                sent_by=request.user.get_username(),
                now=timezone.now(),
            )
            _begin(upload)
            return _to_page(upload.pk)
        return self._page(request, "upload_send", title="Import a catalog", form=form)

    def look(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """What the file would change, or why it is refused; imported once a POST confirms what was shown."""
        _require(request)
        upload = get_object_or_404(CatalogUpload.objects.defer("content"), pk=upload_id)
        if request.method == "POST":
            self._answer(request, upload)
            return _to_page(upload_id)
        return self._page(
            request, "upload_look", title=f"Import {upload.file_name}", upload=upload,
            is_under_way=upload.state in {State.WAITING, State.CONFIRMED},
            progress=services.progress_of(upload), may_confirm=request.user.has_perms(MAY_CONFIRM),
        )  # fmt: skip

    def _answer(self, request: HttpRequest, upload: CatalogUpload) -> None:
        if "again" not in request.POST:
            if not request.user.has_perms(MAY_CONFIRM):
                raise PermissionDenied
            try:
                services.confirm(
                    upload_id=upload.pk,
                    shown=request.POST.get("shown", ""),
                    confirmed_by=request.user.get_username(),
                    now=timezone.now(),
                )
            except CurationError as refusal:
                messages.error(request, f"Nothing was imported: {refusal}.")
                return
        upload.refresh_from_db(fields=["state"])
        _begin(upload)
        upload.refresh_from_db(fields=["state"])
        if upload.state == State.DONE:
            messages.success(request, f"Imported: {upload.file_name}.")

    def export(self, request: HttpRequest) -> HttpResponseBase:
        # It loads the library for spreadsheets, which most processes never need.
        from comparisons.catalog_file.to_sheets import export_csv

        _require(request)
        form, sheet = request.GET.get("format", "json"), request.GET.get("sheet", "")
        name = f"catalog-{timezone.now():%Y-%m-%d}"
        try:
            if form == "json":
                return _download((piece.encode() for piece in export_catalog()), f"{name}.json")
            if form == "csv" and sheet in SHEETS:
                return _download(export_csv(sheet), f"{sheet}.csv")
            if form == "xlsx":
                return _xlsx(f"{name}.xlsx")
        except CatalogFileError as error:
            messages.error(request, f"Nothing was exported. {error}")
            return HttpResponseRedirect(reverse("admin:comparisons_catalogupload_changelist"))
        raise Http404

    def _page(self, request: HttpRequest, name: str, **context: object) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/comparisons/{name}.html", shared)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_IMPORT):
        raise PermissionDenied


def _begin(upload: CatalogUpload) -> None:
    """A small file is worked through while the curator waits, a larger one by a worker."""
    task = {State.WAITING: look_at_upload, State.CONFIRMED: apply_upload}.get(State(upload.state))
    if task is None:
        return
    if upload.size > AT_ONCE_BYTES or unpacked_size(BytesIO(upload.content or b"")) > AT_ONCE_UNPACKED:
        task.delay(str(upload.pk))
        return
    try:
        task(str(upload.pk))
    except DatabaseError as error:
        if not met_outage(error):
            raise
        # Another import goes on, or the database is away for a moment. A worker has more patience.
        task.delay(str(upload.pk))


def _to_page(upload_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:comparisons_upload_look", args=[upload_id]))


def _download(pieces: Iterable[bytes], name: str) -> FileResponse:
    """Whole before it begins: what stops halfway would look like all there is."""
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it.
    file.writelines(pieces)
    return _answer_with(file, name)


def _xlsx(name: str) -> FileResponse:
    # It loads the library for spreadsheets, which most processes never need.
    from comparisons.catalog_file.to_sheets import export_xlsx

    file = TemporaryFile()  # noqa: SIM115 - the answer closes it.
    export_xlsx(file)
    return _answer_with(file, name)


def _answer_with(file: IO[bytes], name: str) -> FileResponse:
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name)
