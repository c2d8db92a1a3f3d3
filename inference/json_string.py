"""The inside of a JSON string that is read while it is written."""

import json


def closing_mark(text: str, *, escaped: bool) -> tuple[int | None, bool]:
    """Where the first quotation mark stands that no backslash escapes, if there is one.

    `escaped` says whether a backslash before the text escapes its first character; the second value returned says
    the same of what follows the text.
    """
    for place, character in enumerate(text):
        if character == '"' and not escaped:
            return place, False
        escaped = character == "\\" and not escaped
    return None, escaped


def unescaped(text: str) -> str:
    """The value of a JSON string's inside; text with broken escapes is taken as it stands.

    Half of a surrogate pair (`\\ud83d` alone) becomes U+FFFD: no text with one can be written anywhere.
    """
    try:
        value = str(json.loads(f'"{text}"', strict=False))
    except json.JSONDecodeError:
        return text
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
