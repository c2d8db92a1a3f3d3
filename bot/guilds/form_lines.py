"""Single lines of a form: what each one says, or what is wrong with it. Errors are in the language spoken now."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.language import said, tr
from policies import hints
from policies.policy import ALLOWED, Severity
from policies.problems import shown

_COLON = "\\s*[:\N{FULLWIDTH COLON}]\\s*"
_OPEN, _CLOSE = "[\\[(\N{FULLWIDTH LEFT SQUARE BRACKET}]", "[\\])\N{FULLWIDTH RIGHT SQUARE BRACKET}]"
_INSIDE = "[^\\])\N{FULLWIDTH RIGHT SQUARE BRACKET}]*"
_BAR = "[|\N{FULLWIDTH VERTICAL LINE}]"
_ID = r"[A-Za-z][\w-]*"
BULLETS = ("- ", "\N{BULLET} ", "\N{EN DASH} ")
"""What people put before the lines of a list."""
_BULLET = re.compile(rf"^\s*(?:[{''.join(mark[0] for mark in reversed(BULLETS))}]\s+)?")
_RULE = re.compile(rf"({_ID})\s*(?:{_OPEN}({_INSIDE}){_CLOSE})?{_COLON}(.*)", re.DOTALL)
_TERMS = re.compile(rf"\s*{_BAR}\s*terms{_COLON}", re.IGNORECASE)
_EXAMPLE = re.compile(rf"(\*?)\s*({_ID}){_COLON}(.*)", re.DOTALL)
_COMMA = re.compile("[,\N{FULLWIDTH COMMA}\N{IDEOGRAPHIC COMMA}\N{ARABIC COMMA}]")
_NOTE = re.compile(r"(?<!\S)#(?!\S)")
_GOES_ON = ">"


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry of a field and the line that it begins on, from 1."""

    line: int
    text: str


class LineProblem(ValueError):
    """A line cannot be read. `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What a line of the field Rules says."""

    id: str
    severity: Severity | None
    suggest: tuple[str, ...]
    text: str
    terms: tuple[str, ...] | None
    """None: the line does not speak of terms."""


@dataclass(frozen=True, slots=True)
class ExampleLine:
    """What an entry of the field Examples says."""

    verdict: str
    """A rule's id or `allowed`, as it was typed."""
    text: str
    note: str | None
    show: bool


def entries(text: str) -> Iterator[Numbered]:
    """The entries of a field, one a line, without bullets and blank lines."""
    for number, line in enumerate(_lines(text), start=1):
        if line.strip():
            yield Numbered(number, _BULLET.sub("", line, count=1).rstrip())


def example_entries(text: str) -> Iterator[Numbered]:
    """As `entries`; a line that begins with `>` goes on with the example above it."""
    held: Numbered | None = None
    for number, line in enumerate(_lines(text), start=1):
        if line.startswith(_GOES_ON) and held is not None:
            held = Numbered(held.line, f"{held.text}\n{line.removeprefix(_GOES_ON).removeprefix(' ')}")
        elif line.strip():
            if held:
                yield held
            held = Numbered(number, _BULLET.sub("", line, count=1))
    if held:
        yield held


def read_rule(line: str) -> RuleLine:
    """`H1 [high, delete, timeout 1h]: text | terms: a, b`. Raises LineProblem."""
    found = _RULE.fullmatch(line)
    if found is None:
        raise LineProblem(
            tr("a rule begins with its id and a colon"), tr("write `R1: {text}`", text=shown(line).strip("`"))
        )
    severity, suggest = _options(found[2] or "")
    *before, last = _TERMS.split(found[3])
    text, terms = (found[3], None) if not before else (_before_last_terms(found[3]), _words(last))
    if not text.strip():
        raise LineProblem(tr("the rule says nothing"), tr("write after the colon what members must not do"))
    return RuleLine(found[1], severity, suggest, text.strip(), terms)


def read_example(entry: str) -> ExampleLine:
    """`H1: text`, `allowed: text # note`; a `*` before it marks one that the model reads. Raises LineProblem."""
    found = _EXAMPLE.fullmatch(entry.strip("\n"))
    if found is None:
        raise LineProblem(
            tr("an example begins with a rule's id, or with “allowed”, and a colon"),
            tr("write `allowed: {text}`, or a rule's id in place of “allowed”", text=shown(entry).strip("`")),
        )
    text, note = _without_note(found[3])
    if not text.strip():
        raise LineProblem(tr("the example has no text"), tr("write after the colon what a member would say"))
    return ExampleLine(found[2], text, note, show=bool(found[1]))


def verdict_named(typed: str, rule_ids: Iterable[str]) -> str:
    """The rule's id, or `allowed`, that is meant: phones begin a line with a capital. Raises LineProblem."""
    known = (*rule_ids, ALLOWED)
    if typed in known:
        return typed
    meant = [each for each in known if each.casefold() == typed.casefold()]
    if len(meant) == 1:
        return meant[0]
    guess = hints.nearest(typed, known)
    listed = ", ".join(known)
    hint = tr("known: {ids}", ids=listed)
    if guess:
        hint = tr("did you mean `{guess}`? There are: {ids}", guess=guess, ids=listed)
    raise LineProblem(tr("no rule has the id {id}", id=shown(typed)), hint)


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _options(inside: str) -> tuple[Severity | None, tuple[str, ...]]:
    """What stands in the brackets: how bad it is, and what to suggest."""
    severity: Severity | None = None
    suggest: list[str] = []
    for word in _words(inside):
        plain = " ".join(word.lower().split())
        if plain in {each.value for each in Severity}:
            if severity is not None:
                raise LineProblem(tr("the rule is rated twice"), tr("keep one of low, medium, high, critical"))
            severity = Severity(plain)
        else:
            suggest.append(_suggestion(plain))
    return severity, tuple(suggest)


def _suggestion(word: str) -> str:
    if re.fullmatch(r"delete|warn|kick|ban|timeout [1-9][0-9]{0,2}[mhd]", word):
        return word
    severity = hints.nearest(word, [each.value for each in Severity])
    hint = f"`{severity}`" if severity else said(hints.instead_of_suggestion(word))
    raise LineProblem(
        tr("{word} can stand in no brackets", word=shown(word)),
        tr("how bad it is: low, medium, high, critical; what to do: {hint}", hint=hint),
    )


def _words(text: str) -> tuple[str, ...]:
    """Words between commas, those of other scripts too."""
    return tuple(word.strip() for word in _COMMA.split(text) if word.strip())


def _before_last_terms(text: str) -> str:
    *_, last = _TERMS.finditer(text)
    return text[: last.start()]


def _without_note(text: str) -> tuple[str, str | None]:
    """What stands behind the last ` # ` is a note."""
    marks = list(_NOTE.finditer(text))
    if not marks:
        return text.rstrip(), None
    return text[: marks[-1].start()].rstrip(), text[marks[-1].end() :].strip() or None


def has_note_mark(text: str) -> bool:
    """Whether something in an example's text would be taken for a note."""
    return _NOTE.search(text) is not None


def has_terms_mark(text: str) -> bool:
    """Whether something in a rule's text would be taken for its terms."""
    return _TERMS.search(text) is not None
