"""A shot as an HTML page of a phone's width, in a dark look of our own."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from tools.pictures.markdown import Reader, inline, markdown
from tools.pictures.shots import Json, Shot

WIDTH = 412
"""Of the phone, in its own pixels."""
_EPHEMERAL = 1 << 6
_PAGE = Path(__file__).with_name("phone.html")
_KINDS = {1: "row", 2: "button", 3: "menu", 4: "input", 5: "menu", 6: "menu", 7: "menu", 8: "menu", 10: "text",
          18: "label", 19: "upload"}  # fmt: skip
_ROLE, _CHANNEL = 6, 8
_EMPTY_MENUS = {5: "Choose somebody", 6: "Choose a role", 7: "Choose", 8: "Choose a channel"}


def page(shot: Shot) -> str:
    """The page. Its title is its height, once a browser has laid it out."""
    reader = Reader(shot.taken_at, shot.names)
    environment = Environment(loader=FileSystemLoader(_PAGE.parent), autoescape=True, trim_blocks=True)
    environment.filters |= {
        "markdown": lambda text: markdown(text, reader),
        "inline": lambda text: inline(text, reader),
        "colour": lambda number: f"#{number or 0x3A3D45:06x}",
        "clock": lambda text: f"{datetime.fromisoformat(text):%H:%M}",
        "kind": lambda component: _KINDS.get(component["type"], "unknown"),
        "chosen": lambda menu: list(_chosen(menu, reader)),
        "image": _image,
        "private": lambda flags: bool(flags & _EPHEMERAL),
    }
    return environment.get_template(_PAGE.name).render(shot=shot, width=WIDTH)


def _chosen(menu: Json, reader: Reader) -> Iterator[str]:
    """What a menu shows as chosen."""
    yield from (each["label"] for each in menu.get("options") or () if each.get("default"))
    for each in menu.get("default_values") or ():
        yield reader.names.get(int(each["id"]), str(each["id"]))


def _image(embed: Json, message: Json) -> Json | None:
    """The message's file that an embed shows; None if it shows none."""
    address = (embed.get("image") or {}).get("url", "")
    files = {f"attachment://{each['filename']}": each for each in message.get("attachments", ()) if "data" in each}
    return files.get(address)
