"""Ordinary words: what is one of them is no misspelling of anything.

They come from what is shipped anyway: the whole words in the vocabulary of the static embedder's tokenizer (about
22,000, mostly English) and the words of the background lines, in all their languages.
"""

import functools
import gzip
import json
import re
from importlib import resources

_WORD = re.compile(r"[^\W\d_]{2,}")


@functools.cache
def everyday_words() -> frozenset[str]:
    """All ordinary words, in small letters. Read once."""
    data = resources.files(__package__) / "data"
    vocabulary = json.loads((data / "static" / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    english = gzip.decompress((data / "background.txt.gz").read_bytes()).decode("utf-8")
    others = [lines.read_text("utf-8") for lines in (data / "ordinary").iterdir()]
    background = frozenset(_WORD.findall("\n".join([english, *others]).lower()))
    return background | frozenset(filter(str.isalpha, vocabulary))
