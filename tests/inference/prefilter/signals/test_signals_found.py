# ruff: noqa: RUF001 - letters that look alike are what is tested
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.signals.domains import DomainList
from inference.prefilter.signals.signals import MAX_EVIDENCE, Signals
from inference.prefilter.suspicion import Evidence, EvidenceKind
from inference.prefilter.view import View
from policies.policy import Policy, Prefilter, Rule

DOMAINS = DomainList.parse("evil.com\nbit.ly/abc\n")
EVERYTHING = ("phishing-link", "look-alike-link", "invite-link", "mass-mention 3", "repeat 3 in 2m")


def policy(*signals: str, policy_id: str = "p") -> Policy:
    rule = Rule(id="R1", text="x")
    return Policy(id=policy_id, title="P", goal="g", rules=(rule,), prefilter=Prefilter(signals=signals))


def found(text: str, *signals: str) -> list[Evidence]:
    guild = Signals.build([policy(*(signals or EVERYTHING))], DOMAINS)
    return [evidence for _, evidence in guild.find(text, View(text.lower()))]


@pytest.mark.parametrize(
    ("text", "signal", "name", "quote"),
    [
        (
            "get it: https://a.evil.com/x now",
            "phishing-link",
            "known for phishing: evil.com",
            "https://a.evil.com/x",
        ),
        ("bit.ly/ABC", "phishing-link", "known for phishing: bit.ly/abc", "bit.ly/ABC"),
        (
            "[https://discord.com](https://foo.xyz)",
            "phishing-link",
            "shows discord.com, leads to foo.xyz",
            "https://foo.xyz",
        ),
        ("dlscord.com/gift", "look-alike-link", "dlscord.com looks like discord.com", "dlscord.com/gift"),
        ("discord.gg/abc", "invite-link", "invite: discord.gg/abc", "discord.gg/abc"),
        ("https://discord.com/invite/abc", "invite-link", "invite: discord.com/invite/abc", None),
        ("dsc.gg/abc", "invite-link", "invite: dsc.gg/abc", None),
        ("dis\u200bcord[.]gg/abc", "invite-link", "invite: discord.gg/abc", None),
        ("join d i s c o r d . g g / abc", "invite-link", "an invite in disguise", "d i s c o r d . g g / abc"),
        ("join discord dot gg/abc", "invite-link", "an invite in disguise", "discord dot gg/abc"),
        ("discord gg / abc", "invite-link", "an invite in disguise", None),
        ("hi <@1> <@!2> <@&3> <@1>", "mass-mention 3", "mentions 3 members and roles", "<@1> <@!2> <@&3> <@1>"),
        ("hi @everyone", "mass-mention 50", "mentions @everyone", "@everyone"),
        ("@here look", "mass-mention 50", "mentions @here", "@here"),
    ],
)
def test_a_signal_forces_a_look(text: str, signal: str, name: str, quote: str | None) -> None:
    (evidence,) = found(text, signal)
    assert evidence.name == name
    assert evidence.kind is (EvidenceKind.MENTIONS if "mention" in signal else EvidenceKind.LINK)
    assert evidence.quote == text[evidence.start : evidence.end] == (quote or evidence.quote)


@pytest.mark.parametrize(
    "text",
    [
        *("hello there", "see https://discord.com/channels/1/2", "https://discord.com/developers", "discord.gg"),
        *("discord gg no re", "https://en.wikipedia.org/wiki/Discord", "I like discord, gg wp everyone"),
        *(
            "<@1> <@2> <@1>",
            "`@everyone`",
            "```\n<@1> <@2> <@3>\n```",
            "me@everyone.com",
            "@everyoneelse",
            "@hereby",
        ),
        "[https://youtube.com/watch?v=1](https://youtu.be/1)",
        *("discord.py and main.rs", "well... ok", "", "\n"),
    ],
)
def test_what_is_no_signal_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_each_policy_gets_what_it_asks_for() -> None:
    guild = Signals.build(
        [policy("invite-link", policy_id="a"), policy("mass-mention 2", policy_id="b"), policy(policy_id="c")],
        DOMAINS,
    )
    text = "discord.gg/abc evil.com <@1> <@2>"
    assert [(name, evidence.kind) for name, evidence in guild.find(text, View(text))] == [
        ("a", EvidenceKind.LINK),
        ("b", EvidenceKind.MENTIONS),
    ]


def test_a_flood_of_links_is_told_in_a_few_reasons() -> None:
    text = " ".join(f"discord.gg/abc{number}" for number in range(30))
    assert len(found(text, "invite-link")) == MAX_EVIDENCE


def test_hiding_a_link_behind_many_others_is_a_signal_itself() -> None:
    text = " ".join(f"https://host{number}.org" for number in range(60)) + " https://evil.com"
    assert [evidence.name for evidence in found(text, "phishing-link")] == ["more links than are looked at"]


_pieces = st.sampled_from(
    [
        *(
            "https://",
            "evil.com",
            "discord",
            ".gg",
            "/",
            "[",
            "](",
            ")",
            "@",
            "<@1>",
            "@everyone",
            "`",
            "```",
            " ",
        ),
        *(
            "xn--",
            "%2e",
            "\u200b",
            "．",
            "。",
            "dot",
            "[.]",
            "а",
            "é",
            "gift-",
            "steam",
            ".",
            "..",
            "\ud800",
            "\n",
        ),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_pieces, max_size=80).map("".join)))
def test_any_text_can_be_looked_at(text: str) -> None:
    for evidence in found(text):
        assert evidence.quote == text[evidence.start : evidence.end] != ""


@pytest.mark.parametrize(
    "part",
    [
        *(
            ".",
            "a.",
            "[",
            "](",
            "https://",
            "https://a@",
            "a@",
            "%61",
            "\u200b.",
            "`",
            "`a``b```c",
            "<@",
            "xn--a.",
        ),
        *(
            "d i s c o r d ",
            "d....",
            "discord....",
            "a.com/?",
            "a-",
            "．ａ",
            "a\u0301.",
            "[https://a.com](https://b.com)",
        ),
    ],
)
@pytest.mark.timeout(20)
def test_a_very_long_text_is_looked_at_in_time_that_grows_with_its_length_only(part: str) -> None:
    """A hundred times Discord's longest message: were anything quadratic here, this would take minutes."""
    found((part * 400_000)[:400_000] + " evil.com")
