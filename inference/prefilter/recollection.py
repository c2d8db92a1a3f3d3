"""A bounded memory of words: what was worked out for one is looked up the next time."""

from typing import TypeVar

V = TypeVar("V")

LONGEST = 24
"""Characters of a word that is remembered. Longer ones hardly come again."""


class Recollection(dict[str, V]):
    """What words were found to be, by word. Full, it begins anew: the words of the day are soon back.

    What is kept must follow from the word, and from nothing that is one guild's own: all guilds share it. So it
    changes no result, and the most that can be told from its speed is that somebody wrote a word lately. A flood
    of new words costs what it would cost without a memory, and one entry each; its size is bounded. May be shared
    by threads: an entry that one of them loses is worked out again.
    """

    __slots__ = ("_most",)

    def __init__(self, most: int) -> None:
        """`most`: words that are kept at a time, some 250 bytes each."""
        super().__init__()
        self._most = most

    def keep(self, word: str, value: V) -> V:
        """Remember a word; the value."""
        if len(word) <= LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[word] = value
        return value
