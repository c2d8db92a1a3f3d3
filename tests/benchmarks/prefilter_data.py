"""A tiny data folder, in the form of the large one."""

import json
import random
from collections.abc import Iterable
from pathlib import Path

RUDE = "you are a pathetic loser and nobody wants you in this {} group"
RUDE_TOO = "what a worthless idiot, go away and take your {} along"
ALIKE = "that boss was a pathetic fight, nobody wants the {} it drops"
CHAT = "does anyone know how to update the {} without a restart"
THINGS = ("driver", "kernel", "sword", "shield", "game", "server", "helmet", "printer", "mouse", "cable", "dragon")


def write_data(folder: Path, *more: str) -> Path:
    """Two labelled sets and three chats of sixty lines; and more sets by name."""
    for name in more:
        category = {"openai_moderation": "V", "civil_toxic_spans": "civil_comments"}.get(name, "hate")
        write_rows(folder / f"{name}.jsonl", [*_rows(RUDE, 1, category), *_rows(ALIKE, 0, category)])
    labelled = [*_rows(RUDE, 1, "hate"), *_rows(RUDE_TOO, 1, "hate"), *_rows(ALIKE, 0, "noHate")]
    write_rows(folder / "stormfront.jsonl", labelled)
    davidson = [*_rows(RUDE, 1, "offensive"), *_rows(RUDE_TOO, 1, "hate"), *_rows(ALIKE, 0, "neither")]
    write_rows(folder / "davidson.jsonl", davidson)
    for name in ("bg_goemotions_reddit", "bg_dailydialog", "bg_ubuntu_irc"):
        write_rows(folder / f"{name}.jsonl", _rows(CHAT, 0, name))
    return folder


def write_catalogue(folder: Path, language: str) -> None:
    """A gettext catalogue of thirty lines."""
    path = folder / "locale" / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    entries = "\n\n".join(
        f'msgid "This field needs {number} letters."\nmsgstr ""\n"Dieses Feld braucht "\n"{number} Zeichen."'
        for number in range(30)
    )
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"'
    path.write_text(f'{head}\n\n{entries}\n\nmsgid "Yes"\nmsgstr "Ja"\n', "utf-8")


def write_rows(file: Path, rows: Iterable[tuple[str, int, str]]) -> Path:
    """JSON Lines of text, label and category."""
    named = (dict(zip(("text", "label", "category"), row, strict=True)) for row in rows)
    file.write_text("".join(json.dumps(row) + "\n" for row in named), "utf-8")
    return file


def _rows(text: str, label: int, category: str) -> Iterable[tuple[str, int, str]]:
    chance = random.Random(text)
    for number in range(60):
        yield f"{text.format(' '.join(chance.sample(THINGS, 3)))} {number}", label, category
