"""The whole prefilter: which policies a text is suspicious to, and the evidence."""

# ruff: noqa: RUF001 -- look-alike letters are part of what members write

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import MAX_CHARACTERS, without_surrogates
from inference.prefilter.patterns import PatternSet
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.prepared import MAX_EVIDENCE
from inference.prefilter.scores.lesson import Learned
from inference.prefilter.signals.domains import DomainList
from inference.prefilter.suspicion import Evidence, EvidenceKind
from policies.patterns import PatternError
from policies.policy import Example, Mode, Policy, Rule
from policies.policy import Prefilter as Triggers

GUILD = 7


def policy(
    policy_id: str = "rude",
    *,
    keywords: tuple[str, ...] = (),
    patterns: tuple[str, ...] = (),
    examples: tuple[tuple[str, str], ...] = (),
    mode: Mode = Mode.LIVE,
    signals: tuple[str, ...] = (),
    rules: tuple[str, ...] = ("Insults aimed at a member.",),
    flag_rate: float = 0.001,
) -> Policy:
    return Policy(
        id=policy_id,
        title="Rude",
        mode=mode,
        goal="Keep it kind.",
        rules=tuple(Rule(id=f"R{number}", text=text) for number, text in enumerate(rules, 1)),
        examples=tuple(Example(text=text, verdict=verdict) for text, verdict in examples),
        prefilter=Triggers(keywords=keywords, patterns=patterns, signals=signals, flag_rate=flag_rate),
    )


def prefilter(*policies: Policy) -> Prefilter:
    return Prefilter.build({GUILD: policies}, Knowledge.shipped())


def evidence(filter_: Prefilter, text: str) -> list[Evidence]:
    return [item for suspicion in filter_.inspect(GUILD, text) for item in suspicion.evidence]


def test_a_keyword_raises_a_suspicion_with_the_members_own_characters() -> None:
    (suspicion,) = prefilter(policy(keywords=("loser",))).inspect(GUILD, "you L0$ER!")
    assert suspicion.policy_id == "rude"
    assert suspicion.evidence == (
        Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=4, end=9, quote="L0$ER", reading="loser"),
    )


def test_suspicions_come_in_the_order_of_the_policies_one_each() -> None:
    built = prefilter(
        policy("b", keywords=("teapot",), patterns=("tea[pq]ot",)),
        policy("a", keywords=("teapot", "kettle")),
        policy("c", keywords=("spoon",)),
    )
    suspicions = built.inspect(GUILD, "kettle teapot")
    assert [(it.policy_id, len(it.evidence)) for it in suspicions] == [("b", 2), ("a", 2)]
    assert [it.policy_id for it in built.inspect(GUILD, "kettle teapot", {"a", "c"})] == ["a"]
    assert built.inspect(GUILD, "kettle teapot", ()) == ()


def test_policies_that_are_off_and_guilds_without_policies_see_nothing() -> None:
    built = prefilter(
        policy("off", keywords=("loser",), mode=Mode.OFF), policy("on", keywords=("loser",), mode=Mode.SHADOW)
    )
    assert [it.policy_id for it in built.inspect(GUILD, "loser")] == ["on"]
    assert built.inspect(GUILD + 1, "loser") == ()
    assert prefilter().inspect(GUILD, "loser") == ()


