"""The fixed embedding of the stand-in: what is written into the stream for each of the 201,088 tokens.

Nothing here is learnt. A token's code is a word of the extended BCH code [32, 21, 6] over its id: any two tokens
differ in at least six of 32 signs. A letter's code has six signs; a token holds the codes of its letters, case
removed, so that "LOS" + "ER" and " loser" can be found to be one word whatever the tokens are.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from inference.standin.stream import (
    CONSTANT,
    CONSTANT_VALUE,
    LETTER,
    LETTERS,
    PLACE,
    SLOTS,
    TOKEN,
    WIDTH,
    WORD,
)
from inference.standin.vocabulary import VOCABULARY_SIZE
from inference.vocabulary import ORDINARY_TOKENS

_MESSAGE_BITS = 21
_GENERATOR = 0b11101101001
"""(x^5 + x^2 + 1)(x^5 + x^4 + x^3 + x^2 + 1): of the BCH code of length 31 that corrects two errors."""
_FLAG_STEP = 0.25
_MESSAGE_MARKER = 200_008
LABELS = [15, 16]
"""The tokens "0" and "1"."""

Int8Array = npt.NDArray[np.int8]


def token_codes() -> Int8Array:
    """(201088, 32) signs; the dot product of two different rows is at most 20, of a row with itself 32."""
    return code_words(np.arange(VOCABULARY_SIZE))


def code_words(messages: npt.NDArray[np.int64]) -> Int8Array:
    """(n, 32) signs: the words of the extended BCH code for messages below 2^21."""
    bits = (messages[:, None] >> np.arange(_MESSAGE_BITS)) & 1
    checks = np.array([_remainder(1 << (10 + n)) for n in range(_MESSAGE_BITS)])
    check_bits = (bits @ ((checks[:, None] >> np.arange(10)) & 1)) & 1
    word = np.concatenate([bits, check_bits], axis=1)
    word = np.concatenate([word, word.sum(1, keepdims=True) & 1], axis=1)
    return (word * 2 - 1).astype(np.int8)


def _remainder(polynomial: int) -> int:
    for power in range(_MESSAGE_BITS + 10, 9, -1):
        if polynomial >> power & 1:
            polynomial ^= _GENERATOR << (power - 10)
    return polynomial


def letter_codes(codepoints: npt.NDArray[np.uint32]) -> Int8Array:
    """(..., 6) signs for each code point, zeros for code point 0 (no letter).

    a-z have an even number of minus signs, 0-9 an odd one: two letters differ in at least two signs, a letter
    and a digit in one. Letters of other scripts share the 64 words.
    """
    weights = np.array([word.bit_count() for word in range(64)])
    even, odd = np.flatnonzero(weights % 2 == 0), np.flatnonzero(weights % 2 == 1)
    table = np.zeros(128, np.int64)
    table[ord("a") : ord("z") + 1] = even[:26]
    table[ord("0") : ord("9") + 1] = odd[:10]
    scattered = (codepoints * np.uint32(2654435761)) >> np.uint32(26)
    index = np.where(codepoints < 128, table[np.minimum(codepoints, 127)], scattered)
    signs = ((index[..., None] >> np.arange(LETTER)) & 1) * 2 - 1
    return np.where(codepoints[..., None] == 0, 0, signs).astype(np.int8)


def embedding(tokens: list[bytes]) -> tuple[Int8Array, npt.NDArray[np.float32]]:
    """The embedding as integers in -8..7, (201088, 384), and the scale of each block of 32 columns, (12,)."""
    values = np.zeros((VOCABULARY_SIZE, WIDTH), np.int8)
    scales = np.ones(WIDTH // 32, np.float32)
    values[:, TOKEN] = token_codes()
    values[:, CONSTANT] = -8
    scales[CONSTANT // 32] = CONSTANT_VALUE / -8
    scales[PLACE["pure"] // 32] = _FLAG_STEP
    _write_words(values, tokens)
    return values, scales


def output_head() -> Int8Array:
    """(201088, 384): each token's code, and for the labels "0" and "1" two numbers of their own."""
    values = np.zeros((VOCABULARY_SIZE, WIDTH), np.int8)
    values[:, TOKEN] = token_codes()
    values[LABELS, PLACE["label_spot"]] = 1
    values[LABELS, PLACE["label_side"]] = -1, 1
    return values


def _write_words(values: Int8Array, tokens: list[bytes]) -> None:
    texts = [token.decode("utf-8", "replace") for token in tokens]
    words = [word_of(text) for text in texts]
    letters = "".join(word[:SLOTS].ljust(SLOTS, "\0") for word in words).encode("utf-32-le")
    codepoints = np.frombuffer(letters, "<u4").reshape(ORDINARY_TOKENS, SLOTS)
    values[:ORDINARY_TOKENS, LETTERS] = letter_codes(codepoints).reshape(ORDINARY_TOKENS, WORD)
    lengths = np.minimum([len(word) for word in words], SLOTS)
    values[:ORDINARY_TOKENS, PLACE["length_low"]] = np.minimum(lengths, 6)
    values[:ORDINARY_TOKENS, PLACE["length_high"]] = np.maximum(lengths - 6, 0)
    for name, holds in _FLAGS.items():
        values[:ORDINARY_TOKENS, PLACE[name]] = [4 * holds(text) for text in texts]
    values[_MESSAGE_MARKER, PLACE["breaks"]] = 4  # a message's text starts a line


_FLAGS: dict[str, Callable[[str], bool]] = {
    "pure": str.isalnum,
    "ends": lambda text: word_of(text) != "",
    "breaks": lambda text: text.endswith(("\n", "\r")),
    "opens": lambda text: text in {",", ":", " "},
    "comma": lambda text: text == ",",
}


def word_of(text: str) -> str:
    """The letters and digits of a token in lower case, but for one other sign in front; "" if there is more."""
    if text.isalnum():
        return text.lower()
    return text[1:].lower() if text[1:].isalnum() and text[0] != "\N{REPLACEMENT CHARACTER}" else ""
