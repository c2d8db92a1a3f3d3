"""A form as a text file, for what must not be lost: it can be read on a phone, changed, and handed in again."""

import re

from bot.guilds.form import Field, Form

FILE_ENDING = ".txt"
_HEAD = re.compile(r"=== (\w+) ===")


def form_text(form: Form) -> str:
    """The five fields, each below its heading. The headings are English in every language: they are read again."""
    return "\n".join(f"=== {field.value} ===\n{form.text(field).rstrip()}\n" for field in Field)


def form_in(text: str) -> Form | None:
    """The form in a text file; None if the text is none."""
    fields: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.removeprefix("\ufeff").splitlines():
        head = _HEAD.fullmatch(line.strip())
        if head and head[1] in set(Field):
            lines = fields.setdefault(head[1], [])
        elif lines is not None:
            lines.append(line)
        elif line.strip():
            return None
    return Form(**{name: "\n".join(found).strip("\n") for name, found in fields.items()}) if fields else None
