"""A light view as words: what the learned scores read. Ids say nothing, an emoji says what it is called."""

import functools
import re
from importlib import resources

from inference.prefilter.embedding import MAX_CHARACTERS
from inference.prefilter.normalise import Reading

_IDS = re.compile(r"<a?:(\w{1,32}):\d{1,20}>|<[@#][!&]?\d{1,20}>|@(?!everyone|here)\w{1,40}")


def prose(light: str) -> str:
    """A light view without mentions, and with emoji by their names; at most `MAX_CHARACTERS` of it."""
    text = light[:MAX_CHARACTERS]
    if "@" in text or "<" in text:
        text = _IDS.sub(r"\1", text)
    return text if text.isascii() else text.translate(_emoji_names())[:MAX_CHARACTERS]


def undisguised(reading: Reading) -> str:
    """What the letter patterns read: the words with disguises looked through, where there are any."""
    return prose(reading.coarse[-1].readable.text if reading.coarse else reading.light.text)


@functools.cache
def _emoji_names() -> dict[int, str]:
    lines = (resources.files(__package__) / "data" / "emoji.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines)
    return {ord(character): f" {name} " for character, name in pairs}
