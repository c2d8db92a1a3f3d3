"""Whatever the reader of policies finds wrong is said in the language of whoever reads it."""

import errno
import os
import re
from collections.abc import Iterable, Iterator

import pytest

from bot.cogs.policy_draft_pages import file_errors_page
from bot.cogs.replies import problem_line
from bot.cogs.safe_text import units
from bot.language import Language, said, speaking, tr
from policies.constraints import Unfit
from policies.disk_errors import NotAFile, reason_of
from policies.document import PolicyError, Problem, parse_policy
from policies.phrases import Phrase, code, phrase
from policies.signals import one_of_a_kind
from tests.policies.bad_files import every_bad_file
from tests.policies.fuzz_documents import documents
from tests.policies.test_hostile import HOSTILE
from tools.language.collecting import collect
from tools.language.update import ROOT

OTHERS = [language for language in Language if language is not Language.ENGLISH]
FUZZED = 400
BARE = frozenset({"keys", "choices", "choice", "part", "example", "code", "kind", "byte"})
"""What is neither quoted nor a phrase: keys and words of a file, and what Unicode calls a character."""
LONGEST_QUOTE = 100
"""Characters: a policy's keys in a row are 93."""
_FROM_THE_FILE = re.compile(r"`.*`|\".*\"|-?[0-9.,e+-]+", re.DOTALL)
NOT_OF_A_FILES_TEXT = frozenset(
    {
        # the file's name, and the disk
        "the name of a policy's file ends in `.yaml`",
        "name it {name}",
        "{id} cannot be the id of a policy",
        "name the file {name}: up to 40 small letters, digits and hyphens",
        "name a policy's YAML file",
        "the file cannot be read: {reason}",
        "check that the path is right and that you may read the file",
        # a file that is being written
        "the file would be larger than {most} KB",
        "the mode is written in a way that cannot be changed by itself",
        "write the mode on a line of its own: `mode: live`",
        # a policy that came from no file, where nobody knows of lines
        "the policy",
        "see the starter policies for how it is written",
        "{word} is listed twice",
        "there are two lines of {kind}",
        # what RE2 and libyaml may say, and do not say today
        "invalid character class: {part}",
        "write it in the syntax that RE2 documents",
        "this is not YAML",
    }
)


@pytest.fixture(scope="module")
def problems() -> tuple[Problem, ...]:
    """Everything that is found in files which are wrong in every way, and in some that chance made."""
    return tuple(problem for source in (*every_bad_file(), *documents(FUZZED)) for problem in found_in(source))


def found_in(source: str | bytes) -> tuple[Problem, ...]:
    try:
        parse_policy(source, policy_id="house", filename="house.yaml")
    except PolicyError as error:
        return error.problems
    return ()


def phrases_of(problems: Iterable[Problem]) -> Iterator[Phrase]:
    """Messages and hints, and the phrases inside them."""
    for problem in problems:
        for told in (problem.message, problem.hint):
            yield from _with_inner(told)


def _with_inner(told: Phrase) -> Iterator[Phrase]:
    yield told
    for _, value in told.values:
        if isinstance(value, Phrase):
            yield from _with_inner(value)


def test_the_bad_files_bring_out_every_sentence_that_the_reader_has(problems: tuple[Problem, ...]) -> None:
    texts = collect(ROOT / "policies", ROOT)
    known = {text.one for text in texts if not text.place.startswith("policies/disk_errors.py")}
    told = {each.text for each in phrases_of(problems) if not each.is_code}
    assert told <= known, "said with `phrase`, so that translators find it"
    assert known - told == NOT_OF_A_FILES_TEXT


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_of_the_reader_is_left_in_english(language: Language, problems: tuple[Problem, ...]) -> None:
    texts = {each.text for each in phrases_of(problems) if not each.is_code} | NOT_OF_A_FILES_TEXT
    with speaking(language):
        assert [text for text in sorted(texts) if tr(text) == text] == []
        for problem in problems:
            assert said(problem.message) != str(problem.message)
            assert said(problem.hint) != str(problem.hint)


def test_what_fills_a_sentence_is_quoted_from_the_file_or_said_in_the_language_too(
    problems: tuple[Problem, ...],
) -> None:
    for each in phrases_of(problems):
        for name, value in each.values:
            if isinstance(value, str) and name not in BARE:
                assert _FROM_THE_FILE.fullmatch(value), (each.text, name, value)


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.EIO, errno.ENOSPC, errno.EROFS, errno.ENOENT, errno.EISDIR]
)
def test_why_the_disk_refuses_is_said_in_the_language_too(number: int) -> None:
    reason = reason_of(OSError(number, "of the system"))
    assert str(reason) == os.strerror(number)
    with speaking(Language.GERMAN):
        assert said(reason) != str(reason)


def test_a_rare_reason_of_the_disk_stays_in_the_systems_words() -> None:
    with speaking(Language.GERMAN):
        assert said(reason_of(OSError(errno.EXDEV, "x"))) == os.strerror(errno.EXDEV)
        assert said(reason_of(OSError("{odd}"))) == "{odd}"
        assert said(reason_of(NotAFile())) == "das ist keine Datei"


def test_what_is_quoted_leaves_room_for_what_is_said(problems: tuple[Problem, ...]) -> None:
    quoted = [value for each in phrases_of(problems) for _, value in each.values if isinstance(value, str)]
    assert max(map(len, quoted)) <= LONGEST_QUOTE


def test_without_a_language_the_reader_speaks_english(problems: tuple[Problem, ...]) -> None:
    assert all(said(problem.message) == str(problem.message) for problem in problems)


def test_names_of_entries_are_said_in_the_language_too() -> None:
    (problem,) = found_in("format: 1\ntitle: a\ngoal: b\nrules: [{id: H1, text: c}]\nallowed: [no]\n")
    with speaking(Language.GERMAN):
        assert said(problem.message) == (
            "ein Eintrag von `allowed` muss ein Text sein, aber YAML liest `no` so: true oder false"
        )
        assert said(problem.hint) == 'setz es in Anführungszeichen: "no"'


def test_a_refusal_from_outside_of_files_can_be_said_too() -> None:
    with pytest.raises(Unfit) as refused:
        one_of_a_kind(("repeat 3 in 2m", "repeat 5 in 1h"))
    with speaking(Language.SPANISH):
        assert said(refused.value.message) == "hay dos líneas de `repeat`"


def test_braces_in_a_value_are_only_braces() -> None:
    with speaking(Language.GERMAN):
        assert said(phrase("there is no key {key} here", key="`{0}{key!r}`")).startswith(
            "einen Schlüssel `{0}{key!r}`"
        )
        assert said(code("`- {{text: {said}}}`", said=phrase("idiot, loser"))) == "`- {text: Idiot, Versager}`"
        assert said(code("`judge: {effort: low}`")) == "`judge: {effort: low}`"


@pytest.mark.parametrize("language", Language)
def test_no_error_of_any_file_breaks_the_limits_of_a_page(
    language: Language, problems: tuple[Problem, ...]
) -> None:
    hostile = [problem for source in HOSTILE.values() for problem in found_in(source)]
    assert len(hostile) > 100
    endless = Problem("x.yaml", 1, 1, phrase("{name} is empty", name="*" * 5000), phrase("{key}", key="`" * 5000))
    with speaking(language):
        for found in (problems[:400], hostile, [endless] * 50):
            assert max(units(problem_line(problem)) for problem in found) < 700
            embed = file_errors_page("house.yaml", found).embed
            assert len(embed) <= 6000
            assert units(embed.description or "") <= 4096
