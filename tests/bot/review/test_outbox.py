import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.case import CaseFile, CaseState
from bot.ports import DiscordAway, Store, StoreUnavailable, UnknownCase
from bot.review.outbox import DEFECT, NO_CHANNEL, CardOutbox
from policies.policy import Mode
from tests.bot.adapters import GUILD, START
from tests.bot.review.review_adapters import (
    OLD_REVIEW,
    QUICK,
    REVIEW,
    Wall,
    a_decision,
    open_case,
    running,
    until,
    until_nothing_is_owed,
    utc_now,
)

LONG = timedelta(minutes=10)


def an_outbox(store: Store, wall: Wall, channel: int | None = REVIEW, **changes: object) -> CardOutbox:
    settings = replace(QUICK, **changes)  # type: ignore[arg-type]
    return CardOutbox(store, wall, lambda _: channel, clock=utc_now, settings=settings)


async def change(store: Store, case_id: int) -> None:
    """Something that a card shows of a case."""
    case = await store.case(case_id)
    await store.note_deletion(case.guild_id, [case.message.id], START)


async def test_an_open_case_gives_one_card_in_the_review_channel(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    (card,) = wall.of(case_id)
    assert (card.channel_id, card.version) == (REVIEW, (await store.case(case_id)).version)
    assert wall.count("find") == 0
    assert outbox.problem(GUILD) is None


async def test_a_case_that_is_announced_is_shown_at_once_and_not_at_the_next_poll(
    store: Store, wall: Wall
) -> None:
    outbox = an_outbox(store, wall, poll=LONG)
    async with running(outbox.run()):
        await asyncio.sleep(0.02)
        case_id = await open_case(store)
        await outbox.show(await store.case(case_id))
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_a_case_that_nobody_announced_is_shown_at_the_next_poll(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    async with running(outbox.run()):
        await asyncio.sleep(0.01)
        case_id = await open_case(store)
        await until(lambda: wall.of(case_id))
    assert wall.count("post") == 1


async def test_a_change_is_shown_on_the_card_that_hangs(store: Store, wall: Wall, outbox: CardOutbox) -> None:
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        await change(store, case_id)
        outbox.stir(GUILD)
        await until_nothing_is_owed(store)
    (card,) = wall.of(case_id)
    assert card.version == (await store.case(case_id)).version


async def test_a_case_that_changes_while_its_card_is_posted_is_brought_up_to_date(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    wall.gate = asyncio.Event()
    async with running(outbox.run()):
        await until(lambda: wall.count("post"))
        await change(store, case_id)
        wall.gate.set()
        await until_nothing_is_owed(store)
    (card,) = wall.of(case_id)
    assert card.version == (await store.case(case_id)).version


async def test_cards_that_are_out_of_date_come_before_new_ones(store: Store, wall: Wall) -> None:
    first = await open_case(store, 100)
    async with running(an_outbox(store, wall).run()):
        await until_nothing_is_owed(store)
    second = await open_case(store, 101)
    await change(store, first)
    async with running(an_outbox(store, wall).run()):
        await until_nothing_is_owed(store)
    assert wall.calls[1:] == [f"update {first} {REVIEW}", f"post {second} {REVIEW}"]


async def test_a_shadow_policys_case_gets_no_card_and_owes_none(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    await open_case(store, mode=Mode.SHADOW)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert wall.calls == []


async def test_without_a_review_channel_cases_wait_and_the_problem_says_so(
    store: Store, wall: Wall, outbox: CardOutbox, channels: dict[int, int | None]
) -> None:
    channels[GUILD] = None
    case_id = await open_case(store)
    async with running(outbox.run()):
        await asyncio.sleep(0.1)
        assert outbox.problem(GUILD) == NO_CHANNEL
        assert wall.calls == []
        channels[GUILD] = REVIEW
        outbox.stir(GUILD)
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_after_a_move_the_old_card_is_updated_where_it_hangs_and_new_ones_go_to_the_new_channel(
    store: Store, wall: Wall, outbox: CardOutbox, channels: dict[int, int | None]
) -> None:
    channels[GUILD] = OLD_REVIEW
    old = await open_case(store, 100)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        channels[GUILD] = REVIEW
        new = await open_case(store, 101)
        await change(store, old)
        outbox.stir(GUILD)
        await until_nothing_is_owed(store)
    assert [card.channel_id for card in wall.of(old)] == [OLD_REVIEW]
    assert wall.of(old)[0].version == (await store.case(old)).version
    assert [card.channel_id for card in wall.of(new)] == [REVIEW]


async def test_an_old_card_that_cannot_be_edited_after_a_move_keeps_nobody_waiting(
    store: Store, wall: Wall, outbox: CardOutbox, channels: dict[int, int | None]
) -> None:
    channels[GUILD] = OLD_REVIEW
    old = await open_case(store, 100)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        channels[GUILD] = REVIEW
        wall.refusing = {OLD_REVIEW}
        await change(store, old)
        await open_case(store, 101)
        outbox.stir(GUILD)
        await until_nothing_is_owed(store)
        assert outbox.problem(GUILD) is None
    assert wall.count("update") == 1


async def test_a_card_whose_answer_was_lost_is_found_and_not_posted_twice(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    wall.lost_answers = 1
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1
    assert (wall.count("post"), wall.count("find")) == (1, 1)
    assert wall.of(case_id)[0].version == (await store.case(case_id)).version


async def test_a_card_is_looked_for_only_when_history_had_time_to_know_it(store: Store, wall: Wall) -> None:
    wall.lost_answers, wall.history_lag = 1, timedelta(milliseconds=60)
    case_id = await open_case(store)
    async with running(an_outbox(store, wall, look_delay=timedelta(milliseconds=90)).run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_a_stir_does_not_make_an_unconfirmed_card_looked_for_too_early(store: Store, wall: Wall) -> None:
    wall.lost_answers, wall.slowness = 1, timedelta(milliseconds=60)
    wall.history_lag = timedelta(milliseconds=60)
    case_id = await open_case(store)
    outbox = an_outbox(store, wall, look_delay=timedelta(milliseconds=90))
    async with running(outbox.run()):
        while await store.guilds_owing_cards():
            outbox.stir(GUILD)
            outbox.stir()
            await asyncio.sleep(0.002)
    assert len(wall.of(case_id)) == 1


async def test_a_card_that_was_long_on_its_way_is_not_looked_for_as_soon_as_that_fails(
    store: Store, wall: Wall
) -> None:
    wall.lost_answers, wall.slowness = 1, timedelta(milliseconds=60)
    wall.history_lag = timedelta(milliseconds=20)
    case_id = await open_case(store)
    async with running(an_outbox(store, wall, look_delay=timedelta(milliseconds=40)).run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_where_history_lags_even_longer_the_nonce_prevents_a_second_card(store: Store, wall: Wall) -> None:
    wall.lost_answers, wall.history_lag, wall.nonce_enforced = 1, timedelta(hours=1), True
    case_id = await open_case(store)
    async with running(an_outbox(store, wall).run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1
    assert (wall.count("find"), wall.count("post")) == (1, 2)


async def test_a_card_that_did_not_arrive_is_posted_once_more(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    wall.away = 1
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1
    assert [call.split()[0] for call in wall.calls] == ["post", "find", "post"]


async def test_a_card_that_another_process_began_is_looked_for_some_time_after_the_start(
    store: Store, wall: Wall
) -> None:
    case_id = await open_case(store)
    await store.begin_card(case_id, REVIEW)
    await asyncio.sleep(0.06)
    begun = asyncio.get_running_loop().time()
    async with running(an_outbox(store, wall, look_delay=timedelta(milliseconds=50)).run()):
        await until(lambda: wall.count("find"))
    assert asyncio.get_running_loop().time() - begun >= 0.045


async def test_an_unconfirmed_card_of_a_channel_that_is_gone_is_posted_in_the_new_one(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    await store.begin_card(case_id, OLD_REVIEW)
    wall.gone = {OLD_REVIEW}
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert [card.channel_id for card in wall.of(case_id)] == [REVIEW]


async def test_a_card_that_may_hang_in_a_channel_we_cannot_read_is_not_posted_twice_and_stops_no_other(
    store: Store, wall: Wall
) -> None:
    outbox = an_outbox(store, wall, refused_rest=LONG)
    unsure = [await open_case(store, number) for number in range(100, 106)]
    for case_id in unsure:
        await store.begin_card(case_id, OLD_REVIEW)
    wall.refusing = {OLD_REVIEW}
    async with running(outbox.run()):
        await until(lambda: wall.count("find") == len(unsure))
        other = await open_case(store, 200)
        await until(lambda: wall.of(other))
        assert "cannot be shown: The bot cannot see this channel." in (outbox.problem(GUILD) or "")
        assert not any(map(wall.of, unsure))
        wall.refusing = set()
        outbox.stir()
        await until_nothing_is_owed(store)
    assert outbox.problem(GUILD) is None


async def test_a_card_that_people_removed_is_posted_anew_while_its_case_is_open(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        wall.cards.clear()
        await change(store, case_id)
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_a_card_that_people_removed_stays_away_once_its_case_is_decided(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        wall.cards.clear()
        await store.decide(a_decision(case_id))
        await until_nothing_is_owed(store)
    assert wall.of(case_id) == []
    assert (await store.case(case_id)).card is None


async def test_a_guild_that_refuses_rests_and_is_not_asked_again_however_many_cases_come(
    store: Store, wall: Wall
) -> None:
    wall.refusing = {REVIEW}
    outbox = an_outbox(store, wall, refused_rest=LONG)
    with capture_logs() as logs:
        async with running(outbox.run()):
            for number in range(100, 120):
                await outbox.show(await store.case(await open_case(store, number)))
            await asyncio.sleep(0.1)
            assert wall.count("post") == 2
            assert outbox.problem(GUILD) == "The bot cannot see this channel."
            assert len(logs) <= 2
            wall.refusing = set()
            outbox.stir(GUILD)
            await until_nothing_is_owed(store)
    assert outbox.problem(GUILD) is None
    assert len(wall.cards) == 20
    assert wall.count("find") == 0  # a refusal leaves nothing to look for


async def test_cases_that_change_do_not_end_the_rest_of_a_guild_that_refuses(store: Store, wall: Wall) -> None:
    wall.refusing = {REVIEW}
    for number in range(100, 103):
        await open_case(store, number)
    outbox = an_outbox(store, wall, refused_rest=LONG)
    async with running(outbox.run()):
        await until(lambda: outbox.problem(GUILD))
        await asyncio.sleep(0.05)
        tried = len(wall.calls)
        for _ in range(20):
            outbox.look(GUILD)
            await asyncio.sleep(0.002)
        assert len(wall.calls) == tried
        wall.refusing = set()
        outbox.stir(GUILD)
        await until_nothing_is_owed(store)


async def test_a_refusal_that_comes_after_things_were_put_right_is_no_reason_to_rest(
    store: Store, wall: Wall
) -> None:
    channels, wall.gone, wall.gate = [OLD_REVIEW], {OLD_REVIEW}, asyncio.Event()
    outbox = CardOutbox(
        store, wall, lambda _: channels[-1], clock=utc_now, settings=replace(QUICK, refused_rest=LONG)
    )
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until(lambda: wall.count("post"))
        channels.append(REVIEW)
        outbox.stir(GUILD)
        wall.gate.set()
        await until_nothing_is_owed(store)
    assert [card.channel_id for card in wall.of(case_id)] == [REVIEW]
    assert wall.count("post") == 2


async def test_a_change_that_is_refused_in_the_review_channel_is_shown_later(store: Store, wall: Wall) -> None:
    outbox = an_outbox(store, wall, refused_rest=LONG)
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        wall.refusing = {REVIEW}
        await change(store, case_id)
        await until(lambda: outbox.problem(GUILD))
        wall.refusing = set()
        outbox.stir(GUILD)
        await until_nothing_is_owed(store)
    assert wall.of(case_id)[0].version == (await store.case(case_id)).version


async def test_a_refused_guild_is_tried_again_after_its_rest(store: Store, wall: Wall, outbox: CardOutbox) -> None:
    wall.refusing = {REVIEW}
    case_id = await open_case(store)
    async with running(outbox.run()):
        await until(lambda: wall.count("post") >= 3)
        wall.refusing = set()
        await until(lambda: wall.of(case_id))
    assert len(wall.cards) == 1


@pytest.mark.parametrize("fault", ["refused_cases", "broken_cases", "away_cases"])
async def test_one_card_that_never_works_keeps_no_other_from_people(
    store: Store, wall: Wall, outbox: CardOutbox, fault: str
) -> None:
    bad = await open_case(store, 100)
    setattr(wall, fault, {bad})
    good = [await open_case(store, number) for number in range(101, 108)]
    async with running(outbox.run()):
        await until(lambda: all(map(wall.of, good)))
        await until(lambda: outbox.problem(GUILD))
        later = await open_case(store, 200)
        await until(lambda: wall.of(later))
        setattr(wall, fault, set())
        await until_nothing_is_owed(store)
    assert len(wall.of(bad)) == 1


async def test_a_card_that_failed_is_tried_after_those_that_did_not(store: Store, wall: Wall) -> None:
    wall.away_cases = {await open_case(store, 100)}
    async with running(an_outbox(store, wall, look_delay=timedelta(0)).run()):
        await until(lambda: len(wall.calls) > 6)  # the guild and the card now rest equally long
        later = await open_case(store, 101)
        await until(lambda: wall.of(later))
    assert [card.case_id for card in wall.cards.values()] == [later]


async def test_a_rest_that_ends_is_not_slept_through_until_the_next_poll(store: Store, wall: Wall) -> None:
    wall.lost_answers = 1
    case_id = await open_case(store)
    async with running(an_outbox(store, wall, poll=LONG).run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_a_stir_of_all_guilds_finds_what_nobody_announced(store: Store, wall: Wall) -> None:
    outbox = an_outbox(store, wall, poll=LONG)
    async with running(outbox.run()):
        await asyncio.sleep(0.02)
        case_id = await open_case(store)
        outbox.stir()
        await until(lambda: wall.of(case_id))
    assert wall.count("post") == 1


async def test_a_defect_is_reported_without_its_words(store: Store, wall: Wall, outbox: CardOutbox) -> None:
    wall.broken_cases = {await open_case(store)}
    with capture_logs() as logs:
        async with running(outbox.run()):
            await until(lambda: outbox.problem(GUILD))
    assert (outbox.problem(GUILD) or "").endswith(DEFECT)
    assert {"ZeroDivisionError"} == {log["error"] for log in logs if "error" in log}


async def test_an_outage_is_waited_out_and_told(store: Store, wall: Wall, outbox: CardOutbox) -> None:
    cases = [await open_case(store, number) for number in range(100, 104)]
    wall.away = 10**6
    with capture_logs() as logs:
        async with running(outbox.run()):
            await until(lambda: len(wall.calls) > 8)
            assert outbox.problem(GUILD) == "Discord cannot be reached (ClientError)."
            assert len(logs) == 1
            wall.away = 0
            await until_nothing_is_owed(store)
    assert all(len(wall.of(case_id)) == 1 for case_id in cases)
    assert outbox.problem(GUILD) is None


async def test_a_guild_that_is_refused_does_not_hold_up_another(store: Store, wall: Wall) -> None:
    wall.refusing = {70}
    outbox = CardOutbox(
        store, wall, lambda guild: guild * 10, clock=utc_now, settings=replace(QUICK, refused_rest=LONG)
    )
    for number in range(100, 110):
        await open_case(store, number, guild_id=7)
    good = await open_case(store, 200, guild_id=8)
    async with running(outbox.run()):
        await until(lambda: wall.of(good))
    assert [card.case_id for card in wall.cards.values()] == [good]


async def test_a_busy_guild_gives_way_to_a_quiet_one_after_every_batch(store: Store, wall: Wall) -> None:
    for number in range(100, 130):
        await open_case(store, number, guild_id=7)
    quiet = await open_case(store, 200, guild_id=8)
    outbox = an_outbox(store, wall, width=1)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert wall.calls.index(f"post {quiet} {REVIEW}") <= QUICK.batch


async def test_never_more_guilds_than_the_width_are_served_at_once(store: Store, wall: Wall) -> None:
    for guild_id in range(7, 17):
        await open_case(store, guild_id, guild_id=guild_id)
    wall.gate = asyncio.Event()
    outbox = an_outbox(store, wall, width=3)
    async with running(outbox.run()):
        await asyncio.sleep(0.1)
        assert wall.count("post") == 3
        wall.gate.set()
        await until_nothing_is_owed(store)


async def test_a_purged_guild_is_forgotten(store: Store, wall: Wall, outbox: CardOutbox) -> None:
    wall.refusing = {REVIEW}
    for number in range(100, 104):
        await open_case(store, number)
    async with running(outbox.run()):
        await until(lambda: outbox.problem(GUILD))
        await store.purge(GUILD)
        await until(lambda: outbox.problem(GUILD) is None)
    assert wall.cards == {}


async def test_refresh_shows_the_newest_version_through_the_interaction_alone(store: Store, wall: Wall) -> None:
    outbox = an_outbox(store, wall, poll=LONG)
    case_id = await open_case(store)
    seen: list[CaseFile] = []

    async def through(case: CaseFile) -> None:
        seen.append(case)

    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        await store.decide(a_decision(case_id))
        await outbox.refresh(case_id, through)
        assert await store.guilds_owing_cards() == []
        await asyncio.sleep(0.02)
    assert [case.state for case in seen] == [CaseState.DECIDED]
    assert wall.count("update") == 0


async def test_a_card_that_a_click_is_updating_is_not_edited_a_second_time_by_the_outbox(
    store: Store, wall: Wall
) -> None:
    outbox = an_outbox(store, wall, poll=LONG)
    case_id = await open_case(store)

    async def through(_: CaseFile) -> None:
        outbox.stir(GUILD)
        await asyncio.sleep(0.05)  # the outbox has read what is owed, and waits for this card

    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        await store.decide(a_decision(case_id))
        await outbox.refresh(case_id, through)
        await asyncio.sleep(0.05)
    assert wall.count("update") == 0


async def test_where_the_interaction_fails_the_card_is_edited_in_the_channel(store: Store, wall: Wall) -> None:
    outbox = an_outbox(store, wall, poll=LONG)
    case_id = await open_case(store)

    async def through(_: CaseFile) -> None:
        raise DiscordAway("Discord cannot be reached (TimeoutError).")

    async with running(outbox.run()):
        await until_nothing_is_owed(store)
        await store.decide(a_decision(case_id))
        await outbox.refresh(case_id, through)
        await until_nothing_is_owed(store)
    assert [card.state for card in wall.of(case_id)] == [CaseState.DECIDED]


async def test_refresh_and_the_outbox_never_work_on_one_card_at_once(store: Store, wall: Wall) -> None:
    outbox = an_outbox(store, wall)
    case_id = await open_case(store)
    in_refresh, go_on = asyncio.Event(), asyncio.Event()

    async def through(_: CaseFile) -> None:
        in_refresh.set()
        await go_on.wait()

    async with running(outbox.run()):
        refreshing = asyncio.create_task(outbox.refresh(case_id, through))
        await in_refresh.wait()
        await asyncio.sleep(0.05)
        assert wall.calls == []
        go_on.set()
        await refreshing
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_a_refresh_of_a_card_that_nobody_confirmed_leaves_it_to_the_look(
    store: Store, wall: Wall, outbox: CardOutbox
) -> None:
    case_id = await open_case(store)
    await store.begin_card(case_id, REVIEW)
    await wall.post(await store.case(case_id), REVIEW)

    async def through(_: CaseFile) -> None:
        """The click came from the card that we have no word of yet."""

    await outbox.refresh(case_id, through)
    assert await store.guilds_owing_cards() == [GUILD]
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1


async def test_a_refresh_of_an_unknown_case_says_so(outbox: CardOutbox) -> None:
    async def through(_: CaseFile) -> None:
        raise AssertionError("there is nothing to show")

    with pytest.raises(UnknownCase):
        await outbox.refresh(12345, through)


async def test_open_cases_whose_channel_was_deleted_get_new_cards_in_the_channel_that_is_set_now(
    store: Store, wall: Wall
) -> None:
    old = an_outbox(store, wall, channel=OLD_REVIEW)
    case_id, decided_id = await open_case(store, 1), await open_case(store, 2)
    async with running(old.run()):
        await until_nothing_is_owed(store)
    await store.decide(a_decision(decided_id))
    await store.settle(decided_id, enforced=True, outcome="Dismissed.")
    outbox = an_outbox(store, wall)
    await outbox.channel_gone(GUILD, OLD_REVIEW)
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert [card.channel_id for card in wall.of(case_id)] == [OLD_REVIEW, REVIEW]
    assert [card.channel_id for card in wall.of(decided_id)] == [OLD_REVIEW]


class Overtaken:
    """A store in which every case is decided as soon as it was listed as owing a card."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def cards_owed(self, guild_id: int, limit: int) -> list[CaseFile]:
        cases = await self._store.cards_owed(guild_id, limit)
        for case in cases:
            await self._store.decide(a_decision(case.id))
        return cases


async def test_a_case_that_was_decided_before_its_card_was_posted_gets_none(store: Store, wall: Wall) -> None:
    await open_case(store)
    async with running(an_outbox(Overtaken(store), wall).run()):  # type: ignore[arg-type] # stands in for the store
        await until_nothing_is_owed(store)
        await asyncio.sleep(0.05)
    assert wall.calls == []


class FullDisk:
    """A store whose calls fail for a while."""

    def __init__(self, store: Store, name: str, times: int) -> None:
        self._store, self._name, self.times = store, name, times

    def __getattr__(self, name: str) -> object:
        if name == self._name and self.times:
            self.times -= 1
            raise StoreUnavailable("The disk is full. Make room.")
        return getattr(self._store, name)


@pytest.mark.parametrize(
    "call", ["guilds_owing_cards", "cards_owed", "case", "begin_card", "card_shown", "forget_card"]
)
async def test_a_memory_that_fails_for_a_while_costs_time_and_nothing_else(
    store: Store, wall: Wall, call: str
) -> None:
    wall.away = 1
    case_id = await open_case(store)
    full = FullDisk(store, call, 3)
    async with running(an_outbox(full, wall).run()):  # type: ignore[arg-type] # stands in for the whole store
        await until_nothing_is_owed(store)
    assert full.times == 0
    assert len(wall.of(case_id)) == 1


async def test_a_clock_that_was_put_back_does_not_hold_a_card_up(store: Store, wall: Wall) -> None:
    case_id = await open_case(store)
    await store.begin_card(case_id, REVIEW)
    outbox = CardOutbox(
        store, wall, lambda _: REVIEW, clock=lambda: utc_now() - timedelta(hours=1), settings=QUICK
    )
    async with running(outbox.run()):
        await until_nothing_is_owed(store)
    assert len(wall.of(case_id)) == 1
