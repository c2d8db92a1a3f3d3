"""The starter policies: what a guild begins with must be usable as it is."""

import re
from itertools import combinations

import pytest
import splintr

from inference.rendering import policy_text
from policies.document import dump_policy, parse_policy
from policies.linter import Concern, lint
from policies.patterns import compile_pattern
from policies.policy import MAX_SHOWN_EXAMPLES, Mode, Policy
from policies.starter import ENGLISH, STARTER_LANGUAGES, starter_policies, starter_text
from tests.policies.starter_words import finds, forces_a_look

LIBRARY = {language: starter_policies(language) for language in STARTER_LANGUAGES}
POLICIES = LIBRARY[ENGLISH]
OTHERS = [language for language in STARTER_LANGUAGES if language != ENGLISH]
EACH = [(language, policy) for language, policies in LIBRARY.items() for policy in policies.values()]
LOOSE_WORDS = re.compile(r"\b(generally|usually|often|mostly|inappropriate|offensive|etc)\b", re.IGNORECASE)

every_policy = pytest.mark.parametrize(
    "policy", [policy for _, policy in EACH], ids=[f"{language}-{policy.id}" for language, policy in EACH]
)
every_policy_and_language = pytest.mark.parametrize(
    ("language", "policy"), EACH, ids=[f"{language}-{policy.id}" for language, policy in EACH]
)
english_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
every_language = pytest.mark.parametrize("language", STARTER_LANGUAGES)


@pytest.fixture(scope="module")
def vocabulary() -> splintr.Tokenizer:
    return splintr.Tokenizer.from_pretrained("o200k_base")


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


@every_language
def test_the_library_covers_what_guilds_ask_for(language: str) -> None:
    assert list(LIBRARY[language]) == [
        "doxxing", "fake-reviews", "game-cheating", "harassment", "hate", "raids", "scams", "self-harm",
        "sexual-content", "sexual-minors", "spam", "threats",
    ]  # fmt: skip


def test_an_unknown_starter_policy_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        starter_text("../harassment")
    with pytest.raises(KeyError):
        starter_text("de/harassment")


def test_a_language_without_starter_policies_has_the_english_ones() -> None:
    assert starter_policies("fr") == POLICIES
    assert starter_text("spam", "../de") == starter_text("spam")


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("policy_id", POLICIES)
def test_in_every_language_a_policy_has_the_same_bones(language: str, policy_id: str) -> None:
    """Labels, figures and what a moderator is offered compare across languages."""
    ours, english = LIBRARY[language][policy_id], POLICIES[policy_id]
    assert [_bones(ours, rule) for rule in ours.rule_ids] == [_bones(english, rule) for rule in english.rule_ids]
    assert (ours.mode, ours.care, ours.scope, ours.judge) == (
        english.mode,
        english.care,
        english.scope,
        english.judge,
    )
    assert ours.prefilter.signals == english.prefilter.signals
    assert len(ours.definitions) == len(english.definitions)
    assert len(ours.allowed) == len(english.allowed)
    assert {ours.title, ours.goal, *ours.allowed}.isdisjoint({english.goal, *english.allowed})


def _bones(policy: Policy, rule_id: str) -> tuple[object, ...]:
    rule = policy.rule(rule_id)
    return rule.id, rule.severity, rule.suggest, bool(rule.terms)


@every_policy
def test_the_linter_has_nothing_to_say(policy: Policy, vocabulary: splintr.Tokenizer) -> None:
    found = lint(policy, len(vocabulary.encode_ordinary(policy_text(policy))))
    expected = [Concern.RULE_WITHOUT_EXAMPLE] if policy.id == "sexual-minors" else []
    assert [remark.concern for remark in found] == expected


@every_policy
def test_its_rendering_has_the_length_that_the_model_reads_best(
    policy: Policy, vocabulary: splintr.Tokenizer
) -> None:
    assert 400 <= len(vocabulary.encode_ordinary(policy_text(policy))) <= 650


@every_policy
def test_it_has_a_few_rules_with_short_ids(policy: Policy) -> None:
    assert 3 <= len(policy.rules) <= 6
    assert all(re.fullmatch(r"[A-Z]{1,2}[1-9]", rule_id) for rule_id in policy.rule_ids)


