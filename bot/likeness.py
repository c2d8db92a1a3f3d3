"""Fingerprints of what texts say, by which texts that are alike are found although they are sealed.

Minwise hashing with banding (Broder, "On the resemblance and containment of documents", 1997; Indyk and Motwani,
1998): of every text, the smallest of its words' hashes under 48 hash functions, six to a band. Two texts that
share 90% of their words share a band almost always, two that share 40% almost never. Who keeps fingerprints masks
them with a secret, so that nobody else can try out what they stand for; who has found candidates compares the
texts themselves.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.prefilter.normalise import Normaliser
from inference.prefilter.repeats import words_of

ALIKE: Final = 0.8
"""The share of common words, of all words of both, from which two texts are nearly the same."""
BANDS: Final = 8
_ROWS: Final = 6
_READ: Final = 2_000
"""Characters that are folded; the words of the first 1,000 that are left are compared."""


def words(text: str) -> frozenset[str]:
    """The different words of a text in plain letters: disguises do not make another text of one."""
    return frozenset(words_of(Normaliser.shipped().folded(text[:_READ])))


def are_alike(text: str, other: str) -> bool:
    """Whether two texts are nearly the same. Texts without words are like nothing."""
    ours, theirs = words(text), words(other)
    common = len(ours & theirs)
    return common > 0 and common >= ALIKE * len(ours | theirs)


def bands(text: str) -> tuple[str, ...]:
    """The text's fingerprint, `BANDS` hexadecimal digests; none of a text without words."""
    found = words(text)
    if not found:
        return ()
    hashes = np.array([_number(word) for word in found], dtype=np.uint64)
    smallest = _mixed(hashes[:, None] ^ _seeds()).min(axis=0)
    rows = smallest.reshape(BANDS, _ROWS)
    return tuple(
        blake2b(bytes([band]) + row.tobytes(), digest_size=16).hexdigest() for band, row in enumerate(rows)
    )


def _number(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())


@lru_cache(maxsize=1)
def _seeds() -> NDArray[np.uint64]:
    steps = np.arange(1, BANDS * _ROWS + 1, dtype=np.uint64)
    return _mixed(steps * np.uint64(0x9E3779B97F4A7C15))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood, 2014): every bit depends on every other."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
