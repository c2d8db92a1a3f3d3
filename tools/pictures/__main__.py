"""The program behind `make pictures`: plays every act, draws docs/pictures and docs/card.png, writes the tour."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.pictures import (
    act_cards,
    act_digest,
    act_figures,
    act_languages,
    act_people,
    act_policies,
    act_queue,
    act_reports,
    act_setup,
    act_trials,
)
from tools.pictures.chromium import CannotDraw, draw, find_chromium
from tools.pictures.company import company
from tools.pictures.desk import FOLDER, tour
from tools.pictures.phone import page
from tools.pictures.scenes import scenes
from tools.pictures.shots import Shot

_FIRST_ACTS = (act_setup, act_cards)
_OTHER_ACTS = (act_queue, act_reports, act_policies, act_trials, act_people, act_languages)
FIRST_SIGHT = "open-card"
"""The scene that the README shows, as docs/card.png."""
LARGEST_BYTES = 3_000_000
"""Of all pictures together: they are kept in the repository."""


def main() -> int:
    """Returns the exit code."""
    options = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    options.add_argument("docs", type=Path, nargs="?", default=Path("docs"), help="the folder to write to")
    docs: Path = options.parse_args().docs
    try:
        find_chromium()
        with tempfile.TemporaryDirectory() as name:
            shots = asyncio.run(played(Path(name) / "data"))
            _check(shots)
            _write(shots, docs, Path(name))
    except CannotDraw as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


async def played(folder: Path) -> Mapping[str, Shot]:
    """Every act, one after the other: {scene: shot}."""
    async with company(folder) as everybody:
        for act in _FIRST_ACTS:
            await act.play(everybody)
        busy = await act_figures.busy_day(everybody)
        for act in _OTHER_ACTS:
            await act.play(everybody)
        await act_figures.play(everybody, busy)
        await everybody.bot.stop()
        await act_digest.play(everybody, busy)
        return everybody.camera.shots


def _check(shots: Mapping[str, Shot]) -> None:
    wanted = {scene.name for scene in scenes()}
    if different := wanted ^ set(shots):
        raise CannotDraw(f"scenes.yaml and the acts disagree about {', '.join(sorted(different))}")


def _write(shots: Mapping[str, Shot], docs: Path, folder: Path) -> None:
    pictures = docs / FOLDER
    pictures.mkdir(parents=True, exist_ok=True)
    drawn = {scene: draw(page(shot), folder) for scene, shot in shots.items()}
    total = sum(map(len, drawn.values()))
    if total > LARGEST_BYTES:
        raise CannotDraw(f"the pictures take {total:,} bytes together, more than {LARGEST_BYTES:,}")
    for old in pictures.glob("*.png"):
        old.unlink()
    for scene, png in drawn.items():
        (pictures / f"{scene}.png").write_bytes(png)
    (docs / "card.png").write_bytes(drawn[FIRST_SIGHT])
    (docs / "desk.md").write_text(tour(), encoding="utf-8")
    sys.stdout.write(f"{len(drawn)} pictures, {total:,} bytes\n")


if __name__ == "__main__":
    sys.exit(main())
