"""What libyaml stumbles over, in its own words, and what to write instead.

The messages are those of its scanner and parser (libyaml 0.2, `src/scanner.c` and `src/parser.c`): whoever
translates them need not keep to its jargon.
"""

from collections.abc import Mapping
from types import MappingProxyType

from policies.phrases import Phrase, phrase

_QUOTE_COLON = phrase('put quotes around a text with ": " in it, or fix the indentation')
_ADD_COLON = phrase("every key needs a colon and a space after it; indent long texts under their key")
_NO_TABS = phrase("indent with spaces, never tabs, and put quotes around a text that begins with @, ` or %")
_SINGLE_QUOTES = phrase("put the text in 'single quotes': a backslash stands for itself there")
_CLOSE_LIST = phrase("close the list with ], put commas between entries and quotes around odd ones")
_CLOSE_ENTRY = phrase("close the entry with }, put commas between its keys and quotes around odd texts")
_ALIKE_KEYS = phrase("indent all keys of one entry alike; put quotes around the whole text if it holds any")
_ALIKE_DASHES = phrase("indent all entries of one list alike")
_QUOTE_SIGN = phrase("put quotes around a text that begins with * or &")
_QUOTE_BANG = phrase("put quotes around a text that begins with !")
_NO_DIRECTIVE = phrase("delete the line that begins with %, or put quotes around the text")
_BLOCK_SIGNS = phrase("write nothing but a line break behind | or >, and the text indented below it")
_PLAIN = phrase("check the indentation, and put quotes around a text that holds signs like : # { [ * & !")

_MESSAGES: Mapping[str, tuple[Phrase, Phrase]] = MappingProxyType(
    {
        said.text: (said, hint)
        for said, hint in (
            (phrase("mapping values are not allowed in this context"), _QUOTE_COLON),
            (phrase("mapping keys are not allowed in this context"), _PLAIN),
            (phrase("block sequence entries are not allowed in this context"), _ALIKE_DASHES),
            (phrase("could not find expected ':'"), _ADD_COLON),
            (phrase("found character that cannot start any token"), _NO_TABS),
            (phrase("found a tab character that violates indentation"), _NO_TABS),
            (phrase("found a tab character where an indentation space is expected"), _NO_TABS),
            (phrase("found unknown escape character"), _SINGLE_QUOTES),
            (phrase("did not find expected hexdecimal number"), _SINGLE_QUOTES),
            (phrase("found invalid Unicode character escape code"), _SINGLE_QUOTES),
            (phrase("found unexpected end of stream"), phrase("close the quote")),
            (phrase("found unexpected document indicator"), phrase("close the quote")),
            (phrase("did not find expected ',' or ']'"), _CLOSE_LIST),
            (phrase("did not find expected ',' or '}'"), _CLOSE_ENTRY),
            (phrase("did not find expected key"), _ALIKE_KEYS),
            (phrase("did not find expected '-' indicator"), _ALIKE_DASHES),
            (phrase("did not find expected node content"), _PLAIN),
            (phrase("did not find expected alphabetic or numeric character"), _QUOTE_SIGN),
            (phrase("found unexpected ':'"), _QUOTE_COLON),
            (phrase("did not find expected <document start>"), _ALIKE_KEYS),
            (phrase("did not find expected comment or line break"), _BLOCK_SIGNS),
            (phrase("found an indentation indicator equal to 0"), _BLOCK_SIGNS),
            (phrase("did not find expected whitespace or line break"), _QUOTE_BANG),
            (phrase("did not find expected whitespace"), _QUOTE_BANG),
            (phrase("did not find expected '!'"), _QUOTE_BANG),
            (phrase("did not find the expected '>'"), _QUOTE_BANG),
            (phrase("did not find expected tag URI"), _QUOTE_BANG),
            (phrase("did not find URI escaped octet"), _QUOTE_BANG),
            (phrase("found undefined tag handle"), _QUOTE_BANG),
            (phrase("found an incorrect leading UTF-8 octet"), _QUOTE_BANG),
            (phrase("found an incorrect trailing UTF-8 octet"), _QUOTE_BANG),
            (phrase("could not find expected directive name"), _NO_DIRECTIVE),
            (phrase("found unknown directive name"), _NO_DIRECTIVE),
            (phrase("found unexpected non-alphabetical character"), _NO_DIRECTIVE),
            (phrase("did not find expected version number"), _NO_DIRECTIVE),
            (phrase("did not find expected digit or '.' character"), _NO_DIRECTIVE),
            (phrase("found extremely long version number"), _NO_DIRECTIVE),
            (phrase("found incompatible YAML document"), _NO_DIRECTIVE),
            (phrase("found duplicate %YAML directive"), _NO_DIRECTIVE),
            (phrase("found duplicate %TAG directive"), _NO_DIRECTIVE),
        )
    }
)


def explained(problem: str | None) -> tuple[Phrase, Phrase]:
    """What is wrong, and what to write instead, for a message of libyaml."""
    reason, hint = _MESSAGES.get(problem or "", (problem or phrase("this is not YAML"), _PLAIN))
    return phrase("YAML cannot be read here: {reason}", reason=reason), hint
