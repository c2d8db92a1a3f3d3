import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scan import records
from bot.scan.records import Truncated, lines, objects

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
MESSAGES = st.lists(st.dictionaries(st.text(max_size=8), VALUES, max_size=4), max_size=6)


@given(MESSAGES, st.integers(1, 40), st.booleans(), st.sampled_from([None, 2]))
def test_every_record_comes_out_whole_wherever_the_chunks_end(
    messages: list[dict[str, Any]], chunk: int, ascii_only: bool, indent: int | None
) -> None:
    document = {"guild": {"id": "1]}\\"}, "note": "}{", "messages": messages, "messageCount": len(messages)}
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "CHUNK", chunk)
        patch.setattr(records, "_MAX_HELD_BACK", 8)
        found = list(objects(io.BytesIO(raw)))
    bodies = [record.raw.decode("utf-8", "surrogatepass") for record in found if record.raw]
    assert [json.loads(body) for body in bodies] == [document["guild"], *messages]
    assert [record.number for record in found[1:]] == list(range(1, len(messages) + 1))
    assert all(raw.startswith(record.raw or b"", record.offset) for record in found)


def test_a_file_that_is_cut_off_gives_what_is_whole_and_says_where_it_ends() -> None:
    raw = json.dumps({"messages": [{"id": 1}, {"id": 2, "content": "long text"}]}).encode()
    cut = raw[: raw.index(b"long")]
    reading = objects(io.BytesIO(cut))
    assert next(reading).raw == b'{"id": 1}'
    with pytest.raises(Truncated) as caught:
        next(reading)
    assert (caught.value.number, caught.value.offset) == (2, raw.index(b'{"id": 2'))


@given(st.binary(max_size=300))
def test_any_bytes_end_in_records_or_a_truncation(junk: bytes) -> None:
    try:
        for record in objects(io.BytesIO(b'{"messages":[' + junk)):
            assert record.raw is not None
    except Truncated:
        pass


def test_a_record_that_is_too_long_is_told_and_the_next_one_is_read() -> None:
    raw = b'{"messages":[{"a":"' + b'\\"{' * 50_000 + b'"},{"b":1}]}'
    first, second = objects(io.BytesIO(raw), limit=1000)
    assert (first.raw, second.raw) == (None, b'{"b":1}')


def test_lines_know_their_numbers_and_offsets_and_blank_ones_are_passed_over() -> None:
    found = list(lines(io.BytesIO(b'{"a":1}\n\n  \n{"b":2}')))
    assert [(record.number, record.offset, record.raw) for record in found] == [
        (1, 0, b'{"a":1}\n'),
        (4, 12, b'{"b":2}'),
    ]


@pytest.mark.parametrize("length", [9, 10, 11, 600_000])
def test_an_overlong_line_is_told_and_the_next_one_is_read(length: int) -> None:
    raw = b"x" * length + b"\nshort\n"
    first, second = lines(io.BytesIO(raw), limit=10)
    assert (first.raw is None) == (length > 9)
    assert (second.number, second.offset, second.raw) == (2, length + 1, b"short\n")
