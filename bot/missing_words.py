"""What stands where words were that are not there any more: short marks, which pages say in the reader's language.

A mark begins with NUL. No text of a member can: intake replaces it (`bot.cogs.reading`).
"""

from typing import Final

from bot.language import marked, tr

ERASED: Final = "\0erased"
"""Words that quoted a member who had theirs erased."""
UNREADABLE: Final = "\0unreadable"
"""Words that are damaged where they are stored."""

_SAID: Final = {
    ERASED: marked("(erased: it may have quoted somebody whose words were erased)"),
    UNREADABLE: marked("(this text cannot be read: it is damaged in my memory)"),
}


def told(text: str) -> str:
    """The text, or what its mark stands for."""
    return tr(_SAID[text]) if text in _SAID else text
