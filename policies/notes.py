"""Phrases that are stored: a note is said long after it was made, in the language of whoever reads it then.

As JSON a note is its text, or `{"text": ..., "values": [[name, value], ...]}` where values fill it. So notes that
were stored as plain English sentences are notes as well.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, PlainSerializer, PlainValidator, TypeAdapter

from policies.phrases import Phrase

_PHRASE = TypeAdapter(Annotated[Phrase, ConfigDict(strict=False)])


def _read(stored: object) -> Phrase:
    if isinstance(stored, str):  # said in English, unless the catalogues know the sentence
        return Phrase(stored)
    return _PHRASE.validate_python(stored)


def _written(note: Phrase) -> str | dict[str, Any]:
    if note == Phrase(note.text):
        return note.text
    return dict(_PHRASE.dump_python(note, mode="json", exclude_defaults=True))


Note = Annotated[Phrase, PlainValidator(_read), PlainSerializer(_written)]
"""A field that holds one."""
