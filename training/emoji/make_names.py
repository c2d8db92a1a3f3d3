"""Make `inference/prefilter/data/emoji.txt`: what each emoji is called, so that its name can be read as words.

    python -m venv venv && venv/bin/pip install emoji==2.16.0
    venv/bin/python training/emoji/make_names.py inference/prefilter/data/emoji.txt

The names are Unicode's short names (CLDR), as the package `emoji` (BSD licence) lists them. One line for each
emoji of one code point: the character, a tab, its name in small letters. Sequences (families, professions, skin
tones) are read one by one: their joiners cannot be seen and are gone before the names are put in.
"""

import sys
from pathlib import Path

import emoji

VARIATION_SELECTOR = "\ufe0f"


def main(out: Path) -> None:
    """Write the table."""
    names = {}
    for written, data in emoji.EMOJI_DATA.items():
        character = written.replace(VARIATION_SELECTOR, "")
        if len(character) == 1 and not character.isascii():
            names[character] = data["en"].strip(":").replace("_", " ").lower()
    lines = (f"{character}\t{name}\n" for character, name in sorted(names.items()))
    out.write_text("".join(lines), "utf-8")
    print(f"{len(names)} emoji")  # noqa: T201 -- a program


if __name__ == "__main__":
    main(Path(sys.argv[1]))
