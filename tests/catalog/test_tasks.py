"""What happens to the catalog by the clock."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from catalog.models import LogoUpload, Tool
from catalog.tasks import draw_logos
from tests.factories import NOW, ToolFactory
from tests.logos import picture


@pytest.mark.django_db
def test_a_worker_draws_what_was_sent(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    LogoUpload.objects.create(tool=ToolFactory(), content=picture(), uploaded_at=NOW)

    draw_logos()

    assert str(Tool.objects.get().logo).startswith("logos/")
