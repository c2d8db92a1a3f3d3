"""Hypothesis strategies: arbitrary valid policies, with the strings that YAML is known to trip over."""

from hypothesis import strategies as st

from policies.constraints import HIDDEN_CHARACTER, LONGEST_TIMEOUT_MINUTES, timeout_minutes
from policies.policy import ALLOWED, Care, Effort, Example, Judging, Mode, Policy, Prefilter, Rule, Scope, Severity
from policies.signals import FEWEST, MOST, kind_of

NASTY = (
    *"no yes off null ~ 12:30 1e3 0x1F 010 1_000 2024-01-31 .inf = << -1 +1 1.5".split(),  # noqa: SIM905 readable as words
    *"- ? : # & * ! % | > |- --- ... :: #a &a *a *coin* !t %d @here `x` {a} [a] } ] { [ a: a::b \\ \\d+".split(),  # noqa: SIM905 readable as words
    *("- a", "? b", ": c", "a: b", "a :b", "a #b", "--- a", " leading", "trailing ", "  both  ", "a  b"),
    *("'", "''", '"', '"quoted"', "it's", 'it\'s "both"', "tab\tin", "\ttab", "x" * 79),
    *("é", "日本語", "🙂", "👩‍👩‍👧", "\U0010fffd", "\u200b", "\xa0x\xa0", "\u3000x"),
)
"""Short texts that YAML reads as something else or cannot hold without quotes."""
NASTY_TEXTS = (
    *NASTY,
    *("a\nb", "a\n\nb", "a\n", "a\n\n", "\na", "\n\na", " a\nb", "a\n b", "  a\n b\nc", "a \nb", "a\nb "),
    *("\ta\nb", "a\n\tb", "- a\n- b", "# a\nb", "a\n#b", "a: b\nc: d", "---\n...", "no\nyes", "🙂\n🙂"),
    *("a\\\nb", "'\n\"", "a,b", "[a,\nb]", "\xa0\na", "x" * 2000),
)
"""What is nasty over several lines, too."""


def _visible(extra: str = "") -> st.SearchStrategy[str]:
    """Characters that a policy may hold, ordinary signs often."""
    anything = st.characters(exclude_categories=["Cs"]).filter(lambda char: not HIDDEN_CHARACTER.match(char))
    signs = st.sampled_from("abYN019 :#-,'\"\\{}[]&*!|>%@`?=~\t" + extra)
    return st.one_of(signs, anything.filter(lambda char: char != "\n" or char in extra))


def lines(max_size: int = 60) -> st.SearchStrategy[str]:
    free = st.text(_visible(), min_size=1, max_size=max_size).filter(lambda text: text.strip())
    return st.one_of(st.sampled_from([text for text in NASTY if len(text) <= max_size]), free)


words = lines(30).map(lambda text: text.replace(",", ";"))
keywords = words.filter(lambda word: word.strip("* "))
example_texts = st.one_of(
    st.sampled_from(NASTY_TEXTS),
    st.text(_visible("\n"), min_size=1, max_size=80).filter(lambda text: text.strip()),
)
rule_ids = st.one_of(
    st.sampled_from(["no", "NO", "Yes", "off", "null", "true", "H1", "e1"]),
    st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,15}\Z"),
).filter(lambda rule_id: rule_id != ALLOWED)
snowflakes = st.integers(min_value=1, max_value=2**63 - 1)
suggestions = st.one_of(
    st.sampled_from(["delete", "warn", "kick", "ban"]),
    st.from_regex(r"\Atimeout [1-9][0-9]{0,2}[mhd]\Z"),
).filter(lambda suggestion: timeout_minutes(suggestion) <= LONGEST_TIMEOUT_MINUTES)
patterns = st.one_of(
    st.sampled_from([r"\d{3}-\d+", r"[a-z]+\.gg/\w+", "(?i)it's", "a|b", r"'\"", r"\\", "x{2,3}", "^- a: b # c$"]),
    st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=60),
)


def few(items: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=most).map(tuple)


def unrepeated(items: st.SearchStrategy[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(items, max_size=most, unique_by=str.casefold).map(tuple)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any valid policy."""
    ids = draw(st.lists(rule_ids, min_size=1, max_size=4, unique=True))
    rules = [
        Rule(
            id=rule_id,
            text=draw(lines(100)),
            terms=draw(unrepeated(words, 5)),
            severity=draw(st.sampled_from(Severity)),
            suggest=draw(few(suggestions)),
        )
        for rule_id in ids
    ]
    return Policy(
        id=draw(st.from_regex(r"\A[a-z0-9-]{1,40}\Z")),
        title=draw(lines(80)),
        mode=draw(st.sampled_from(Mode)),
        care=draw(st.sampled_from(Care)),
        goal=draw(lines(200)),
        definitions=draw(st.dictionaries(words, lines(80), max_size=4)),
        rules=tuple(rules),
        allowed=draw(few(lines(100))),
        examples=draw(few(_examples([*ids, ALLOWED]), 6)),
        scope=draw(st.builds(Scope, channels=few(snowflakes), except_roles=few(snowflakes, 9))),
        prefilter=draw(_prefilters()),
        judge=draw(_judgings()),
    )


def _examples(verdicts: list[str]) -> st.SearchStrategy[Example]:
    return st.builds(
        Example,
        text=example_texts,
        verdict=st.sampled_from(verdicts),
        note=st.none() | lines(),
        show=st.booleans(),
    )


def _prefilters() -> st.SearchStrategy[Prefilter]:
    rates = st.floats(min_value=0, max_value=1, exclude_min=True)
    return st.builds(
        Prefilter, keywords=unrepeated(keywords, 12), patterns=few(patterns), signals=_signals(), flag_rate=rates
    )


def _signals() -> st.SearchStrategy[tuple[str, ...]]:
    mentions = st.integers(FEWEST, MOST).map(lambda count: f"mass-mention {count}")
    repeats = st.integers(FEWEST, MOST).map(lambda count: f"repeat {count} in 90s")
    links = st.sampled_from(["phishing-link", "look-alike-link", "invite-link"])
    return st.lists(st.one_of(links, mentions, repeats), max_size=5, unique_by=kind_of).map(tuple)


def _judgings() -> st.SearchStrategy[Judging]:
    thresholds = st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)
    contexts = st.integers(0, 10)
    efforts = st.sampled_from([effort for effort in Effort if effort is not Effort.AUTO])
    one_look = st.builds(Judging, effort=efforts, context=contexts, threshold=thresholds)
    return one_look | st.builds(_two_looks, contexts, st.lists(thresholds, min_size=3, max_size=3, unique=True))


def _two_looks(context: int, probabilities: list[float]) -> Judging:
    lower, threshold, upper = sorted(probabilities)
    second = Effort.HIGH if context % 2 else Effort.MEDIUM
    return Judging(
        effort=Effort.AUTO, context=context, threshold=threshold, unsure=(lower, upper), second_effort=second
    )
