from inference.citation import check_quotes
from inference.rendering import Content


def test_a_quote_becomes_the_members_own_characters() -> None:
    content = Content("You are  such a\nLOSER, mate")
    assert check_quotes(("such a loser",), content).quotes == ("such a\nLOSER",)


def test_a_quote_over_two_lines_is_found_with_the_mark_of_the_data_block_and_without() -> None:
    content = Content("you are\na LOSER")
    assert check_quotes(("are\n| a loser", "you are a"), content).quotes == ("are\na LOSER", "you are\na")


def test_a_quote_that_occurs_nowhere_is_dropped_and_counted() -> None:
    checked = check_quotes(("idiot", "mate"), Content("hello mate"))
    assert checked.quotes == ("mate",)
    assert checked.dropped == 1


def test_a_quoted_reading_stands_for_the_word_as_written() -> None:
    content = Content("you l0ser", readings=("loser",), written=("l0ser",))
    assert check_quotes(("Loser",), content).quotes == ("l0ser",)


def test_words_that_occur_only_in_the_context_are_no_quotes() -> None:
    assert check_quotes(("loser",), Content("hello", readings=())).dropped == 1


def test_a_quote_full_of_pattern_characters_is_taken_literally() -> None:
    assert check_quotes(("a.c (x)*",), Content("say a.c (x)* twice")).quotes == ("a.c (x)*",)
    assert check_quotes(("a.c",), Content("abc")).quotes == ()
