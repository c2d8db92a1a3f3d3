"""Texts as token ids, as a BERT tokenizer makes them: plain words by dictionary, all others by the tokenizer."""

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from inference.prefilter.recollection import Recollection

_KEPT_WORDS = 16_384
"""Some 4 MB. Most words of a chat come again, and taking one apart takes ten times as long as looking it up."""
_WORD = re.compile(r"[a-z0-9]+|[^a-z0-9 ]")
"""What BERT's pre-tokenizer parts such a text into."""


class Tokens:
    """Turns texts into token ids. Immutable.

    Most chat is plain, and there calling the tokenizer takes longer than its work: it works by the character, and
    looking the words up here takes a fraction of its time.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Any tokenizer will do; plain words are looked up where it is BERT's."""
        self._tokenizer = tokenizer
        self._pieces = WordPieces(tokenizer) if _is_bert(tokenizer) else None

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        """Read a tokenizer.json."""
        return cls(Tokenizer.from_file(str(path)))

    def ids(self, text: str) -> list[int]:
        """The ids of a text's tokens without special ones around them, in any order: their mean is what counts."""
        if self._pieces is None:
            return self._encoded(text)
        if _is_plain(text):
            return self._pieces.of(text.split())
        words = text.split(" ")  # no other blank: some that Python knows part no words for BERT
        found = self._pieces.of(filter(_is_plain, words))
        found += self._encoded(" ".join(itertools.filterfalse(_is_plain, words)))
        return found

    def _encoded(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


class WordPieces:
    """The longest piece of a vocabulary, and then the longest that continues it, until a word is at its end
    (WordPiece: Wu et al. 2016, arXiv:1609.08144). It remembers the pieces of words."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """The pieces of a tokenizer whose model is WordPiece."""
        vocabulary, model = tokenizer.get_vocab(with_added_tokens=False), tokenizer.model
        prefix = model.continuing_subword_prefix
        self._first = {piece: number for piece, number in vocabulary.items() if not piece.startswith(prefix)}
        rest = {piece: number for piece, number in vocabulary.items() if piece.startswith(prefix)}
        self._later = {piece.removeprefix(prefix): number for piece, number in rest.items()}
        self._first_reach, self._later_reach = _reach(self._first), _reach(self._later)
        self._longest_word = model.max_input_chars_per_word
        self._unknown = vocabulary[model.unk_token]
        self._known: Recollection[list[int]] = Recollection(_KEPT_WORDS)

    def of(self, words: Iterable[str]) -> list[int]:
        """The ids of all pieces of some plain words."""
        found: list[int] = []
        known = self._known
        for word in words:
            ids = known.get(word)
            found += known.keep(word, self._ids(word)) if ids is None else ids
        return found

    def _ids(self, word: str) -> list[int]:
        """The ids of what stands between two blanks."""
        found: list[int] = []
        for part in _WORD.findall(word):
            number = self._first.get(part)
            if number is None:
                found += self._parts(part)
            else:
                found.append(number)
        return found

    def _parts(self, word: str) -> list[int]:
        if len(word) > self._longest_word:
            return [self._unknown]
        found: list[int] = []
        start, pieces, reach = 0, self._first, self._first_reach
        while start < len(word):
            end = min(len(word), start + reach.get(word[start : start + 2], 1))
            while (number := pieces.get(word[start:end])) is None:
                end -= 1
                if end == start:
                    return [self._unknown]
            found.append(number)
            start, pieces, reach = end, self._later, self._later_reach
        return found


def _reach(pieces: Iterable[str]) -> dict[str, int]:
    """The length of the longest piece that begins with these two letters: no longer one needs to be tried. Without
    it, words that are none (`qqqq…`) take ten times as long as others."""
    longest: dict[str, int] = {}
    for piece in pieces:
        longest[piece[:2]] = max(len(piece), longest.get(piece[:2], 1))
    return longest


def _is_plain(text: str) -> bool:
    """Printable ASCII without capitals: BERT's normaliser leaves it as it is, and no special token is in it."""
    return text.isascii() and text.isprintable() and text == text.lower()


def _is_bert(tokenizer: Tokenizer) -> bool:
    """Whether it keeps plain texts, parts words at blanks and punctuation, and takes the longest pieces."""
    parts = (tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.model)
    kinds = (BertNormalizer, BertPreTokenizer, WordPiece)
    return all(map(isinstance, parts, kinds)) and not tokenizer.truncation and not tokenizer.padding
