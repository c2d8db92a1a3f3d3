"""Writes docs/desk.md: the tour of the desk, one section for each picture."""

from collections.abc import Iterator

from tools.pictures.scenes import Chapter, Scene, chapters

FOLDER = "pictures"
"""Of the pictures, beside the tour."""
_HEAD = """\
# A tour of the moderators' desk

What you see, what you can do, and who may. The pictures are drawn by `make pictures` from what the bot really
sends: invented people play the scenes on a small Discord on one machine, and the stand-in judges in place of the
model. They show a phone in a look of our own, not Discord's client.

Moderators are people with one of the moderators' roles, or, while none is set, whoever may manage messages or time
members out. Administrators are people with the permission Manage Server. Every press checks this again.
"""


def tour() -> str:
    """The file's text."""
    told = chapters()
    contents = "\n".join(f"- [{each.chapter}](#{_anchor(each.chapter)})" for each in told)
    return "\n".join([_HEAD, contents, "", *(part for chapter in told for part in _chapter(chapter))])


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"## {chapter.chapter}\n\n{chapter.about}\n"
    yield from map(_section, chapter.scenes)


def _section(scene: Scene) -> str:
    named = ", ".join(f"`/{name}`" if name.islower() else f"**{name}**" for name in scene.commands)
    command = f"Command: {named}\n\n" if named else ""
    return (
        f"### {scene.heading}\n\n{command}"
        f"- **What you see.** {scene.see}\n- **What you can do.** {scene.do}\n- **Who may.** {scene.who}\n\n"
        f'<img src="{FOLDER}/{scene.name}.png" alt="{scene.heading.replace(chr(34), "")}" width="412">\n'
    )


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return "".join(letter for letter in heading.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
