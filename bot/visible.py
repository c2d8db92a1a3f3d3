"""Makes what a member can hide in a text visible: for people who have to judge it, on every surface."""

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but for tab and line breaks
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"  # tags: a hidden alphabet
    "]"
    "|(?<=[A-Za-z0-9])[\u200c\u200d]|[\u200c\u200d](?=[A-Za-z0-9])"  # joiners belong into emoji and other scripts
)
_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def visible(text: str) -> str:
    """The text with hidden and direction-changing characters written out, and one kind of line break."""
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", _BREAKS.sub("\n", text))
