"""Ordinary words: what is one of them is no misspelling of anything.

They come from what is shipped anyway: the whole words in the vocabulary of the static embedder's tokenizer (about
22,000, mostly English) and the words of the background lines.
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
    background = gzip.decompress((data / "background.txt.gz").read_bytes()).decode("utf-8")
    return frozenset(filter(str.isalpha, vocabulary)) | frozenset(_WORD.findall(background.lower()))
