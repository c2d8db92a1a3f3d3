"""Lets Chromium draw a page, and packs the picture small."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

from PIL import Image

from tools.pictures.phone import WIDTH

SCALE = 1.5
"""Pixels of the picture for one of the phone's."""
COLOURS = 96
_TALLEST = 6000
_BELOW = (255, 0, 255)
"""What phone.html paints below the page: the picture ends where it begins."""


class CannotDraw(Exception):
    """There is no Chromium, or the page is taller than any phone's user would scroll."""


def find_chromium() -> str:
    """Its program. Raises CannotDraw."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise CannotDraw("chromium is missing; on Debian: apt install chromium")


def draw(html: str, folder: Path) -> bytes:
    """The page as a PNG with few colours. `folder` is for what lies about meanwhile."""
    source, shot = folder / "page.html", folder / "page.png"
    source.write_text(html, encoding="utf-8")
    command = [find_chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--window-size={WIDTH},{_TALLEST}"]
    command += [f"--force-device-scale-factor={SCALE}", f"--screenshot={shot}", source.as_uri()]
    subprocess.run(command, capture_output=True, timeout=60, check=True)  # noqa: S603 - our own page
    with Image.open(shot) as image:
        return _packed(_cut(image.convert("RGB")))


def _cut(image: Image.Image) -> Image.Image:
    """Without what is below the page."""
    column = image.crop((0, 0, 1, image.height)).tobytes()
    rows = (tuple(column[at : at + 3]) for at in range(0, len(column), 3))
    height = next((row for row, colour in enumerate(rows) if colour == _BELOW), None)
    if height is None:
        raise CannotDraw(f"the page is taller than {_TALLEST} pixels")
    return image.crop((0, 0, image.width, height))


def _packed(image: Image.Image) -> bytes:
    packed = BytesIO()
    quantised = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    quantised.save(packed, "PNG", optimize=True)
    return packed.getvalue()
