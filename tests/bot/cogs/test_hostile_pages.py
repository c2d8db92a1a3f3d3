"""No text of anybody breaks a page: one hostile text everywhere at once, in the language whose turn it is."""

from itertools import cycle

import pytest

from bot.language import Language
from tests.bot.cogs.hostile_pages import TEXTS, check


@pytest.mark.parametrize(
    ("text", "language"), list(zip(TEXTS[::5], cycle(Language), strict=False)), ids=str.__len__
)
def test_a_hostile_text_breaks_no_limit_and_is_markup_nowhere(text: str, language: Language):
    check(text, [language])
