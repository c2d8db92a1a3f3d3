import os
import stat
from pathlib import Path

import pytest

from policies.document import PolicyError, dump_policy, load_folder, load_policy, write_policy
from policies.policy import Policy, Prefilter, Rule
from policies.starter import starter_policies
from policies.yaml_tree import MAX_BYTES

HOUSE = Policy(id="house", title="House", goal="Keep the house.", rules=(Rule(id="H1", text="No ball games."),))


def test_a_written_policy_is_loaded_under_the_name_of_its_file(tmp_path: Path) -> None:
    path = write_policy(HOUSE, tmp_path / "123" / "policies")
    assert path == tmp_path / "123" / "policies" / "house.yaml"
    assert load_policy(path) == HOUSE


def test_writing_replaces_the_file_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    write_policy(HOUSE, tmp_path)
    changed = HOUSE.model_copy(update={"title": "Our house"})
    write_policy(changed, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["house.yaml"]
    assert load_policy(tmp_path / "house.yaml") == changed


def test_a_failed_write_leaves_the_last_good_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_policy(HOUSE, tmp_path)

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_policy(HOUSE.model_copy(update={"title": "Our house"}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["house.yaml"]
    assert load_policy(tmp_path / "house.yaml") == HOUSE


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "bytes")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        events.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_policy(HOUSE, tmp_path)
    assert events == ["bytes", "name", "folder"]


def test_a_policy_too_large_to_be_read_again_is_not_written(tmp_path: Path) -> None:
    keywords = tuple(f"{number:05}{'x' * 75}" for number in range(5_000))
    huge = HOUSE.model_copy(update={"prefilter": Prefilter(keywords=keywords)})
    with pytest.raises(PolicyError, match=r"house\.yaml:1:1: error: the file would be larger than 384 KB"):
        write_policy(huge, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_gives_its_good_policies_and_an_error_for_each_bad_one(tmp_path: Path) -> None:
    for policy in starter_policies().values():
        write_policy(policy, tmp_path)
    (tmp_path / "broken.yaml").write_text("title: [", encoding="utf-8")
    (tmp_path / "Wrong Name.yaml").write_text(dump_policy(HOUSE), encoding="utf-8")
    (tmp_path / "other.yml").write_text(dump_policy(HOUSE), encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / ".house.1234.tmp").write_text("half", encoding="utf-8")
    (tmp_path / ".hidden.yaml").write_text("half", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a policy", encoding="utf-8")

    policies, errors = load_folder(tmp_path)
    assert [policy.id for policy in policies] == list(starter_policies())
    assert [Path(error.problems[0].file).name for error in errors] == [
        "Wrong Name.yaml", "broken.yaml", "folder.yaml", "other.yml",
    ]  # fmt: skip


def test_the_policies_of_a_folder_are_in_the_order_of_their_ids(tmp_path: Path) -> None:
    for policy_id in ("b", "a-1", "a"):
        write_policy(HOUSE.model_copy(update={"id": policy_id}), tmp_path)
    assert [policy.id for policy in load_folder(tmp_path)[0]] == ["a", "a-1", "b"]


def test_a_folder_that_is_not_there_holds_no_policies(tmp_path: Path) -> None:
    assert load_folder(tmp_path / "nowhere") == ((), ())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("My Rules.yaml", "name the file `my-rules.yaml`"),
        ("house.yml", "name it `house.yaml`"),
        ("HOUSE.txt", "name it `house.yaml`"),
        ("***.yaml", "name the file `my-policy.yaml`"),
    ],
)
def test_a_bad_file_name_is_answered_with_a_good_one(tmp_path: Path, name: str, hint: str) -> None:
    path = tmp_path / name
    path.write_text(dump_policy(HOUSE), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    assert hint in str(caught.value.problems[0].hint)


def test_a_file_that_is_not_there_is_said_like_any_other_problem(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"house\.yaml:1:1: error: the file cannot be read: No such file"):
        load_policy(tmp_path / "house.yaml")


def test_a_pipe_or_a_folder_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for name in ("pipe.yaml", "folder.yaml"):
        with pytest.raises(PolicyError, match="this is not a file"):
            load_policy(tmp_path / name)


def test_no_more_of_a_large_file_is_read_than_may_be_parsed(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024**3)  # a sparse file: reading all of it would take minutes
    with pytest.raises(PolicyError, match=f"larger than {MAX_BYTES // 1024} KB"):
        load_policy(path)
