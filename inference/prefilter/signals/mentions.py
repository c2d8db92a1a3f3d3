"""Who is mentioned in a text: members, roles, everyone."""

import re
from dataclasses import dataclass

_CODE = re.compile(r"(`{1,3}+)(?:(?!\1).)*+\1", re.DOTALL)
_MENTION = re.compile(r"<@([!&]?)(\d{1,20})>|(?<![\w@])@(everyone|here)(?!\w)")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The mentions in a text that are not in code."""

    count: int
    """Different members and roles."""
    broadcast: str
    """`@everyone` or `@here`; empty if neither is there."""
    start: int
    end: int
    """From the first mention to the last, or that of everyone."""


def mentions_in(text: str) -> Mentions | None:
    """The mentions in a text; None if there are none."""
    if "@" not in text:
        return None
    shown = _CODE.sub(lambda code: " " * len(code[0]), text) if "`" in text else text
    found = list(_MENTION.finditer(shown))
    if not found:
        return None
    broadcast = next((match for match in found if match[3]), None)
    named = {(match[1] == "&", match[2]) for match in found if match[2]}
    first, last = (broadcast, broadcast) if broadcast else (found[0], found[-1])
    return Mentions(len(named), broadcast[0] if broadcast else "", first.start(), last.end())
