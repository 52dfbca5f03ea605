"""Logos: sent ones wait in the database, a worker draws them, and only what it drew is served, under its content's name."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from backend.api.attribution import attributed
from catalog.logo_encoding import KINDS, MAX_BYTES, SIZES, EncodedLogo, UnfitLogoError, encode_logo
from catalog.models import DRAWN_LOGO, EARLIER_LOGO, LogoUpload, Tool

# A worker's round ends after these, so that a message never waits behind a long one.
MOST_A_ROUND = 20


@dataclass(frozen=True)
class LogoSize:
    """One size of a logo: the side of its square, and the paths of its files below MEDIA_URL."""

    pixels: int
    png: str
    webp: str


def logo_path(key: str, *, pixels: int, kind: str) -> str:
    return f"logos/{key}-{pixels}.{kind}"


def sizes_of(tool: Tool) -> list[LogoSize]:
    """Those of its logo, the smaller first; none of what no worker drew."""
    drawn = re.match(DRAWN_LOGO, tool.logo.name or "")
    if drawn is None:
        return []
    return [
        LogoSize(size, *(logo_path(drawn[1], pixels=size, kind=kind) for kind in KINDS)) for size in SIZES
    ]


def keep_upload(*, tool: Tool, content: bytes, uploaded_by: str, now: datetime) -> None:
    """Has the worker draw it. An earlier one that still waits, or was refused, is forgotten."""
    LogoUpload.objects.update_or_create(
        tool=tool,
        defaults={"content": content, "uploaded_by": uploaded_by, "uploaded_at": now, "refusal": ""},
    )


def delete_upload(*, tool: Tool) -> None:
    LogoUpload.objects.filter(tool=tool).delete()


def draw_waiting_logos(*, now: datetime) -> int:
    """Draws what waits, the oldest first, and says how many became logos; what makes none keeps the reason instead."""
    _adopt_earlier_files(now=now)
    waiting = LogoUpload.objects.filter(refusal="").order_by("uploaded_at", "pk")
    return sum(_draw(upload, now=now) for upload in waiting[:MOST_A_ROUND])


def _draw(upload: LogoUpload, *, now: datetime) -> bool:
    # Another may have come meanwhile: then this one is nobody's.
    same = LogoUpload.objects.filter(pk=upload.pk, uploaded_at=upload.uploaded_at)
    try:
        logo = encode_logo(bytes(upload.content))
    except UnfitLogoError as refusal:
        same.update(refusal=str(refusal), content=b"")
        return False
    name = store_logo(logo)
    with attributed(source="logo", actor=upload.uploaded_by):
        if not same.delete()[0]:
            return False
        Tool.objects.filter(pk=upload.tool_id).update(logo=name, updated_at=now)
    return True


def store_logo(logo: EncodedLogo) -> str:
    """Writes the files, whole or not at all, and returns what a tool's `logo` is then."""
    for end, content in logo.files.items():
        pixels, kind = end.split(".")
        path = Path(settings.MEDIA_ROOT) / logo_path(logo.key, pixels=int(pixels), kind=kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return logo_path(logo.key, pixels=max(SIZES), kind="png")


def _adopt_earlier_files(*, now: datetime) -> None:
    """Files that were stored as they were sent wait like any other, and are removed."""
    for tool in Tool.objects.filter(EARLIER_LOGO).order_by("pk")[:MOST_A_ROUND]:
        path = Path(settings.MEDIA_ROOT) / "logos" / Path(tool.logo.name).name
        with attributed(source="logo"):
            if path.is_file() and path.stat().st_size <= MAX_BYTES:
                # What an editor has sent since stays, unless it makes no logo.
                LogoUpload.objects.filter(tool=tool).exclude(refusal="").delete()
                sent = {"content": path.read_bytes(), "uploaded_by": "", "uploaded_at": now}
                LogoUpload.objects.get_or_create(tool=tool, defaults=sent)
            Tool.objects.filter(pk=tool.pk, logo=tool.logo.name).update(logo="", updated_at=now)
            transaction.on_commit(partial(path.unlink, missing_ok=True))
