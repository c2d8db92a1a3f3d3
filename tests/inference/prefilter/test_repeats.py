import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.repeats import LONGEST_SECONDS, RepeatCount, Repeats, RepeatWatch, Sighting

OFFER = "free nitro for the first fifty people, claim it now at nitro-gift.example/a8f3"


def written(
    watch: RepeatWatch,
    text: str,
    message: int,
    at: float = 0.0,
    *,
    guild: int = 1,
    author: int = 1,
    channel: int = 1,
) -> Repeats:
    return watch.seen(Sighting(guild, author, channel, message, at), text)


def test_a_text_is_counted_across_channels_and_authors() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1, 0, author=1, channel=1)
    written(watch, OFFER, 2, 5, author=2, channel=1)
    counted = written(watch, OFFER, 3, 9, author=2, channel=2).within(60)
    assert counted == RepeatCount(times=3, exactly=3, channels=2, authors=2)


def test_only_what_was_written_within_the_time_counts() -> None:
    watch = RepeatWatch()
    for message, at in enumerate([0.0, 50.0, 100.0]):
        repeats = written(watch, OFFER, message, at)
    assert [repeats.within(seconds).times for seconds in (49, 50, 99, 100)] == [1, 2, 2, 3]


def test_messages_that_are_read_late_count_by_when_they_were_written() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1, 1000)
    assert written(watch, OFFER, 2, 500).within(60).times == 1


@pytest.mark.parametrize(
    "again",
    [
        "FREE NITRO for the first fifty people!!! claim it now at nitro-gift.example/a8f3",
        "free nitro for the first fifty people, claim it now at nitro-gift.example/zz91",
        "<@123456789012345678> free nitro for the first 50 people, claim it now at nitro-gift.example/a8f3 :fire:",
        "claim it now at nitro-gift.example/a8f3, free nitro for the first fifty people",
    ],
)
def test_nearly_the_same_text_counts(again: str) -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1)
    assert written(watch, again, 2).within(60).times == 2


def test_exact_and_near_repeats_are_told_apart() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1)
    written(watch, OFFER + "?", 2)
    counted = written(watch, OFFER.replace("a8f3", "b7"), 3).within(60)
    assert (counted.times, counted.exactly) == (3, 1)


def test_another_text_about_the_same_does_not_count() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1)
    assert written(watch, "did anyone see that free nitro offer? is it real?", 2).within(60).times == 1


@pytest.mark.parametrize(
    "text",
    [
        "lol",
        "gg",
        "+1",
        "good morning",
        "",
        "🔥🔥🔥🔥🔥🔥🔥🔥",
        "<:kekw:123456789012345678> " * 9,
        "ok ok ok",
        "はい",
        "?!" * 50,
    ],
)
def test_short_texts_and_emoji_never_count(text: str) -> None:
    watch = RepeatWatch()
    assert [written(watch, text, message).within(60).times for message in range(1, 6)] == [1] * 5
    assert len(watch) == 0


@pytest.mark.parametrize(
    "text",
    [
        "今なら誰でも無料でニトロがもらえますこちらから",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "discord.gg/abc123xyz join",
    ],
)
def test_scripts_without_spaces_long_words_and_links_count(text: str) -> None:
    watch = RepeatWatch()
    assert [written(watch, text, message).within(60).times for message in (1, 2, 3)] == [1, 2, 3]


def test_an_edited_message_counts_once_and_with_its_new_text() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1)
    assert written(watch, OFFER, 1, 1).within(60).times == 1
    written(watch, "I take that back, it was a scam after all", 1, 2)
    assert written(watch, OFFER, 2, 3).within(60).times == 1
    assert len(watch) == 2


def test_guilds_do_not_see_each_other() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1, guild=1)
    assert written(watch, OFFER, 2, guild=2).within(60).times == 1


def test_a_forgotten_guild_leaves_nothing() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1, guild=1)
    written(watch, OFFER, 2, guild=2)
    watch.forget(1)
    watch.forget(77)
    assert len(watch) == 1
    assert written(watch, OFFER, 3, guild=1).within(60).times == 1


def test_the_oldest_messages_of_a_guild_fall_out() -> None:
    watch = RepeatWatch(per_guild=3)
    for message in range(10):
        written(watch, f"{OFFER} {'very ' * message}{message}", message)
    assert len(watch) == 3


def test_the_oldest_messages_of_all_guilds_fall_out() -> None:
    watch = RepeatWatch(per_guild=3, in_all=5)
    for message in range(20):
        written(watch, OFFER, message, guild=message % 10)
    assert len(watch) == 5
    assert written(watch, OFFER, 99, guild=9).within(60).times == 2, "guild 9 wrote last and is remembered"


def test_what_is_older_than_any_policy_may_ask_for_is_forgotten() -> None:
    watch = RepeatWatch()
    written(watch, OFFER, 1, 0)
    written(watch, "quite another text that has nothing to do with it", 2, LONGEST_SECONDS + 1)
    assert len(watch) == 1


_texts = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(["free", "nitro", "gift", "claim", "today", "everyone", "自由", "<@1>"]), max_size=30
    ).map(" ".join),
    st.text(string.ascii_lowercase + " ", max_size=300),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 12), _texts), max_size=40))
def test_whatever_is_written_the_bounds_and_the_index_hold(events: list[tuple[int, int, str]]) -> None:
    watch = RepeatWatch(per_guild=4, in_all=7)
    for at, (guild, message, text) in enumerate(events):
        counted = written(watch, text, guild * 100 + message, float(at), guild=guild).within(10_000)
        assert 1 <= counted.exactly <= counted.times <= 5
        assert len(watch) <= 7
    for guild in (1, 2, 3):
        watch.forget(guild)
    assert len(watch) == 0
    assert not watch._guilds
