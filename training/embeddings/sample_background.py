"""Draw the background sample: ordinary chat lines that tell how alike a policy and any text are by chance.

    python training/embeddings/sample_background.py DATA_FOLDER inference/prefilter/data/background.txt.gz

DATA_FOLDER holds bg_dailydialog.jsonl (XDailyDialog, github.com/liuzeming01/XDailyDialog) and
bg_goemotions_reddit.jsonl (GoEmotions, github.com/monologg/GoEmotions-pytorch), one object with a `text` per
line; both are Apache-2.0. Lines of 3 to 60 words are drawn with a fixed seed, the same number from each.
"""

import gzip
import json
import random
import re
import sys
from pathlib import Path

SOURCES = ("bg_dailydialog.jsonl", "bg_goemotions_reddit.jsonl")
LINES_PER_SOURCE = 1000
FEWEST_WORDS = 3
MOST_WORDS = 60
SEED = 1

_SPACED_SIGN = re.compile(r" ([.,!?;:'\u2019])")


def main(data: Path, out: Path) -> None:
    """Write the sample."""
    lines = [line for name in SOURCES for line in _drawn(data / name)]
    out.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    print(f"{len(lines)} lines, {out.stat().st_size} bytes")  # noqa: T201 -- a program


def _drawn(source: Path) -> list[str]:
    rows = source.read_text("utf-8").splitlines()
    texts = dict.fromkeys(_tidy(json.loads(row)["text"]) for row in rows)
    fitting = [text for text in texts if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS]
    return random.Random(SEED).sample(fitting, LINES_PER_SOURCE)  # noqa: S311 -- a sample, not a secret


def _tidy(text: str) -> str:
    """On one line, and without the spaces that a tokenised corpus has before its signs."""
    return _SPACED_SIGN.sub(r"\1", " ".join(text.split()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
