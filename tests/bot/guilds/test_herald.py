import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from bot.guilds.herald import Herald
from bot.ports import DiscordAway, Refused
from policies.phrases import phrase
from policies.problems import Problem
from tests.bot.guilds.shelves import running, until

GUILD, CHANNEL = 700, 5


def problems(line: int = 2, file: str = "spam.yaml") -> tuple[Problem, ...]:
    return (Problem(file, line, 1, phrase("there is no key {key} here", key="`x`"), phrase("delete it")),)


class Channel:
    """A review channel that may be away, or refuse."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, int]] = []
        self.troubles: list[Exception] = []

    async def tell(self, guild_id: int, channel_id: int, told: tuple[Problem, ...]) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.told.append((guild_id, channel_id, told[0].line))


def herald(folder: Path, channel: Channel, place: int | None = CHANNEL) -> Herald:
    (folder / str(GUILD)).mkdir(exist_ok=True)
    return Herald(folder, lambda _: place, channel, pause=0.01)


async def test_a_change_is_told_once_also_over_a_restart(tmp_path: Path) -> None:
    channel = Channel()
    for _ in range(2):
        each = herald(tmp_path, channel)
        async with running(each.run()):
            each.hear(GUILD, problems())
            await asyncio.sleep(0.1)
    assert channel.told == [(GUILD, CHANNEL, 2)]
    each = herald(tmp_path, channel)
    async with running(each.run()):
        each.hear(GUILD, problems(line=3))
        await until(lambda: len(channel.told) == 2)


async def test_it_tries_again_when_discord_was_away_and_gives_up_when_it_refuses(tmp_path: Path) -> None:
    channel = Channel()
    channel.troubles = [DiscordAway("away"), Refused("no permission")]
    each = herald(tmp_path, channel)
    with capture_logs() as logs:
        async with running(each.run()):
            each.hear(GUILD, problems())
            await until(lambda: not channel.troubles)
            each.hear(GUILD, problems(file="hate.yaml"))
            await until(lambda: bool(channel.told))
    assert [line["reason"] for line in logs] == ["no permission"]


async def test_without_a_review_channel_nothing_is_told_and_a_forgotten_guild_stays_forgotten(
    tmp_path: Path,
) -> None:
    channel = Channel()
    each = herald(tmp_path, channel, place=None)
    async with running(each.run()):
        each.hear(GUILD, problems())
        await asyncio.sleep(0.05)
    assert channel.told == []
    each = herald(tmp_path, channel)
    (tmp_path / str(GUILD)).rmdir()
    async with running(each.run()):
        each.hear(GUILD, problems())
        await until(lambda: bool(channel.told))
        await asyncio.sleep(0.05)
    assert not (tmp_path / str(GUILD)).exists()
