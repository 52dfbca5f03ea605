"""A logo drawn anew, in two sizes, as PNG and as WebP; nothing else of the file that was sent stays.

Pillow decodes strangers' files in a process of its own, which this module is too, so that a file made to cost much costs
no worker more than the limits.
"""

import base64
import hashlib
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 1_000_000
MAX_PIXELS = 4_000_000
# The longer side to the shorter one; what is longer would be a line.
MAX_RATIO = 10
# Their sides; the picture stands in the middle, on nothing.
SIZES = (64, 256)
KINDS = ("png", "webp")


@dataclass(frozen=True)
class Limits:
    """Of the process that draws. Four megapixels take a tenth of them."""

    cpu_seconds: int = 5
    wall_seconds: float = 60
    memory_bytes: int = 512 * 1024 * 1024


LIMITS = Limits()


class UnfitLogoError(ValueError):
    """Says to an editor why a file makes no logo."""


@dataclass(frozen=True)
class EncodedLogo:
    """Files by their names' ends, such as `256.png`."""

    files: dict[str, bytes]

    @property
    def key(self) -> str:
        """Says the same of the same files: 32 digits."""
        digest = hashlib.sha256()
        for end in sorted(self.files):
            digest.update(hashlib.sha256(self.files[end]).digest())
        return digest.hexdigest()[:32]


def check_logo(content: bytes) -> None:
    """Raises UnfitLogoError for what the beginning of a file tells of it; no pixel is decoded."""
    if len(content) > MAX_BYTES:
        raise UnfitLogoError("This file is larger than 1 MB.")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            (width, height), frames = image.size, getattr(image, "n_frames", 1)
    except UnidentifiedImageError:
        raise UnfitLogoError("This is not a PNG, JPEG or WebP picture.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnfitLogoError("This picture has more than 4 megapixels.") from None
    except (OSError, SyntaxError, ValueError, OverflowError):
        raise UnfitLogoError("This picture is damaged.") from None
    if width * height > MAX_PIXELS:
        raise UnfitLogoError(f"This picture has {width} by {height} pixels, more than 4 megapixels.")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise UnfitLogoError(f"{width} by {height} pixels are a line: at most {MAX_RATIO} to 1.")
    if frames > 1:
        raise UnfitLogoError(f"This file holds {frames} pictures: send one that stands still.")


def encode_logo(content: bytes, *, limits: Limits = LIMITS) -> EncodedLogo:
    """The logo's files, drawn in a process with limits; raises UnfitLogoError."""
    try:
        finished = subprocess.run(
            [
                sys.executable,
                "-m",
                "catalog.logo_encoding",
                str(limits.cpu_seconds),
                str(limits.memory_bytes),
            ],
            input=content,
            capture_output=True,
            timeout=limits.wall_seconds,
            check=True,
            # No secret of this process reaches it.
            env={"LC_ALL": "C.UTF-8"},
            cwd=Path(__file__).resolve().parent.parent,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise UnfitLogoError("This picture takes more time or memory to draw than a logo may.") from None
    answer = json.loads(finished.stdout)
    if refusal := answer.get("refusal"):
        raise UnfitLogoError(refusal)
    return EncodedLogo({end: base64.b64decode(file) for end, file in answer["files"].items()})


def draw_logo(content: bytes) -> EncodedLogo:
    """Like `encode_logo`, in this process."""
    check_logo(content)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as sent:
            picture = ImageOps.exif_transpose(sent).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise UnfitLogoError("This picture is damaged.") from None
    return logo_of(picture)


def logo_of(picture: Image.Image) -> EncodedLogo:
    """In every size and kind; the picture is RGBA."""
    return EncodedLogo(
        {
            f"{size}.{kind}": _saved(square, kind)
            for size in SIZES
            for square in [_square(picture, size)]
            for kind in KINDS
        }
    )


def _square(picture: Image.Image, size: int) -> Image.Image:
    """The picture as large as fits, on a new canvas: what else the file said of it stays behind."""
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    canvas = Image.new("RGBA", (size, size))
    fitted = picture.resize((width, height), Image.Resampling.LANCZOS)
    canvas.paste(fitted, ((size - width) // 2, (size - height) // 2))
    return canvas


def _saved(picture: Image.Image, kind: str) -> bytes:
    content = BytesIO()
    picture.save(content, kind, **({"optimize": True} if kind == "png" else {"quality": 90, "method": 4}))
    return content.getvalue()


def main(cpu_seconds: str, memory_bytes: str) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds),) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        drawn = draw_logo(sys.stdin.buffer.read(MAX_BYTES + 1))
    except UnfitLogoError as error:
        answer: dict[str, object] = {"refusal": str(error)}
    else:
        answer = {"files": {end: base64.b64encode(file).decode() for end, file in drawn.files.items()}}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