def test_no_two_policies_use_the_same_letters() -> None:
    letters = {
        name: {rule_id.rstrip("0123456789") for rule_id in policy.rule_ids} for name, policy in POLICIES.items()
    }
    assert all(len(used) == 1 for used in letters.values())
    assert all(letters[one].isdisjoint(letters[other]) for one, other in combinations(letters, 2))


@english_policy
def test_its_terms_are_single_tokens_as_the_prompt_writes_them(
    policy: Policy, vocabulary: splintr.Tokenizer
) -> None:
    for term in (term for rule in policy.rules for term in rule.terms):
        assert len(vocabulary.encode_ordinary(f" {term}")) == 1, term


@every_policy
def test_its_terms_are_single_words_that_the_stand_in_can_read(
    policy: Policy, vocabulary: splintr.Tokenizer
) -> None:
    """It reads a listed term of at most five tokens (inference/standin/CARD.md)."""
    for rule in policy.rules:
        assert not rule.terms or 3 <= len(rule.terms) <= 8
        for term in rule.terms:
            assert term == term.lower()
            assert term.isalpha()
            assert len(vocabulary.encode_ordinary(f" {term}")) <= 5, term


@every_policy
def test_no_term_stands_under_two_rules(policy: Policy) -> None:
    terms = [term for rule in policy.rules for term in rule.terms]
    assert len(terms) == len(set(terms))


@every_policy
def test_it_has_examples_of_both_sides_and_shows_as_many_of_each(policy: Policy) -> None:
    violating = [example for example in policy.examples if example.violates]
    assert len(violating) >= 5
    assert len(policy.examples) - len(violating) >= 5
    shown = [example.violates for example in policy.shown_examples]
    assert 4 <= len(shown) <= MAX_SHOWN_EXAMPLES
    assert shown.count(True) == shown.count(False)


@every_policy
def test_every_rule_has_an_example_or_must_not_have_one(policy: Policy) -> None:
    """M1 has none on purpose: no text that sexualises minors stands in this repository."""
    shown = {example.verdict for example in policy.examples}
    assert set(policy.rule_ids) - shown <= {"M1"}


@every_policy
def test_terms_and_examples_agree(policy: Policy) -> None:
    """The stand-in judge knows terms only: what it is shown must not contradict them."""
    for example in policy.examples:
        found = {rule.id for rule in policy.rules if words_of(example.text) & set(rule.terms)}
        assert found <= {example.verdict}, example.text
        if example.show and example.violates and policy.rule(example.verdict).terms:
            assert found, example.text


@every_policy
def test_no_example_is_given_twice(policy: Policy) -> None:
    texts = [example.text.casefold() for example in policy.examples]
    assert len(texts) == len(set(texts))


@every_policy
def test_its_keywords_and_patterns_find_most_of_its_violating_examples(policy: Policy) -> None:
    missed = [
        example.text for example in policy.examples if example.violates and not forces_a_look(policy, example.text)
    ]
    assert len(missed) <= 1


@every_policy_and_language
def test_its_keywords_and_patterns_leave_everyday_talk_alone(language: str, policy: Policy) -> None:
    """The look-alikes of all other policies are everyday talk to this one."""
    others = [other for other in LIBRARY[language].values() if other != policy]
    everyday = [example.text for other in others for example in other.examples if not example.violates]
    looked_at = [text for text in everyday if forces_a_look(policy, text)]
    assert len(looked_at) <= 2, looked_at


@every_policy
def test_no_pattern_finds_ordinary_words(policy: Policy) -> None:
    for pattern in policy.prefilter.patterns:
        for text in (
            "good game everyone, same time tomorrow at 8 pm?",
            "gutes spiel leute, morgen um 20 uhr wieder? bin auf platz 3, noch 15 minuten",
            "buena partida gente, ¿mañana a las 8 otra vez? voy tercero, tengo 15 minutos más",
        ):
            assert not compile_pattern(pattern).search(text)


