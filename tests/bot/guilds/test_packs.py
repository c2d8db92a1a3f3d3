import io
import zipfile

import pytest

from bot.guilds.packs import MOST_PACKED_BYTES, PackError, packed, unpacked
from policies.yaml_tree import MAX_BYTES

ONE = b"format: 1\ntitle: One\n"


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name.replace("__", "/"), data)
    return made.getvalue()


def test_one_document_is_taken_as_it_is_with_the_files_name() -> None:
    (found,) = unpacked("My-Spam.YAML", b"---\n# ours\n" + ONE)
    assert (found.policy_id, found.source) == ("my-spam", b"---\n# ours\n" + ONE)
    assert unpacked("no name.yaml", ONE)[0].policy_id == ""


def test_several_documents_are_several_policies_and_comments_alone_are_none() -> None:
    found = unpacked("pack.yaml", b"# head\n---\n" + ONE + b"--- # second\r\n" + ONE + b"---\n# tail\n")
    assert [(each.policy_id, each.source.strip()) for each in found] == [("", ONE.strip())] * 2


def test_a_dash_line_inside_a_text_does_not_part_it() -> None:
    text = ONE + b"goal: |\n  a\n  ---\n  b\n"
    assert [each.source for each in unpacked("a.yaml", text)] == [text]


def test_what_was_packed_comes_back_and_the_same_policies_make_the_same_bytes() -> None:
    sources = {"spam": ONE, "hate": b"# x\r\n" + ONE}
    assert {each.policy_id: each.source for each in unpacked("p.zip", packed(sources))} == sources
    assert packed(sources) == packed(dict(reversed(sources.items())))


def test_of_a_zip_only_policies_are_read() -> None:
    made = zipped(**{"a.yaml": ONE, "folder__b.yml": ONE, "readme.txt": b"hello", ".hidden.yaml": ONE})
    assert [each.policy_id for each in unpacked("p.zip", made)] == ["a", "b"]
    mac = io.BytesIO()
    with zipfile.ZipFile(mac, "w") as pack:
        pack.writestr("__MACOSX/a.yaml", ONE)
    with pytest.raises(PackError, match="no policy"):
        unpacked("p.zip", mac.getvalue())


def test_no_more_of_a_bomb_is_unpacked_than_a_policy_may_have() -> None:
    (found,) = unpacked("p.zip", zipped(**{"a.yaml": b"a" * 30_000_000}))
    assert len(found.source) == MAX_BYTES + 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04" + b"x" * 100, "cannot be read"),
        (b"PK\x03\x04" + b"x" * MOST_PACKED_BYTES, "larger than"),
        (b"", "no policy"),
        (b"a: 1\n---\n" * 20, "There are 20 policies"),
        (b"a" * (MAX_BYTES * 12 + 1), "too large"),
    ],
)
def test_what_cannot_be_taken_apart_is_told(data: bytes, words: str) -> None:
    with pytest.raises(PackError, match=words):
        unpacked("a.yaml", data)
