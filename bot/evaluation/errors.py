"""What can be wrong with a data set or with the folder of its results, as the person who gave it reads it."""

from dataclasses import dataclass

from bot.errors import InputError


class EvaluationError(InputError):
    """The data set, the way its columns are named, or the results' folder is not in order."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used. It is listed and counted; the others are evaluated without it."""

    line: int
    """Where it begins, from 1."""
    what: str
    """Without anything that stands in the row."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"
