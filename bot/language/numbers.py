"""Numbers as the language that is spoken writes them."""

from babel import Locale
from babel.numbers import format_decimal, format_percent

from bot.language.current import current_language


def number(value: float, digits: int = 0) -> str:
    """A number with its thousands apart, and so many digits after the point at most."""
    pattern = "#,##0." + "#" * digits if digits else "#,##0"
    return format_decimal(value, pattern, locale=current_language().value)


def two_digits(value: float) -> str:
    """A fraction with the first two digits that are not 0: what is rare is as readable as what is not."""
    return format_decimal(value, "@@", locale=current_language().value)


def percent(share: float, digits: int = 0) -> str:
    """A share (0 to 1) in per cent, with so many digits after the point."""
    locale = Locale.parse(current_language().value)
    pattern = str(locale.percent_formats[None].pattern)
    if digits:
        pattern = pattern.replace("##0", "##0." + "0" * digits)
    return format_percent(share, pattern, locale=locale)