@pytest.mark.parametrize(
    ("policy_id", "text"),
    [
        ("doxxing", "+44 20 7946 0958"),
        ("doxxing", "(415) 555-0132"),
        ("doxxing", "DE89 3704 0044 0532 0130 00"),
        ("doxxing", "GB29 NWBK 6016 1331 9268 19"),
        ("doxxing", "078-05-1120"),
        ("doxxing", "742 Evergreen Close"),
        ("doxxing", "Lindenstraße 12b"),
        ("doxxing", "192.0.2.44"),
        ("harassment", "you're such a massive joke"),
        ("hate", "(((bankers)))"),
        ("hate", "all those women"),
        ("fake-reviews", "leave us 5 stars"),
        ("fake-reviews", "500 ratings"),
        ("raids", "let's go and flood them"),
        ("scams", "take it at disc0rd-gifts.ru"),
        ("scams", "send it to 0x52908400098527886E0F7030069857D2E4169EE7"),
        ("self-harm", "I might really hurt myself"),
        ("sexual-content", "send me feet"),
        ("sexual-minors", "she is 14 years old"),
        ("spam", "t.me/some_channel"),
        ("spam", "bit.ly/3xyz"),
        ("spam", "@everyone @everyone"),
        ("threats", "we're gonna find you"),
        ("threats", "delete it or I post the chat"),
    ],
)
def test_patterns_find_the_shapes_they_are_for(policy_id: str, text: str) -> None:
    assert finds(POLICIES[policy_id], text)


@pytest.mark.parametrize(
    ("language", "policy_id", "text"),
    [
        ("de", "doxxing", "0151 5550123"),
        ("de", "doxxing", "0049 89 5550123"),
        ("de", "doxxing", "Lindenstrasse 12b"),
        ("de", "doxxing", "DE89 3704 0044 0532 0130 00"),
        ("de", "harassment", "du bist echt so ein versager"),
        ("de", "hate", "diese ganzen auslaender"),
        ("de", "fake-reviews", "gebt uns alle 5 sterne"),
        ("de", "fake-reviews", "500 rezensionen"),
        ("de", "raids", "kommt wir spammen die voll"),
        ("de", "self-harm", "ich glaub ich verletze mich"),
        ("de", "self-harm", "wo soll ich mich schneiden"),
        ("de", "sexual-content", "zeig mal nudes"),
        ("de", "sexual-minors", "sie ist 14 jahre alt"),
        ("de", "sexual-minors", "eine 13jährige"),
        ("de", "threats", "ich werde dich abstechen"),
        ("de", "threats", "zahl endlich oder ich poste den chat"),
        ("es", "doxxing", "612 345 678"),
        ("es", "doxxing", "+52 55 5555 0123"),
        ("es", "doxxing", "12345678Z"),
        ("es", "doxxing", "Calle del Olmo 14"),
        ("es", "doxxing", "avenida Siempre Viva 742"),
        ("es", "harassment", "eres un completo fracasado"),
        ("es", "hate", "todos los inmigrantes"),
        ("es", "fake-reviews", "ponedle todos cinco estrellas"),
        ("es", "fake-reviews", "500 valoraciones"),
        ("es", "raids", "vamos todos a inundar su chat"),
        ("es", "self-harm", "creo que me voy a matar"),
        ("es", "sexual-content", "mándame nudes"),
        ("es", "sexual-minors", "tiene 14 anos"),
        ("es", "sexual-minors", "una niña de 13"),
        ("es", "threats", "os vamos a encontrar"),
        ("es", "threats", "bórralo o publico el chat"),
    ],
)
def test_patterns_of_other_languages_find_theirs(language: str, policy_id: str, text: str) -> None:
    assert finds(LIBRARY[language][policy_id], text)


@every_policy
def test_its_words_are_precise(policy: Policy) -> None:
    for text in (policy.goal, *(rule.text for rule in policy.rules), *policy.allowed):
        assert not LOOSE_WORDS.search(text), text


@every_policy_and_language
def test_it_is_ready_to_be_copied(language: str, policy: Policy) -> None:
    assert policy.mode is Mode.LIVE
    assert starter_text(policy.id, language).startswith("# "), "authors find guidance at the top of the file"


@every_policy_and_language
def test_its_score_may_flag_a_little(language: str, policy: Policy) -> None:
    assert 0.005 <= policy.prefilter.flag_rate <= 0.01
    assert policy.prefilter.flag_rate == starter_policies()[policy.id].prefilter.flag_rate


@every_policy
def test_it_can_be_written_and_read_again(policy: Policy) -> None:
    assert parse_policy(dump_policy(policy), policy_id=policy.id, filename="copy.yaml") == policy


@every_language
def test_whoever_asks_for_help_is_not_sanctioned(language: str) -> None:
    assert LIBRARY[language]["self-harm"].rule("SH4").suggest == ()