def test_a_new_prefilter_takes_over_what_did_not_change_and_nothing_else() -> None:
    knowledge = Knowledge.shipped()
    old = Prefilter.build({1: [policy("a", keywords=("cat",))], 2: [policy("b")]}, knowledge)
    new = Prefilter.build(
        {1: [policy("a", keywords=("cat",))], 2: [policy("b", keywords=("dog",))]}, knowledge, old
    )
    assert new._guilds[1] is old._guilds[1]
    assert new._guilds[2] is not old._guilds[2]
    assert [it.policy_id for it in new.inspect(1, "cat dog")] == ["a"]
    assert [it.policy_id for it in new.inspect(2, "cat dog")] == ["b"]
    assert old.inspect(2, "cat dog") == ()


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the policies that were fitted."""
    found: list[str] = []
    fit = Learned.of

    def counted(policy: Policy, knowledge: Knowledge) -> Learned:
        found.append(policy.id)
        return fit(policy, knowledge)

    monkeypatch.setattr(Learned, "of", counted)
    return found


def test_a_policy_is_fitted_once_however_many_guilds_have_it(fits: list[str]) -> None:
    knowledge = Knowledge.shipped()
    old = Prefilter.build(
        {1: [policy("a"), policy("b")], 2: [policy("b")], 3: [policy("a"), policy("b")]}, knowledge
    )
    assert sorted(fits) == ["a", "b"]
    assert old._guilds[1] is old._guilds[3]
    new = Prefilter.build({4: [policy("b"), policy("c")], 2: [policy("b", mode=Mode.OFF)]}, knowledge, old)
    assert sorted(fits) == ["a", "b", "c"]
    assert new.look(2, "hello") == ()
    assert [look.policy_id for look in new.look(4, "hello")] == ["b", "c"]


def test_a_new_list_of_domains_changes_signals_and_fits_nothing(fits: list[str]) -> None:
    knowledge, links = Knowledge.shipped(), {1: [policy(signals=("phishing-link",))]}
    old = Prefilter.build(links, knowledge, None, DomainList.parse("other-site.com"))
    assert not old.look(1, "see https://bad-site.com/x")[0].forced
    new = Prefilter.build(links, knowledge, old, DomainList.parse("bad-site.com"))
    assert [it.kind for it in new.look(1, "see https://bad-site.com/x")[0].forced] == [EvidenceKind.LINK]
    assert len(fits) == 1
    assert new._guilds[1].prepared["rude"] is old._guilds[1].prepared["rude"]


def test_other_knowledge_is_learned_from_anew(fits: list[str]) -> None:
    knowledge = Knowledge.shipped()
    old = Prefilter.build({1: [policy()]}, knowledge)
    silent = {name: getattr(knowledge.generic, name) * 0 for name in ("meaning", "rude", "patterns", "constant")}
    other = knowledge.with_generic(replace(knowledge.generic, **silent))
    new = Prefilter.build({1: [policy()]}, other, old)
    assert fits == ["rude", "rude"]
    assert new.look(1, "you stupid idiot")[0].surprise < old.look(1, "you stupid idiot")[0].surprise


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u200b", "\u0338\u0338"])
def test_a_text_that_says_nothing_is_looked_at_without_a_finding(text: str) -> None:
    looks = prefilter(policy("a", flag_rate=1.0), policy("b")).look(GUILD, text)
    assert [(look.policy_id, look.forced, look.surprise) for look in looks] == [("a", (), 0), ("b", (), 0)]


@pytest.mark.parametrize(
    "text", ["😀", "🤡🤡🤡", "مرحبا يا صديقي", "שלום לכולם \u202eabc", "今日はいい天気ですね", "ok"]
)
def test_texts_of_any_script_have_a_score(text: str) -> None:
    (look,) = prefilter(policy(examples=(("nobody likes you", "R1"),))).look(GUILD, text)
    assert 0 <= look.surprise <= 8


def test_what_an_emoji_is_called_counts() -> None:
    clowns = prefilter(policy(examples=(("such a clown", "R1"), ("what a clown you are", "R1"))))
    drawn, other, own, word = (
        clowns.look(GUILD, f"he is a {it}")[0].surprise
        for it in ("🤡", "🏠", "<:clown:123456789012345678>", "clown")
    )
    assert min(drawn, own, word) > other + 1


def test_a_near_copy_of_a_violating_example_is_forced_at_any_threshold() -> None:
    said = "nobody here likes you, you pathetic clown"
    (look,) = prefilter(policy(examples=((said, "R1"),))).look(GUILD, said.upper())
    assert [(it.kind, it.name) for it in look.forced] == [(EvidenceKind.EXAMPLE, said)]
    assert look.suspicion(threshold=99.0) is not None


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("какой же ты урод, удались отсюда", "отличная игра, спасибо всем!"),
        ("お前はバカだ、消えろ。", "今日は楽しかった、ありがとう。"),
        ("أنت غبي، ارحل من هنا.", "شكرا للجميع، لعبة رائعة."),
    ],
)
def test_in_other_alphabets_a_copy_reads_the_same_and_shares_more_than_a_comma(said: str, other: str) -> None:
    filter_ = prefilter(policy(examples=((said, "R1"),)))
    assert [it.name for it in filter_.look(GUILD, f" {said.upper()} ")[0].forced] == [said]
    assert filter_.look(GUILD, other)[0].forced == ()
    allowing = prefilter(policy(examples=((said, "allowed"), ("you fool", "R1"))))
    assert allowing.look(GUILD, said)[0].surprise == 0
    assert allowing.look(GUILD, other)[0].surprise > 0


def test_a_score_points_at_what_it_is_nearest_to_or_at_itself() -> None:
    near, far = (
        policy(rules=(text,), flag_rate=1.0) for text in ("Insults aimed at a member.", "Zorbl quaff wimpet.")
    )
    (look,) = prefilter(near).look(GUILD, "these insults are aimed at members of this server")
    assert look.learned is not None
    assert (look.learned.kind, look.learned.name) == (EvidenceKind.RULE, "R1")
    learned = [
        prefilter(far).look(GUILD, text)[0].learned for text in ("you idiot", "hello there", "shut up moron")
    ]
    assert {it.kind for it in learned if it} == {EvidenceKind.SCORE}


def test_only_the_policies_asked_for_are_looked_at_in_the_guilds_order() -> None:
    built = prefilter(policy("c"), policy("a"), policy("b"))
    assert [look.policy_id for look in built.look(GUILD, "hello", {"b", "c", "unknown"})] == ["c", "b"]
    assert built.look(GUILD, "hello", ()) == ()
    together = {look.policy_id: look for look in built.look(GUILD, "hello you idiot")}
    assert built.look(GUILD, "hello you idiot", {"a"}) == (together["a"],)


def test_patterns_match_the_text_as_written_and_its_light_view() -> None:
    built = prefilter(policy(patterns=(r"(?-i)WIN\d+", r"free\s+nitro")))
    assert [(it.name, it.quote) for it in evidence(built, "FREE   nitro, WIN50 win60")] == [
        (r"(?-i)WIN\d+", "WIN50"),
        (r"free\s+nitro", "FREE   nitro"),
    ]
    assert [it.quote for it in evidence(built, "ｆｒｅｅ n\u200bitro")] == ["ｆｒｅｅ n\u200bitro"]
    assert evidence(built, "f r e e") == []


def test_a_pattern_that_matches_nothing_at_all_is_no_evidence() -> None:
    assert evidence(prefilter(policy(patterns=("x*",))), "abc") == []
    assert [it.quote for it in evidence(prefilter(policy(patterns=("x*",))), "abxxc")] == ["xx"]


def test_patterns_of_policies_that_name_their_groups_alike_stand_side_by_side() -> None:
    built = prefilter(policy("a", patterns=("(?P<n>cat)",)), policy("b", patterns=("(?P<n>dog)",)))
    assert [it.policy_id for it in built.inspect(GUILD, "cat and dog")] == ["a", "b"]
    assert [it.policy_id for it in built.inspect(GUILD, "dog")] == ["b"]


def test_a_pattern_that_re2_cannot_take_is_refused() -> None:
    with pytest.raises(PatternError):
        PatternSet.build([("rude", "(?<=a)b")])


def test_a_text_like_an_example_is_suspicious_and_names_it() -> None:
    said = "nobody here likes you, you pathetic clown"
    built = prefilter(policy(examples=((said, "R1"), ("what a lovely day for a walk", "allowed"))))
    text = "Nobody HERE likes you, pathetic clown!"
    (item,) = evidence(built, text)
    assert (item.kind, item.name, item.quote) == (EvidenceKind.EXAMPLE, said, text)
    assert item.score is not None
    assert 0.9 < item.score <= 1
    assert evidence(built, "what a lovely day for a walk in the park") == []


def test_a_disguised_text_is_likened_by_what_it_reads_as() -> None:
    said = "nobody here likes you, you pathetic clown"
    built = prefilter(policy(examples=((said, "R1"),)))
    text = "ｎｏｂｏｄｙ here l\u200bikes you, you pathetic 𝓬𝓵𝓸𝔀𝓷"
    (item,) = evidence(built, text)
    assert (item.name, item.quote) == (said, text)


def test_a_copy_of_an_allowed_example_is_not_scored() -> None:
    said = "you are a pathetic clown"
    plain, allowing = (prefilter(policy(examples=examples)) for examples in ((), ((said, "allowed"),)))
    assert evidence(plain, said) != []
    assert evidence(allowing, said.upper()) == []


def test_evidence_is_kept_up_to_a_number() -> None:
    words = tuple(f"word{number}" for number in range(MAX_EVIDENCE + 5))
    assert len(evidence(prefilter(policy(patterns=words)), " ".join(words))) == MAX_EVIDENCE


def test_a_lone_surrogate_is_quoted_as_a_replacement_character() -> None:
    (item,) = evidence(prefilter(policy(patterns=("a.b",))), "a\ud800b")
    assert (item.start, item.end, item.quote) == (0, 3, "a\ufffdb")


def test_what_is_beyond_the_limit_is_not_read() -> None:
    built = prefilter(policy(keywords=("loser",)))
    assert evidence(built, "a " * (MAX_CHARACTERS // 2) + "loser") == []
    assert evidence(built, "a " * (MAX_CHARACTERS // 2 - 10) + "loser") != []


RUDE = policy(
    keywords=("loser", "kill yourself", "scam*", "*tard", "傻逼", "ass"),
    patterns=(r"\d{3,}", r"x*", r"[^a-z]+$"),
    examples=(("you are a loser", "R1"), ("this game is for losers", "allowed")),
    flag_rate=0.5,
)
BUILT = prefilter(RUDE)


@settings(deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("loser 0$@.\u200b\u0338ｌоѕ🇱傻逼`<:>\n"), st.characters())))
def test_spans_are_valid_and_quotes_true_whatever_the_text(text: str) -> None:
    for item in evidence(BUILT, text):
        assert 0 <= item.start < item.end <= len(text)
        assert item.quote == without_surrogates(text[item.start : item.end])


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["Cs", "Mn", "Cf", "Cc", "Zs", "Lo"])))
def test_no_text_raises(text: str) -> None:
    BUILT.inspect(GUILD, text)
    BUILT.inspect(GUILD, text * 50)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "l0ser ",
        "loser",
        "as ",
        "l o s e r ",
        "\u0338",
        "e\u0301",
        "字",
        "😀",
        "\0",
        "1!",
        "`",
        "о",
        "x.y/",
        "\ud800",
    ],
)
def test_no_message_takes_long(unit: str) -> None:
    text = (unit * 4000)[:4000]
    BUILT.inspect(GUILD, text)
    took = []
    for _ in range(3):
        started = time.thread_time()
        BUILT.inspect(GUILD, text)
        took.append(time.thread_time() - started)
    assert min(took) < 0.025, "five times the promise, for slow machines"


def test_a_hundred_thousand_characters_are_as_harmless() -> None:
    started = time.thread_time()
    BUILT.inspect(GUILD, "l0ser " * 17_000)
    assert time.thread_time() - started < 0.25
