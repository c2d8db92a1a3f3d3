"""Draw the background sample: ordinary chat lines, against which every learned score is fitted and measured.

    python training/embeddings/sample_background.py DATA_FOLDER inference/prefilter/data/background.txt.gz

DATA_FOLDER holds bg_dailydialog.jsonl (XDailyDialog, github.com/liuzeming01/XDailyDialog, Apache-2.0),
bg_goemotions_reddit.jsonl (GoEmotions, github.com/monologg/GoEmotions-pytorch, Apache-2.0) and bg_ubuntu_irc.jsonl
(github.com/jkkummerfeld/irc-disentanglement, CC BY 4.0), one object with a `text` per line. Lines of up to 60
words are drawn with a fixed seed, the same number from each; who is addressed at the start of an IRC line is
taken out. The sources stand one after the other, in the order of SOURCES.
"""

import gzip
import json
import random
import re
import sys
from pathlib import Path

SOURCES = ("dailydialog", "goemotions_reddit", "ubuntu_irc")
LINES_PER_SOURCE = 1000
MOST_WORDS = 60
SEED = 1

_ADDRESSED = re.compile(r"^(?:<\S+>|[^\s:,]+:)\s+")
_SPACED_SIGN = re.compile(r" ([.,!?;:'\u2019])")


def main(data: Path, out: Path) -> None:
    """Write the sample."""
    lines = [line for name in SOURCES for line in _drawn(data / f"bg_{name}.jsonl")]
    out.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    print(f"{len(lines)} lines, {out.stat().st_size} bytes")  # noqa: T201 -- a program


def _drawn(source: Path) -> list[str]:
    rows = source.read_text("utf-8").splitlines()
    texts = dict.fromkeys(_tidy(json.loads(row)["text"]) for row in rows)
    fitting = [text for text in texts if 0 < len(text.split()) <= MOST_WORDS]
    return random.Random(SEED).sample(fitting, LINES_PER_SOURCE)  # noqa: S311 -- a sample, not a secret


def _tidy(text: str) -> str:
    """On one line, without who is addressed and without the spaces before a tokenised corpus's signs."""
    return _SPACED_SIGN.sub(r"\1", " ".join(_ADDRESSED.sub("", text).split()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
