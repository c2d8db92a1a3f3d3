import csv
import gzip
import io
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.errors import BadRow, EvaluationError
from bot.evaluation.lines import MAX_ROW
from bot.evaluation.rows import Row, open_rows

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=20)


def rows_of(path: Path) -> list[Row | BadRow]:
    with open_rows(path) as rows:
        return list(rows)


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fields(path: Path) -> list[object]:
    return [row.fields if isinstance(row, Row) else str(row) for row in rows_of(path)]


class TestJsonLines:
    def test_each_line_is_a_row_with_its_number(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.jsonl", '{"text": "a"}\n\n{"text": "b", "label": 1}')
        assert rows_of(path) == [Row(1, {"text": "a"}), Row(3, {"text": "b", "label": 1})]

    def test_lines_that_are_no_objects_are_listed_and_lose_nothing_else(self, tmp_path: Path) -> None:
        lines = [b'{"a": 1}', b'{"a": ', b'"text"', b'{"a": "\xff"}', b'{"a": 2}']
        assert fields(written(tmp_path / "a.jsonl", b"\n".join(lines))) == [
            {"a": 1},
            "line 2: not valid JSON",
            "line 3: not a JSON object",
            "line 4: not valid UTF-8",
            {"a": 2},
        ]

    @given(items=st.lists(st.dictionaries(words, words | st.none() | st.booleans()), min_size=1, max_size=5))
    def test_whatever_json_holds_comes_out(
        self, tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, object]]
    ) -> None:
        path = written(tmp_path_factory.mktemp("rows") / "a.jsonl", b"\n".join(map(orjson.dumps, items)))
        assert fields(path) == items

    def test_a_list_is_told_from_lines(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match="line 1: this is one JSON list"):
            rows_of(written(tmp_path / "a.json", '[{"text": "a"}]'))


class TestTables:
    @given(table=st.lists(st.tuples(words, words), min_size=1, max_size=5), separator=st.sampled_from(",;\t"))
    def test_whatever_a_table_holds_comes_out(
        self, tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]], separator: str
    ) -> None:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows([("text", "label"), *table])
        path = written(tmp_path_factory.mktemp("rows") / "a.csv", text.getvalue())
        assert fields(path) == [{"text": first, "label": second} for first, second in table]

    def test_a_text_may_have_several_lines_and_rows_are_named_by_their_first(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", 'text,label\n"one\ntwo",1\nthree,0\n')
        assert rows_of(path) == [
            Row(2, {"text": "one\ntwo", "label": "1"}),
            Row(4, {"text": "three", "label": "0"}),
        ]

    def test_rows_of_another_width_or_encoding_are_listed(self, tmp_path: Path) -> None:
        content = b'text,label\nok,1\nonly one\na,b,c\ncaf\xe9,1\n"a\nb\xff",0\nlast,0\n'
        assert fields(written(tmp_path / "a.csv", content)) == [
            {"text": "ok", "label": "1"},
            "line 3: 1 fields, where the header names 2",
            "line 4: 3 fields, where the header names 2",
            "line 5: not valid UTF-8",
            "line 6: not valid UTF-8",
            {"text": "last", "label": "0"},
        ]

    def test_a_quotation_mark_that_is_never_closed_is_said_with_what_it_took(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", 'text,label\nok,1\n"open,0\nlost,1\n')
        assert fields(path)[1:] == [
            (
                "line 3: it and the lines to 4 cannot be read as one row: unexpected end of data; "
                "is a quotation mark missing?"
            )
        ]

    def test_after_a_runaway_quotation_the_rows_go_on(self, tmp_path: Path) -> None:
        filler = "x" * 60_000 + "\n"
        path = written(tmp_path / "a.csv", f'text,label\n"open,0\n{filler * 20}good,1\n')
        found = rows_of(path)
        assert isinstance(found[0], BadRow)
        assert "the lines to" in found[0].what
        assert found[-1] == Row(23, {"text": "good", "label": "1"})

    @pytest.mark.parametrize(
        ("header", "told"),
        [
            ("text,text", "two columns are called 'text'"),
            ('"text', "cannot be read"),
            ("te\xff", "not valid UTF-8"),
        ],
    )
    def test_a_bad_header_is_an_error_with_its_line(self, tmp_path: Path, header: str, told: str) -> None:
        with pytest.raises(EvaluationError, match=f"line 2: .*{told}"):
            rows_of(written(tmp_path / "a.csv", f"\n{header}\nok,1\n".encode("latin-1")))


class TestFiles:
    def test_gzip_and_a_byte_order_mark_are_read_through(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv.gz", gzip.compress("\ufefftext,label\nhé,1\n".encode()))
        assert rows_of(path) == [Row(2, {"text": "hé", "label": "1"})]

    @pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
    def test_a_row_of_ten_megabytes_is_listed_without_being_read_in(self, tmp_path: Path, name: str) -> None:
        text = "x" * 10_000_000
        rows = (
            [b'{"text": "a"}', b'{"text": "%s"}' % text.encode(), b'{"text": "b"}']
            if name.endswith("jsonl")
            else [b"text,label", b"a,1", text.encode() + b",1", b"b,0"]
        )
        found = rows_of(written(tmp_path / name, b"\n".join(rows)))
        assert [type(row) for row in found] == [Row, BadRow, Row]
        assert isinstance(found[1], BadRow)
        assert found[1].what.startswith("10,000,0")
        assert f"{MAX_ROW:,}" in found[1].what

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "is empty"),
            (b"\n \n", "is empty"),
            ("text,label\n".encode("utf-16"), "is UTF-16"),
            (b"PAR1....", "is a Parquet file"),
            (b"PK\x03\x04....", "is a zip file"),
        ],
    )
    def test_what_is_no_data_set_is_refused_with_advice(self, tmp_path: Path, content: bytes, told: str) -> None:
        with pytest.raises(EvaluationError, match=told) as caught:
            rows_of(written(tmp_path / "a.csv", content))
        assert caught.value.hint

    def test_a_cut_off_archive_is_refused_rather_than_measured_in_part(self, tmp_path: Path) -> None:
        whole = gzip.compress(b'{"text": "a"}\n' * 50_000)
        with pytest.raises(EvaluationError, match="cut off after line"):
            rows_of(written(tmp_path / "a.jsonl.gz", whole[: len(whole) // 2]))

    def test_a_missing_file_and_a_folder_are_told_apart(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match="there is no such file"):
            rows_of(tmp_path / "none.csv")
        with pytest.raises(EvaluationError, match="is a folder"):
            rows_of(tmp_path)
