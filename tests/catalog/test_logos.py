"""A logo's way from what was sent to what is served."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from backend.api.models import Change
from catalog.logo_encoding import draw_logo
from catalog.logos import delete_upload, draw_waiting_logos, keep_upload, sizes_of, store_logo
from catalog.models import LogoUpload, Tool
from tests.factories import NOW, ToolFactory
from tests.logos import HTML, moving_png, picture, picture_with_place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def send(tool: Tool, content: bytes) -> None:
    keep_upload(tool=tool, content=content, uploaded_by="ada", now=NOW)


def stored(media: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (media / "logos").glob("*")}


def test_what_was_sent_waits_in_the_database_and_only_what_is_drawn_of_it_is_stored(media: Path) -> None:
    tool = ToolFactory()

    send(tool, picture_with_place("JPEG") + HTML)

    assert not stored(media)
    assert draw_waiting_logos(now=NOW) == 1
    tool.refresh_from_db()
    key = tool.logo.name.removeprefix("logos/").removesuffix("-256.png")
    assert set(stored(media)) == {f"{key}-{end}" for end in ("64.png", "64.webp", "256.png", "256.webp")}
    assert not [name for name, content in stored(media).items() if b"telephone" in content or HTML in content]
    assert [size.pixels for size in sizes_of(tool)] == [64, 256]
    assert (tool.updated_at, LogoUpload.objects.exists()) == (NOW, False)


def test_the_history_names_who_sent_a_logo() -> None:
    tool = ToolFactory()

    send(tool, picture())
    draw_waiting_logos(now=NOW)

    change = Change.objects.filter(row_id=tool.pk, action="update").get()
    assert (change.actor, change.source, list(change.columns)) == ("ada", "logo", ["logo"])


def test_what_makes_no_logo_leaves_the_earlier_one_and_a_reason_and_is_not_tried_again(media: Path) -> None:
    tool = ToolFactory(logo=store_logo(draw_logo(picture())))
    before = stored(media)

    send(tool, moving_png(3))

    assert [draw_waiting_logos(now=NOW) for _ in range(2)] == [0, 0]
    upload = LogoUpload.objects.get()
    assert (bytes(upload.content), upload.refusal) == (
        b"",
        "This file holds 3 pictures: send one that stands still.",
    )
    assert (Tool.objects.get().logo, stored(media)) == (tool.logo.name, before)


def test_one_that_makes_no_logo_keeps_no_other_waiting() -> None:
    refused, drawn = ToolFactory(), ToolFactory()
    send(refused, b"no picture")
    send(drawn, picture())

    assert draw_waiting_logos(now=NOW) == 1
    assert list(Tool.objects.exclude(logo="")) == [drawn]


def test_the_last_of_several_is_drawn() -> None:
    tool = ToolFactory()

    send(tool, picture(colour="#f00"))
    send(tool, picture(colour="#00f"))
    draw_waiting_logos(now=NOW)

    assert draw_logo(picture(colour="#00f")).key in str(Tool.objects.get().logo)


def test_one_that_is_taken_back_is_not_drawn() -> None:
    tool = ToolFactory()
    send(tool, picture())

    delete_upload(tool=tool)

    assert draw_waiting_logos(now=NOW) == 0
    assert not Tool.objects.get().logo


def test_a_file_that_was_stored_as_it_was_sent_is_drawn_and_removed(
    media: Path, django_capture_on_commit_callbacks: object
) -> None:
    (media / "logos").mkdir()
    (media / "logos" / "place.jpg").write_bytes(picture_with_place("JPEG"))
    tool = ToolFactory(logo="logos/place.jpg")
    assert sizes_of(tool) == []

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        draw_waiting_logos(now=NOW)

    tool.refresh_from_db()
    assert len(sizes_of(tool)) == 2
    assert "place.jpg" not in stored(media)


def test_an_earlier_file_takes_no_place_of_what_an_editor_has_sent_since(media: Path) -> None:
    (media / "logos").mkdir()
    (media / "logos" / "place.jpg").write_bytes(picture_with_place("JPEG"))
    tool = ToolFactory(logo="logos/place.jpg")
    send(tool, picture(colour="#00f"))

    draw_waiting_logos(now=NOW)

    assert draw_logo(picture(colour="#00f")).key in str(Tool.objects.get().logo)


def test_an_earlier_file_is_drawn_though_one_that_was_sent_since_makes_no_logo(media: Path) -> None:
    (media / "logos").mkdir()
    (media / "logos" / "place.jpg").write_bytes(picture_with_place("JPEG"))
    tool = ToolFactory(logo="logos/place.jpg")
    send(tool, b"no picture")
    LogoUpload.objects.update(refusal="This is no picture.", content=b"")

    draw_waiting_logos(now=NOW)

    assert len(sizes_of(Tool.objects.get())) == 2


def test_a_logo_whose_file_is_gone_is_no_logo_any_more() -> None:
    tool = ToolFactory(logo="logos/gone.png")

    draw_waiting_logos(now=NOW)

    tool.refresh_from_db()
    assert (tool.logo, LogoUpload.objects.exists()) == ("", False)


def test_no_name_leads_out_of_the_folder_of_logos(
    media: Path, django_capture_on_commit_callbacks: object
) -> None:
    (media / "secret.png").write_bytes(picture())
    ToolFactory(logo="logos/../secret.png")

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        draw_waiting_logos(now=NOW)

    assert (media / "secret.png").exists()
    assert not Tool.objects.get().logo
