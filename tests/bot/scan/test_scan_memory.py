"""Files of any size go through in flat memory; measured in a process of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import asyncio, resource, sys
from pathlib import Path
from tests.bot.scan.samples import options_for, scan

def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak_mib()
folder = Path(sys.argv[1])
summary = asyncio.run(scan(options_for(folder, folder / sys.argv[2])))
print(summary.tally.messages, summary.tally.unread, summary.open, peak_mib() - before)
"""
BIG = 100_000_000


def scanned(folder: Path, name: str) -> tuple[int, int, int, float]:
    command = [sys.executable, "-c", _PROGRAM, str(folder), name]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    messages, unread, opened, mib = done.stdout.split()
    return int(messages), int(unread), int(opened), float(mib)


def write_big(path: Path, begin: bytes, end: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(begin)
        for _ in range(BIG // 1_000_000):
            stream.write(b'a\\"' * 333_333)
        stream.write(end)


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("line.jsonl", b'{"text": "hi"}\n{"text": "', b'"}\n{"text": "you loser"}\n'),
        (
            "chat.json",
            b'{"guild":{"id":"7"},"channel":{"id":"5"},"messages":[{"id":"1","content":"hi"},{"id":"2","content":"',
            b'"},{"id":"3","content":"you loser"}],"messageCount":3}',
        ),
    ],
    ids=["lines", "export"],
)
def test_a_hundred_megabytes_in_one_line_cost_little_memory_and_one_record(
    tmp_path: Path, name: str, begin: bytes, end: bytes
) -> None:
    write_big(tmp_path / name, begin, end)
    messages, unread, opened, mib = scanned(tmp_path, name)
    assert (messages, unread, opened) == (2, 1, 1)
    assert mib < 60


def test_many_messages_cost_no_more_memory_than_few(tmp_path: Path) -> None:
    few, many = tmp_path / "few.jsonl", tmp_path / "many.jsonl"
    for path, count in ((few, 2_000), (many, 30_000)):
        with path.open("w") as stream:
            stream.writelines(f'{{"text": "message number {number} of this chat"}}\n' for number in range(count))
    small = scanned(tmp_path, "few.jsonl")[3]
    (tmp_path / "out").rename(tmp_path / "out-few")
    messages, _, _, large = scanned(tmp_path, "many.jsonl")
    assert messages == 30_000
    assert large - small < 20
