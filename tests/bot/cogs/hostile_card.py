"""Texts that try to get out of a card, and what must hold of every card and answer that shows one."""

import re

import discord
from hypothesis import strategies as st

from bot.cogs.card_face import Sight, face
from bot.cogs.reasoning import reasoning
from bot.review.care import Hidden
from tests.bot.cogs.card_samples import (
    AUTHOR,
    MODERATOR,
    embed_texts,
    hostile_case,
    limits_broken,
    outside_code_blocks,
    unescaped,
)

OWN_MENTIONS = re.compile(rf"<(@({AUTHOR}|{MODERATOR})|#70|t:\d+:[Rf])>")
OWN_LINK = re.compile(r"\[Jump to it\]\(https://discord\.com/channels/7/70/100\)")
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            (
                "@everyone", "<@&7>", "<@55>", "<#70>", "</ban:1>", "<t:0:R>", "<:x:1>", "<a:x:1>", "<id:guide>",
                "```", "``", "`", "\\", "\\```", "```ansi\n", "**", "__", "~~", "||", "> ", ">>> ", "# ", "-# ",
                "- ", "1. ", "[a](https://evil.example)", "https://evil.example", "discord.gg/evil", "<https://e.x>",
                "\n", "\n\n", "\u202e", "\u200b", "\u2028", "\ud83d", "\U000e0041", "😀",
                "\U0001d54f", " ", "\t", "\x00",
            )
        ),
        st.text(max_size=20),
    ),
    max_size=30,
).map("".join)  # fmt: skip


SIGHTS = (Sight(), Sight(blurred=True), Sight(Hidden.PRIVATE, "some of you"))


def outside_spoilers(text: str) -> str:
    """The text without what has to be clicked, found as Discord finds it: up to the next two bars."""
    return re.sub(r"\|\|[\s\S]+?\|\|", "¤", text)


def check_hostile_text(text: str) -> None:
    """For the suite, and for the long run of the same (`python -m tests.bot.cogs.fuzz_cards 10000`)."""
    case = hostile_case(text)
    for sight in SIGHTS:
        _check_hostile_face(face(case, sight))


def _check_hostile_face(embed: discord.Embed) -> None:
    assert limits_broken(embed) == []
    for kind, shown in embed_texts(embed.to_dict()):
        shown.encode()  # no half characters
        markup = unescaped(outside_code_blocks(outside_spoilers(shown)))
        rest = OWN_LINK.sub("", OWN_MENTIONS.sub("", markup))
        assert not re.search(r"[<>@#\[\]~|_]|://|```", rest.replace(f"`{AUTHOR}`", "")), (kind, shown)
        assert "\u202e" not in shown
        assert "\u200b" not in shown
        for line in rest.split("\n"):
            assert not re.match(r"\s*(-#|>|#{1,3}\s|\d+\.\s)", line), (kind, line)


def check_hostile_reasoning(text: str) -> None:
    """The private answer."""
    answer = reasoning(hostile_case(text))
    assert limits_broken(*answer.embeds) == []
    for embed in answer.embeds:
        for _, shown in embed_texts(embed.to_dict()):
            assert not re.search(r"[<>@#\[\]~|_`]|://", unescaped(outside_code_blocks(shown))), shown
    if answer.file_text is not None:
        answer.file_text.encode()
