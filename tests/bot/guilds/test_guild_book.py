import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.guilds.book import GuildBook
from bot.guilds.errors import NotWritten
from bot.guilds.settings import GuildSettings
from bot.guilds.settings_file import dump_settings, parse_settings
from policies.document import PolicyError
from tests.bot.guilds.shelves import GUILD, OTHER, left_in, running, until
from tests.policies.strategies import snowflakes

SET = GuildSettings(review_channel=123, moderator_roles=(4, 5))


@given(st.one_of(st.none(), snowflakes), st.lists(snowflakes, max_size=5).map(tuple))
def test_settings_read_back_the_same(channel: int | None, roles: tuple[int, ...]) -> None:
    settings = GuildSettings(review_channel=channel, moderator_roles=roles)
    assert parse_settings(dump_settings(settings), "1.yaml") == settings


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60))
@example("\u200f\u05e9\u05dc\u05d5\u05dd {server}")  # as a Hebrew server may begin its notices
@example("pasted\u2028from elsewhere")
def test_own_words_read_back_the_same_whatever_is_in_them(words: str) -> None:
    settings = GuildSettings(notice=words, help_text=words)
    assert parse_settings(dump_settings(settings), "1.yaml") == settings


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("format: 2\n", "1.yaml:1:9"),
        ("format: 1\nreview_channel: general\n", "1.yaml:2:17"),
        ("format: 1\nmoderator_roles: 12\n", "1.yaml:2:18"),
        ("format: 1\nmoderator_roles: [0]\n", "1.yaml:2:19"),
        ("format: 1\nreview_chanel: 1\n", "1.yaml:2:1"),
        ("format: 1\nreview_channel: 1\nreview_channel: 2\n", "1.yaml:3:1"),
        ("format: 1\nmoderator_roles: &a [1]\n", "1.yaml:2:18"),
        ("", "1.yaml:1:1"),
    ],
)
def test_bad_settings_are_told_with_their_place_and_what_to_write(text: str, place: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse_settings(text.encode(), "1.yaml")
    assert str(error.value).startswith(place)
    assert "/safeguild setup" in str(error.value)


async def test_a_guild_without_a_file_has_set_nothing(tmp_path: Path) -> None:
    book = await GuildBook.open(tmp_path / "guilds")
    assert book.settings(GUILD) == GuildSettings()
    assert book.problems(GUILD) == ()


async def test_saved_settings_hold_at_once_and_after_a_restart(tmp_path: Path) -> None:
    book = await GuildBook.open(tmp_path / "guilds")
    await book.save(GUILD, SET)
    assert book.settings(GUILD) == SET
    path = tmp_path / "guilds" / f"{GUILD}.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (await GuildBook.open(tmp_path / "guilds")).settings(GUILD) == SET


async def test_a_hand_edit_is_picked_up_and_told_and_a_command_is_not_taken_for_one(tmp_path: Path) -> None:
    book = await GuildBook.open(tmp_path)
    changed: list[int] = []
    with capture_logs() as logs:
        async with running(book.watch(changed.append)):
            await book.save(OTHER, SET)
            (tmp_path / f"{GUILD}.yaml").write_text("format: 1\nreview_channel: 9\n")
            await until(lambda: book.settings(GUILD).review_channel == 9)
            (tmp_path / f"{GUILD}.yaml").unlink()
            await until(lambda: book.settings(GUILD) == GuildSettings())
    assert changed == [GUILD, GUILD]
    assert {entry["guild"] for entry in logs} == {GUILD}


async def test_a_bad_edit_keeps_what_was_set_also_after_a_restart(tmp_path: Path) -> None:
    book = await GuildBook.open(tmp_path)
    await book.save(GUILD, SET)
    path = tmp_path / f"{GUILD}.yaml"
    async with running(book.watch(lambda _: None)):
        with capture_logs() as logs:
            path.write_text("format: 1\nreview_channel: general\n")
            await until(lambda: bool(book.problems(GUILD)))
        assert [(line["line"], line["advice"]) for line in logs] == [(2, "/safeguild status says what is wrong")]
        assert book.settings(GUILD) == SET
    again = await GuildBook.open(tmp_path)
    assert again.settings(GUILD) == SET
    assert again.problems(GUILD)[0].line == 2


async def test_a_file_that_belongs_to_no_guild_harms_none(tmp_path: Path) -> None:
    (tmp_path / "general.yaml").write_text("format: 1\n")
    (tmp_path / "007.yaml").write_text("format: 1\n")
    with capture_logs() as logs:
        book = await GuildBook.open(tmp_path)
    assert book.settings(7) == GuildSettings()
    assert {entry["file"] for entry in logs} == {"general.yaml", "007.yaml"}


async def test_a_forgotten_guild_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    book = await GuildBook.open(tmp_path)
    await book.save(GUILD, SET)
    await book.forget(GUILD)
    await book.forget(GUILD)
    assert book.settings(GUILD) == GuildSettings()
    assert left_in(tmp_path) <= {".last-good"}


async def test_a_disk_that_refuses_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = await GuildBook.open(tmp_path)
    await book.save(GUILD, SET)

    def broken(_path: Path, _data: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("bot.guilds.files.write_private", broken)
    with pytest.raises(NotWritten, match="Read-only file system"):
        await book.save(GUILD, GuildSettings())
    assert book.settings(GUILD) == SET
