import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.scan.entry import MAX_TEXT, Skip
from bot.scan.errors import ScanError
from bot.scan.source import Kind, open_source
from tests.bot.scan.samples import BASE_ID, author, export, exported, write_export


def texts(path: Path) -> list[str]:
    return [entry.message.text for entry in open_source(path, 1).entries() if entry.message]


def problems(path: Path) -> list[str]:
    return [str(entry.problem) for entry in open_source(path, 1).entries() if entry.problem]


def test_an_export_is_read_with_everything_that_a_member_can_read(tmp_path: Path) -> None:
    embed = {
        "title": "FREE skins",
        "url": "https://example.com",
        "timestamp": None,
        "description": "claim now",
        "author": {"name": "Shop", "url": None},
        "footer": {"text": "limited"},
        "images": [],
        "fields": [{"name": "Price", "value": "0", "isInline": False}],
        "inlineEmojis": [],
    }
    message = exported(
        1,
        "look",
        type="Reply",
        timestampEdited="2024-05-01T10:00:00+02:00",
        embeds=[embed],
        attachments=[{"id": "1", "url": "https://example.com/a", "fileName": "cat.png", "fileSizeBytes": 5}],
        stickers=[{"id": "2", "name": "wave", "format": "Png", "sourceUrl": "https://example.com/s"}],
        reference={"type": "Default", "messageId": str(BASE_ID), "channelId": "500", "guildId": "700"},
        forwardedMessage={
            "timestamp": "2024-05-01T09:00:00+00:00",
            "timestampEdited": None,
            "content": "sent on",
            "attachments": [],
            "embeds": [],
            "stickers": [],
        },
    )
    source = open_source(write_export(tmp_path / "chat.json", [message]), 1)
    (entry,) = source.entries()
    read = entry.message
    assert read is not None
    assert (source.kind, source.guild_id, read.channel_id, read.channel_name) == (
        Kind.EXPORT,
        700,
        500,
        "channel-500",
    )
    assert read.embeds == (
        "Shop\nFREE skins\nhttps://example.com\nclaim now\nPrice\n0\nlimited",
        "sticker: wave",
        "sent on",
    )
    assert read.attachments == ("cat.png",)
    assert (read.author_name, read.role_ids, read.reply_to) == ("Member 1", (900000000000000001,), BASE_ID)
    assert read.edited_at == datetime(2024, 5, 1, 8, tzinfo=UTC)


def test_bots_and_notices_are_told_apart_from_messages(tmp_path: Path) -> None:
    messages = [
        exported(1, "beep", author=author(1, bot=True)),
        exported(2, "Joined the server.", type="GuildMemberJoin"),
        exported(3, "boosted", type="8"),
        exported(4, "/roll", type="20"),
        exported(5, "what is this", type="SomethingNew"),
    ]
    entries = list(open_source(write_export(tmp_path / "chat.json", messages), 1).entries())
    assert [entry.skip for entry in entries] == [Skip.BOT, Skip.SYSTEM, Skip.SYSTEM, None, None]


