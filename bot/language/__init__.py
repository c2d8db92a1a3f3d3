"""The languages that people are spoken to in: one catalogue, chosen per person and per guild.

    tr("The message is deleted.")
    tr("You decided this already, {when}.", when=ago(moment))
    tr_n("{count} case waits.", "{count} cases wait.", count)
    REFUSED = marked("You may not do this here.")   # at import; said later with tr(REFUSED)
    tr_in("severity", "low")                        # a word that means several things: which one is meant
    said(problem.message)                           # a sentence of `policies`, which speaks English by itself

What is said is in the language of the current context (`speaking`, `speak`); English without one. English texts
are the catalogue's keys, as gettext has it: code is read without looking anything up.
"""

from bot.language.catalogue import LANGUAGES, Language, load_all, marked, tr, tr_in, tr_n
from bot.language.current import current_language, language_of, speak, speaking
from bot.language.numbers import number, percent
from bot.language.phrases import said
from bot.language.quotes import in_quotes

__all__ = [
    "LANGUAGES",
    "Language",
    "current_language",
    "in_quotes",
    "language_of",
    "load_all",
    "marked",
    "number",
    "percent",
    "said",
    "speak",
    "speaking",
    "tr",
    "tr_in",
    "tr_n",
]
