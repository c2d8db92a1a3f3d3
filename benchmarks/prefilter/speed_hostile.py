"""Messages made to be slow: Discord's longest, 4,000 characters."""

import random

LENGTH = 4_000

_UNITS = (
    "a", "as ", "ab", "l0ser ", "l o s e r ", "l.o.s.e.r ", "k y s ", "f*ck ", "f\\_ck ", "*", "x.y/", "\u0338",
    "e\u0301", "字", "😀", "👨‍👩‍👧 ", "\0", "1!", "`", "```", "a-", "\u043e", "\u043e\u0430 ", "<@1>", "<:a:1>",
    "@everyone ", "free nitro ", "\ud800", "http://a.b/ ", "xn--80ak6aa92e.com ", "https://d1scord.gift/x ",
    "\u200b", "a\u200b", "\u202e", "\ufdfa", "\U0001d4b6", "\uff41", "shti ", "rn", "((", "kill yuo ",
    "q" * 40 + " ", "\u0627", "\u0e01", "\t ",
)  # fmt: skip
_MIXTURES = 12


def hostile_texts(chance: random.Random) -> dict[str, str]:
    """By what they are made of: one unit again and again, and random mixtures."""
    texts = {ascii(unit): (unit * LENGTH)[:LENGTH] for unit in _UNITS}
    for number in range(_MIXTURES):
        units = chance.sample(_UNITS, chance.randint(2, 12))
        texts[f"a mixture, {number}"] = "".join(chance.choices(units, k=LENGTH))[:LENGTH]
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=LENGTH))
    texts["random letters"] = letters
    texts["random words"] = " ".join(letters[start : start + 5] for start in range(0, LENGTH, 6))[:LENGTH]
    texts["random points of Unicode"] = "".join(chr(chance.randrange(0x11_0000)) for _ in range(LENGTH))
    return texts
