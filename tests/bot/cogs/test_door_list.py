"""The list of ways in finds what a table has left out."""

import re

from tests.bot.cogs.door_list import pressable_classes, untried


def test_a_word_of_a_pattern_that_no_row_presses_is_found() -> None:
    pattern = re.compile(r"bulk:(?P<id>[0-9]+):(?:(?P<press>look|undo|cancel)|(?P<by>author|text):(?P<n>[0-9]+))")
    tried = ["bulk:1:look", "bulk:1:undo", "bulk:1:text:5"]
    missing = ["author", "cancel"]
    assert [each.rpartition(": ")[2] for each in untried([pattern], tried)] == missing
    assert untried([re.compile("trial:cancel")], tried) == ["trial:cancel"]


def test_classes_that_are_made_inside_of_functions_are_seen() -> None:
    assert {"CaseButton", "SetupFlow", "WordsForm", "TurningButton"} <= pressable_classes()