def test_a_minified_export_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(export([exported(1, "hi")]), separators=(",", ":")))
    assert texts(path) == ["hi"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    for name, content in (
        ("a.json", json.dumps(export([exported(1, "hi")]), indent=2)),
        ("b.jsonl", '{"text": "hi"}'),
    ):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8-sig")
        assert texts(path) == ["hi"]


def test_lines_need_only_a_text_and_what_is_missing_is_made_up_the_same_way_each_time(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(
        '{"text": "one", "label": 0}\n{"content": "two", "id": "x-17", "author": 5, "channel": "general"}\n'
    )
    first, second = (list(open_source(path, 2).entries()) for _ in range(2))
    assert first == second
    one, two = (entry.message for entry in first)
    assert one is not None
    assert two is not None
    assert (one.id, one.channel_name, one.author_name) == (2_000_000_000_001, "chat.jsonl", "")
    assert (two.content, two.author_id, two.channel_name) == ("two", 5, "general")


def test_a_real_id_tells_the_time_where_none_is_given(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text('{"text": "hi", "id": "175928847299117063"}\n')
    (entry,) = open_source(path, 1).entries()
    assert entry.message is not None
    assert entry.message.created_at == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)


def test_a_bad_line_costs_one_line(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    lines = [
        b'{"text": "ok 1"}',
        b"not json",
        b'{"text": 5, "author": {}}',
        b'["text"]',
        b'{"txt": "typo"}',
        b'{"text": "caf\xe9"}',
        b'{"text": "cut',
        b'{"text": ' + b"[" * 100_000,
        b'{"text": "nul \\u0000"}',
        b'{"text": "ok 2"}',
    ]
    path.write_bytes(b'{"text": "' + b"x" * 70_000 + b'"}\n' + b"\n".join(lines))
    assert texts(path)[1:] == ["ok 1", "nul \ufffd", "ok 2"]
    found = problems(path)
    assert len(found) == 8
    assert any("neither `text` nor `content`" in problem for problem in found)
    assert any("not valid UTF-8" in problem for problem in found)
    assert all("chat.jsonl, line" in problem for problem in found)
    assert not any("typo" in problem or "caf" in problem for problem in found), "a member's text is in a problem"


def test_a_text_longer_than_discord_allows_is_cut_and_told(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text('{"text": "' + "x" * (MAX_TEXT + 1) + '"}\n')
    assert [len(text) for text in texts(path)] == [MAX_TEXT]
    assert "only the first" in problems(path)[0]


def test_a_cut_off_export_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    path = write_export(tmp_path / "chat.json", [exported(number, f"text {number}") for number in range(5)])
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"text 3")])
    assert texts(path) == ["text 0", "text 1", "text 2"]
    assert "cut off" in problems(path)[0]
    assert "message 4, byte" in problems(path)[0]


def test_one_damaged_message_costs_one_message(tmp_path: Path) -> None:
    path = write_export(tmp_path / "chat.json", [exported(number, f"text {number}") for number in range(3)])
    path.write_bytes(path.read_bytes().replace(b"text 1", b"caf\xe9"))
    with pytest.raises(ScanError, match="not UTF-8"):
        open_source(path, 1)
    far = write_export(tmp_path / "far.json", [exported(number, "x" * 200) for number in range(200)])
    raw = far.read_bytes()
    far.write_bytes(
        raw[:-2000].replace(b"x" * 200, b"x" * 199 + b"y", 1) + raw[-2000:].replace(b"xxx", b"\xe9xx", 1)
    )
    assert len(texts(far)) == 199
    assert "not valid UTF-8" in problems(far)[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        ('{"text": "hi"}'.encode("utf-16"), "UTF-16"),
        ('{"text": "hi"}'.encode("utf-16-le"), "UTF-16"),
        ('{"text": "café"}'.encode("latin-1"), "Latin-1"),
        (b"[1, 2]", "list"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"AuthorID,Author,Date\n", "not JSON"),
        (b"\x1f\x8b\x08\x00\x01", "compressed"),
        (b"PK\x03\x04....", "compressed"),
        (b'{"guild": {"id": [], "name": 3}, "messages": []}', "head"),
    ],
)
def test_what_is_no_export_is_refused_with_a_hint(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "chat.json"
    path.write_bytes(content)
    with pytest.raises(ScanError, match=words) as caught:
        open_source(path, 1)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="no such file"):
        open_source(tmp_path / "none.json", 1)
    with pytest.raises(ScanError, match="is a folder"):
        open_source(tmp_path, 1)


def test_a_pipe_is_refused_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ScanError, match="not a file on a disk"):
        open_source(tmp_path / "pipe", 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = write_export(tmp_path / "chat.json", [])
    path.chmod(0)
    with pytest.raises(ScanError, match="denied"):
        open_source(path, 1)
