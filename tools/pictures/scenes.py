"""What the pictures are of: read from scenes.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import StringConstraints

from policies.frozen import Frozen

_FILE = Path(__file__).with_name("scenes.yaml")
Line = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Scene(Frozen):
    """One picture, and what the tour says below it."""

    name: Annotated[str, StringConstraints(pattern=r"[a-z]+(-[a-z]+)*")]
    heading: Line
    commands: tuple[str, ...] = ()
    """The commands that it is about: "policy new", or the name of a message's command."""
    see: Line
    do: Line
    who: Line


class Chapter(Frozen):
    """Pictures that belong together."""

    chapter: Line
    about: Line
    scenes: tuple[Scene, ...]


def chapters() -> tuple[Chapter, ...]:
    """In the order of the tour."""
    return tuple(Chapter.model_validate(each, strict=False) for each in yaml.safe_load(_FILE.read_text("utf-8")))


def scenes() -> Iterator[Scene]:
    """All of them."""
    return (scene for chapter in chapters() for scene in chapter.scenes)
