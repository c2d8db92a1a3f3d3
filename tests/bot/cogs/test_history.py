"""The history port, against a small REST server on this machine."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from aiohttp import web

from bot.case import Earlier, Message
from bot.cogs.client import SafeguildBot
from bot.cogs.history import DiscordHistory
from bot.ports import DiscordAway, Gone, Refused
from tests.bot.cogs import payloads
from tests.bot.cogs.housemates import Household, tell, unconnected_bot, until
from tests.bot.cogs.payloads import AUTHOR, BOT, FIRST, FORUM, GENERAL, GUILD


class Rest:
    """Channels with messages, and members; or the failure it is set to."""

    def __init__(self) -> None:
        self.channels: dict[int, list[dict[str, Any]]] = {GENERAL: []}
        self.failure: tuple[int, int] | None = None
        self.asked: list[str] = []
        self.members: dict[int, dict[str, Any]] = {}
        self.delay = 0.0

    async def me(self, _: web.Request) -> web.Response:
        return _json(payloads.user(BOT, bot=True))

    async def application(self, _: web.Request) -> web.Response:
        about = {"name": "x", "description": "", "icon": None, "summary": "", "flags": 0, "verify_key": ""}
        more = {"bot_public": True, "bot_require_code_grant": False, "rpc_origins": []}
        return _json({"id": str(BOT), "owner": payloads.user(1), **about, **more})

    async def messages(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        await asyncio.sleep(self.delay)
        if self.failure:
            return _json({"message": "no", "code": self.failure[1]}, self.failure[0])
        after, before = (
            int(request.query.get(key, default)) for key, default in (("after", 0), ("before", 1 << 62))
        )
        limit = int(request.query["limit"])
        held = [one for one in self.channels[int(request.match_info["id"])] if after < int(one["id"]) < before]
        page = held[:limit] if after else held[-limit:]
        return _json(
            [{key: one[key] for key in one if key not in ("member", "guild_id")} for one in reversed(page)]
        )

    async def channel(self, request: web.Request) -> web.Response:
        if int(request.match_info["id"]) not in self.channels:
            return _json({"message": "Unknown Channel", "code": 10003}, 404)
        return _json(payloads.thread(int(request.match_info["id"]), FORUM, "An archived post"))

    async def member(self, request: web.Request) -> web.Response:
        found = self.members.get(int(request.match_info["id"]))
        return _json(found) if found else _json({"message": "Unknown Member", "code": 10007}, 404)


def _json(data: Any, status: int = 200) -> web.Response:
    answer = web.json_response(data, status=status)
    answer.headers["Content-Type"] = "application/json"  # discord.py compares with exactly this
    return answer


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
async def bot(rest: Rest) -> AsyncIterator[SafeguildBot]:
    app = web.Application()
    app.router.add_get("/users/@me", rest.me)
    app.router.add_get("/oauth2/applications/@me", rest.application)
    app.router.add_get("/channels/{id}/messages", rest.messages)
    app.router.add_get("/channels/{id}", rest.channel)
    app.router.add_get(f"/guilds/{GUILD}/members/{{id}}", rest.member)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot = unconnected_bot(Household(), api=f"http://127.0.0.1:{runner.addresses[0][1]}")
    async with bot:
        await bot.login("token")
        tell(bot, "READY", payloads.ready(GUILD))
        tell(bot, "GUILD_CREATE", payloads.guild())
        await asyncio.sleep(0)
        yield bot
    await runner.cleanup()


@pytest.fixture
def history(bot: SafeguildBot) -> DiscordHistory:
    return DiscordHistory(bot)


def judged(message_id: int = FIRST, author_id: int = AUTHOR) -> Message:
    return Message(
        id=message_id,
        guild_id=GUILD,
        channel_id=GENERAL,
        author_id=author_id,
        created_at=datetime(2024, 1, 25, tzinfo=UTC),
        content="x",
    )


async def test_a_page_holds_what_members_wrote_and_ends_with_the_highest_id_of_all(
    rest: Rest, history: DiscordHistory
) -> None:
    rest.channels[GENERAL] = [
        payloads.message(FIRST),
        payloads.message(FIRST + 1, "first"),
        payloads.message(FIRST + 2, "second"),
        payloads.message(FIRST + 3, author=payloads.user(BOT, bot=True)),
    ]
    page = await history.after(GUILD, GENERAL, FIRST)
    assert [message.content for message in page.messages] == ["first", "second"]
    assert (page.last_id, page.more) == (FIRST + 3, False)
    assert page.messages[0].channel_name == f"channel{GENERAL}"
    assert page.messages[0].guild_id == GUILD
    assert page.messages[0].joined_at is None


async def test_a_long_history_is_given_out_page_by_page_without_a_gap(rest: Rest, history: DiscordHistory) -> None:
    rest.channels[GENERAL] = [payloads.message(FIRST + n) for n in range(1, 251)]
    at, seen, more = FIRST, [], True
    while more:
        page = await history.after(GUILD, GENERAL, at)
        seen += [message.id for message in page.messages]
        at, more = page.last_id, page.more
    assert seen == [FIRST + n for n in range(1, 251)]
    assert len(rest.asked) == 3


async def test_an_empty_page_ends_where_it_began(history: DiscordHistory) -> None:
    page = await history.after(GUILD, GENERAL, FIRST)
    assert (page.messages, page.last_id, page.more) == ((), FIRST, False)


async def test_a_thread_that_is_not_known_is_read_with_its_title(rest: Rest, history: DiscordHistory) -> None:
    rest.channels[FIRST] = [payloads.message(FIRST, "post", channel_id=str(FIRST))]
    page = await history.after(GUILD, FIRST, FIRST - 1)
    assert page.messages[0].text == "post\nAn archived post"
    assert page.messages[0].parent_id == FORUM


async def test_context_is_what_members_said_before_oldest_first(rest: Rest, history: DiscordHistory) -> None:
    rest.channels[GENERAL] = [
        payloads.message(FIRST + 1, "one"),
        payloads.message(FIRST + 2, "two"),
        payloads.message(FIRST + 3, author=payloads.user(BOT, bot=True)),
        payloads.message(FIRST + 4, "three"),
        payloads.message(FIRST + 5, "the message itself"),
    ]
    assert await history.before(judged(FIRST + 5), 2) == (
        Earlier(message_id=FIRST + 2, author_id=AUTHOR, text="two"),
        Earlier(message_id=FIRST + 4, author_id=AUTHOR, text="three"),
    )


async def test_an_author_is_looked_up_with_roles_and_time_of_joining(rest: Rest, history: DiscordHistory) -> None:
    rest.members[AUTHOR] = {**payloads.member(1001, 5), "user": payloads.user()}
    completed = await history.completed(judged())
    assert completed.role_ids == (5, 1001)
    assert completed.joined_at is not None


async def test_an_author_who_has_left_changes_nothing(history: DiscordHistory) -> None:
    assert await history.completed(judged(author_id=5)) == judged(author_id=5)


@pytest.mark.parametrize(
    ("failure", "error"),
    [((403, 50001), Refused), ((404, 10003), Gone), ((403, 0), DiscordAway), ((503, 0), DiscordAway)],
)
async def test_failures_come_as_the_cores_own(
    rest: Rest, history: DiscordHistory, failure: tuple[int, int], error: type[Exception]
) -> None:
    rest.failure = failure
    with pytest.raises(error):
        await history.after(GUILD, GENERAL, FIRST)
    with pytest.raises(error):
        await history.before(judged(), 4)


async def test_a_channel_that_is_not_there_is_gone(history: DiscordHistory) -> None:
    with pytest.raises(Gone):
        await history.after(GUILD, 4242, FIRST)


async def test_who_gives_up_waiting_does_not_cancel_the_request(rest: Rest, history: DiscordHistory) -> None:
    rest.delay = 0.1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(history.before(judged(), 4), 0.02)
    assert history._requests._asked
    await until(lambda: not history._requests._asked)
    assert len(rest.asked) == 1


async def test_a_history_that_is_not_shown_is_refused_and_not_taken_for_an_empty_one(
    rest: Rest, bot: SafeguildBot, history: DiscordHistory
) -> None:
    hidden = payloads.role(GUILD, payloads.READ & ~discord.Permissions(read_message_history=True).value)
    tell(bot, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": hidden})
    with pytest.raises(Refused, match="Read Message History"):
        await history.after(GUILD, GENERAL, FIRST)
    with pytest.raises(Refused, match="Read Message History"):
        await history.before(judged(), 4)
    assert rest.asked == []
