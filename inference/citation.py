"""Holds what a judge cites against what is there: quotes must occur in the text."""

import re
from dataclasses import dataclass

from inference.rendering import Content


@dataclass(frozen=True, slots=True)
class CheckedQuotes:
    """Quotes as the member wrote them, and how many were dropped since they occur nowhere."""

    quotes: tuple[str, ...]
    dropped: int


def check_quotes(quotes: tuple[str, ...], content: Content) -> CheckedQuotes:
    """Replace each quote by the member's own characters, dropping those that cannot be found.

    Case and white space may differ. A quote of a disguised word's plain reading stands for the word as written.
    """
    found = [_own_characters(quote, content) for quote in quotes]
    kept = tuple(dict.fromkeys(quote for quote in found if quote))
    return CheckedQuotes(kept, found.count(None))


def _own_characters(quote: str, content: Content) -> str | None:
    words = quote.replace("\n| ", "\n").split()  # a quote over two lines copies the data block's mark
    if not words:
        return None
    pattern = r"\s+".join(re.escape(word) for word in words)
    match = re.search(pattern, "\n".join((content.text, *content.about)), re.IGNORECASE)
    if match:
        return match.group()
    for reading, written in zip(content.readings, content.written, strict=False):
        if reading.casefold() == " ".join(words).casefold():
            return written
    return None
