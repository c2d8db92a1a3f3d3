"""Make `inference/prefilter/data/lexicon.txt.gz`: rude words of many languages, as a feature, never as a flag.

    npm pack naughty-words@1.2.0 cuss@2.2.0
    for it in *.tgz; do mkdir "${it%.tgz}"; tar xzf "$it" -C "${it%.tgz}"; done
    python training/lexicon/make_lexicon.py FOLDER inference/prefilter/data/lexicon.txt.gz

Sources: naughty-words (LDNOOBW's lists, CC BY 4.0: 25 languages besides the constructed ones, French twice) and
cuss (MIT; only words that it rates as surely or probably rude). A word of another language that is an ordinary
English word or a common name of a thing in chat is left out: it may stand in the background lines no more than
once in two thousand. One line for each word: the list's name, a tab, the word.
"""

import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path

ENGLISH, SURELY, PROBABLY = "profane", "rude", "maybe"
CONSTRUCTED = ("eo", "tlh")
"""Languages that nobody is rude in: their lists collide with everyday words."""
SHARE_OF_LINES = 0.0005
"""A word of another language in more of the ordinary lines than this is an English word, too."""
FEWEST_LETTERS = 3


def main(folder: Path, out: Path) -> None:
    """Write the list."""
    common = _common_words(out.parent / "background.txt.gz")
    entries: dict[str, str] = {}
    for path in sorted(folder.glob("naughty-words*/package/*.json")):
        language = path.stem
        if len(language) == 2 or language.startswith(("fil", "kab", "fr-CA")):
            for entry in json.loads(path.read_text("utf-8")):
                word = " ".join(entry.lower().split())
                if language == "en" or _is_foreign(word, language, common):
                    entries.setdefault(word, ENGLISH)
    (cuss,) = folder.glob("cuss*/package/index.js")
    for word, rating in re.findall(r"^  '?([^':\n]+)'?: ([012]),?$", cuss.read_text("utf-8"), re.MULTILINE):
        if rating != "0" and word not in entries:
            entries[word] = SURELY if rating == "2" else PROBABLY
    kept = {word: kind for word, kind in entries.items() if len(word) >= FEWEST_LETTERS or not word.isascii()}
    lines = "".join(f"{kind}\t{word}\n" for word, kind in sorted(kept.items()))
    out.write_bytes(gzip.compress(lines.encode(), mtime=0))
    print(Counter(kept.values()))  # noqa: T201 -- a program


def _is_foreign(word: str, language: str, common: set[str]) -> bool:
    return language not in CONSTRUCTED and word not in common


def _common_words(background: Path) -> set[str]:
    lines = gzip.decompress(background.read_bytes()).decode().lower().split("\n")
    counts = Counter(word for line in lines for word in set(re.findall(r"[\w']+", line)))
    return {word for word, count in counts.items() if count > SHARE_OF_LINES * len(lines)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
