"""What people do to a word so that a filter does not read it and everybody else does.

Each takes a spelling and a source of chance. They are in four stages, and a pair applies the earlier stage first,
as a person would: change the letters (mask, swap), draw them otherwise (fonts), part them (spaces), and put in
what cannot be seen.
"""

# ruff: noqa: RUF001 -- look-alike letters are what these transformations are about

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = Callable[[str, random.Random], str]

LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "b": "8", "g": "9", "l": "1|"}
HOMOGLYPHS = str.maketrans("aceopxyisjhkmt", "асеорхуіѕјһкмт")
ACCENTS = {"a": "àäâ", "e": "éëê", "i": "ïí", "o": "öóô", "u": "üú", "c": "ç", "n": "ñ", "s": "š", "y": "ÿ"}
SMALL_CAPITALS = dict(zip("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ", strict=True))
ZERO_WIDTH = "\u200b\u200c\u2060\u00ad"
MARKS = "\u0335\u0336\u0338\u0322\u031b\u0489\u034f\u0300\u0303"
EMOJI = "👏🔥💀🖕"


@dataclass(frozen=True, slots=True)
class Transformation:
    """A way to write around a filter."""

    name: str
    stage: int
    change: Change

    def __call__(self, spelling: str, chance: random.Random) -> str:
        """The spelling, changed."""
        return self.change(spelling, chance)


def _each_letter(change: Callable[[str, random.Random], str]) -> Change:
    return lambda spelling, chance: "".join(
        change(letter, chance) if letter.isalpha() else letter for letter in spelling
    )


def _shifted(first: str) -> Change:
    """The letters a to z as those that begin at `first`."""

    def shift(letter: str, _: random.Random) -> str:
        plain = letter.lower()
        return chr(ord(first) + ord(plain) - ord("a")) if "a" <= plain <= "z" else letter

    return _each_letter(shift)


def _leet(letter: str, chance: random.Random) -> str:
    return chance.choice(LEET.get(letter.lower(), letter))


def _accented(letter: str, chance: random.Random) -> str:
    return chance.choice(ACCENTS.get(letter.lower(), letter))


def _inside(word: str, chance: random.Random) -> int:
    """A place between the first and the last letter of a word."""
    return chance.randrange(1, len(word) - 1)


def _each_word(change: Change, shortest: int = 3) -> Change:
    """Change the words that are long enough."""
    return lambda spelling, chance: " ".join(
        change(word, chance) if len(word) >= shortest else word for word in spelling.split(" ")
    )


def _one_word(change: Change, shortest: int = 4) -> Change:
    """Change one of the words that are long enough, if there is one."""

    def changed(spelling: str, chance: random.Random) -> str:
        words = spelling.split(" ")
        long = [place for place, word in enumerate(words) if len(word) >= shortest]
        if long:
            place = chance.choice(long)
            words[place] = change(words[place], chance)
        return " ".join(words)

    return changed


def _masked(signs: str, letters: int = 1) -> Change:
    def mask(word: str, chance: random.Random) -> str:
        count = min(letters, len(word) - 2)
        places = set(chance.sample(range(1, len(word) - 1), count))
        sign = chance.choice(signs)
        return "".join(sign if place in places else letter for place, letter in enumerate(word))

    return mask


def _vowels_masked(word: str, _: random.Random) -> str:
    return word[0] + "".join("*" if letter in "aeiou" else letter for letter in word[1:-1]) + word[-1]


def _swapped(word: str, chance: random.Random) -> str:
    places = [place for place in range(len(word) - 1) if word[place] != word[place + 1]]
    place = chance.choice(places) if places else 0
    return word[:place] + word[place : place + 2][::-1] + word[place + 2 :]


def _parted(*gaps: str) -> Change:
    """One of the gaps between all letters, and more room between words."""

    def part(spelling: str, chance: random.Random) -> str:
        gap = chance.choice(gaps)
        return (gap * 3 if gap.isspace() else " ").join(gap.join(word) for word in spelling.split(" "))

    return part


def _sign_put_in(word: str, chance: random.Random) -> str:
    place = _inside(word, chance)
    return word[:place] + chance.choice("-_*.~^") + word[place:]


def _markup_put_in(word: str, chance: random.Random) -> str:
    place, mark = _inside(word, chance), chance.choice(("**", "||", "~~", "__", "*", "_"))
    return word[:place] + mark + word[place] + mark + word[place + 1 :]


def _repeated(word: str, chance: random.Random) -> str:
    place = _inside(word, chance)
    return word[:place] + word[place] * chance.randrange(3, 7) + word[place + 1 :]


def _with(additions: str, most: int = 1) -> Change:
    """Each letter followed by some of these."""
    return _each_letter(
        lambda letter, chance: letter + "".join(chance.choices(additions, k=chance.randrange(1, most + 1)))
    )


def _some_capitals(letter: str, chance: random.Random) -> str:
    return chance.choice((letter.lower(), letter.upper()))


PLAIN = Transformation("as written", 0, lambda spelling, _: spelling)

TRANSFORMATIONS = (
    Transformation("masked, one letter *", 0, _one_word(_masked("*"))),
    Transformation("masked, one letter #@.-_%?", 0, _one_word(_masked("#@.-_%?"))),
    Transformation("masked, two letters **", 0, _one_word(_masked("*", 2), 5)),
    Transformation("masked, all vowels *", 0, _each_word(_vowels_masked, 4)),
    Transformation("masked, emoji", 0, _one_word(_masked("🤬💩█"))),
    Transformation("swapped", 0, _one_word(_swapped)),
    Transformation("joined", 0, lambda spelling, _: spelling.replace(" ", "")),
    Transformation("repeats", 0, _each_word(_repeated)),
    Transformation("leet", 1, _each_letter(_leet)),
    Transformation("homoglyphs", 1, lambda spelling, _: spelling.lower().translate(HOMOGLYPHS)),
    Transformation("accents", 1, _each_letter(_accented)),
    Transformation("full width", 1, _shifted("ａ")),
    Transformation("mathematical", 1, _shifted("𝓪")),
    Transformation("circled", 1, _shifted("ⓐ")),
    Transformation("squared", 1, _shifted("🅰")),
    Transformation("small capitals", 1, _each_letter(lambda it, _: SMALL_CAPITALS.get(it.lower(), it))),
    Transformation("regional letters", 2, lambda it, chance: " ".join(_shifted("🇦")(it, chance))),
    Transformation("spaced", 2, _parted(" ")),
    Transformation("dotted", 2, _parted(".", "-", "_", "*")),
    Transformation("a line per letter", 2, _parted("\n")),
    Transformation("emoji between", 2, _parted(*EMOJI)),
    Transformation("a sign put in", 2, _each_word(_sign_put_in)),
    Transformation("markup put in", 2, _each_word(_markup_put_in)),
    Transformation("zero width", 3, _with(ZERO_WIDTH)),
    Transformation("zalgo", 3, _with(MARKS, 4)),
    Transformation("capitals", 3, _each_letter(_some_capitals)),
)
"""All of them. `joined` changes phrases only."""

NEW = ("masked", "swapped", "joined")
"""How the names of those begin that change the letters themselves."""


def pairs() -> Iterator[tuple[Transformation, Transformation]]:
    """All pairs that make sense: two ways to mask, or two ways to part letters, are one. Earlier stages first."""
    for first, second in itertools.combinations(TRANSFORMATIONS, 2):
        same_kind = first.name.split(",")[0] == second.name.split(",")[0]
        if not same_kind and not (first.stage == second.stage and first.stage in (1, 2)):
            yield first, second
