"""The tour and its pictures belong together."""

import ast
import re
from collections import Counter
from pathlib import Path

from tools.pictures.__main__ import FIRST_SIGHT, LARGEST_BYTES
from tools.pictures.desk import tour
from tools.pictures.scenes import chapters, scenes

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def test_the_tour_in_docs_is_the_one_that_the_scenes_tell() -> None:
    assert (DOCS / "desk.md").read_text("utf-8") == tour(), "run make pictures"


def test_every_scene_has_its_picture_and_no_picture_is_left_over() -> None:
    drawn = {path.stem for path in (DOCS / "pictures").iterdir()}
    assert drawn == {scene.name for scene in scenes()}, "run make pictures"


def test_every_scene_is_played_in_some_act() -> None:
    """`make pictures` finds out exactly; this needs no play."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "tools" / "pictures").glob("act_*.py")]
    said = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {scene.name for scene in scenes()} - said == set()


def test_the_readme_shows_a_picture_of_the_tour() -> None:
    shown = (DOCS / "card.png").read_bytes()
    assert shown == (DOCS / "pictures" / f"{FIRST_SIGHT}.png").read_bytes(), "run make pictures"


def test_the_pictures_stay_small_enough_to_be_kept_here() -> None:
    assert sum(path.stat().st_size for path in (DOCS / "pictures").iterdir()) <= LARGEST_BYTES


def test_no_two_scenes_or_headings_are_alike() -> None:
    for many in ([each.name for each in scenes()], [each.heading for each in scenes()]):
        assert [one for one, count in Counter(many).items() if count > 1] == []


def test_every_heading_and_every_picture_stands_in_the_tour_once_in_order() -> None:
    text = tour()
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == [scene.heading for scene in scenes()]
    assert re.findall(r'<img src="pictures/([a-z-]+)\.png"', text) == [scene.name for scene in scenes()]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [each.chapter for each in chapters()]


def test_the_contents_lead_to_the_chapters() -> None:
    linked = re.findall(r"^- \[(.+)\]\(#([a-z-]+)\)$", tour(), re.MULTILINE)
    assert [name for name, _ in linked] == [each.chapter for each in chapters()]
    assert all(" " not in anchor for _, anchor in linked)
