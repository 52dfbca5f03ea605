"""A worker looks at a file, and imports it once that was confirmed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from backend.celery import app
from catalog.models import Category
from comparisons.models import CatalogUpload
from comparisons.uploads import services, tasks

pytestmark = pytest.mark.django_db


def test_a_worker_does_both_steps_and_knows_them_by_name() -> None:
    app.loader.import_default_modules()
    file = SimpleUploadedFile("categories.csv", b"slug,name\none,One\n")
    upload = services.keep(file=file, why="New.", sent_by="curator", now=timezone.now())

    app.tasks["comparisons.uploads.tasks.look_at_upload"](str(upload.pk))
    upload.refresh_from_db()
    services.confirm(upload_id=upload.pk, shown=upload.digest, confirmed_by="curator", now=timezone.now())
    app.tasks[tasks.apply_upload.name](str(upload.pk))

    assert CatalogUpload.objects.get().state == "done"
    assert Category.objects.get().name == "One"
