"""The memory of words is bounded, and changes nothing but time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.keywords import KeywordIndex
from inference.prefilter.normalise import Normaliser
from inference.prefilter.recollection import LONGEST, Recollection
from inference.prefilter.respelling import MOST_MIXED

GUILD = 1
NORMALISER = Normaliser.shipped()
KEYWORDS = [("rude", word) for word in ("fuck", "shit", "bitch*", "pillock", "kill yourself")]
SPELLINGS = "fukc f*ck f**k sh1t p*ll*ck xqzzy xq-zzy x1q2z kill yuorself the and 12 a"
WORDS = st.sampled_from(SPELLINGS.split())


def test_it_is_full_at_some_time_and_begins_anew() -> None:
    known: Recollection[int] = Recollection(3)
    for number in range(10):
        assert known.keep(f"word{number}", number) == number
        assert len(known) <= 3
    assert known["word9"] == 9


def test_a_long_word_is_worked_out_each_time() -> None:
    known: Recollection[int] = Recollection(3)
    assert known.keep("q" * (LONGEST + 1), 1) == 1
    assert not known


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=120).map(" ".join), min_size=1, max_size=4))
def test_keywords_are_found_as_by_an_index_that_has_read_nothing_yet(texts: list[str]) -> None:
    warm = KeywordIndex.build({GUILD: KEYWORDS}, NORMALISER)
    for text in texts:
        fresh = KeywordIndex.build({GUILD: KEYWORDS}, NORMALISER)
        reading = NORMALISER.read(text)
        assert warm.find(GUILD, reading) == fresh.find(GUILD, reading)


def test_words_that_are_remembered_count_against_the_limits_of_a_text() -> None:
    many = " ".join(f"x{number}" for number in range(100, 100 + MOST_MIXED))
    warm = KeywordIndex.build({GUILD: KEYWORDS}, NORMALISER)
    for token in many.split():
        assert warm.find(GUILD, NORMALISER.read(token)) == []
    for text in (f"{many} p*llock", f"p*llock {many}"):
        fresh = KeywordIndex.build({GUILD: KEYWORDS}, NORMALISER)
        found = warm.find(GUILD, NORMALISER.read(text))
        assert found == fresh.find(GUILD, NORMALISER.read(text))
        assert bool(found) == text.startswith("p*llock")
