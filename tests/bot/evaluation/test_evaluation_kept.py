from pathlib import Path

import pytest

from bot.evaluation.errors import EvaluationError
from bot.evaluation.kept import Folder, Kept, Ledger
from policies.policy import Effort


def kept(text: str = "a", policy: str = "p", **fields: object) -> Kept:
    values: dict[str, object] = {
        "text": text,
        "policy": policy,
        "model": "m",
        "prompt_version": 1,
        "seed": 0,
        "budgets": "512",
        "policy_id": "spam",
        "violation": True,
        "probability": 0.9,
        "rule_ids": ("R1",),
        "rationale": "why",
        "effort": Effort.LOW,
    }
    return Kept.model_validate(values | fields)


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_verdicts_are_found_again_by_what_they_were_made_with(tmp_path: Path) -> None:
    with Ledger(tmp_path / "v.jsonl", Time()) as ledger:
        ledger.add(kept("a"))
        ledger.add(kept("b", violation=None, probability=None, problems=("garbled",), effort=None))
    with Ledger(tmp_path / "v.jsonl", Time()) as ledger:
        assert len(ledger) == 2
        assert ledger.get(kept("a").key) == kept("a")
        for changed in ({"policy": "q"}, {"model": "n"}, {"seed": 1}, {"budgets": "9"}, {"prompt_version": 2}):
            assert ledger.get(kept("a", **changed).key) is None


def test_a_verdict_is_the_system_s_before_the_next_one_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    with Ledger(path, Time()) as ledger:
        ledger.add(kept("a"))
        assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_last_line_that_a_crash_cut_off_is_dropped_and_the_next_one_is_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "v.jsonl"
    with Ledger(path, Time()) as ledger:
        ledger.add(kept("a"))
        ledger.add(kept("b"))
    path.write_bytes(path.read_bytes()[:-cut])
    with Ledger(path, Time()) as ledger:
        assert (len(ledger), ledger.damaged) == (1, 1)
        ledger.add(kept("c"))
    with Ledger(path, Time()) as ledger:
        assert (len(ledger), ledger.damaged) == (2, 0)


def test_a_damaged_line_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    with Ledger(path, Time()) as ledger:
        for text in "abc":
            ledger.add(kept(text))
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(whole[0] + b"\x00\xff{garbage\n" + whole[2])
    with Ledger(path, Time()) as ledger:
        assert (len(ledger), ledger.damaged) == (2, 1)


def test_the_disk_is_synced_once_a_second_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("bot.evaluation.kept.os.fsync", synced.append)
    time = Time()
    with Ledger(tmp_path / "v.jsonl", time) as ledger:
        for moment in (0.1, 0.9, 1.1, 1.2, 2.2):
            time.now = moment
            ledger.add(kept(str(moment)))
        assert len(synced) == 2
    assert len(synced) == 3


def test_one_evaluation_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    with (
        Folder(tmp_path / "out").locked(),
        pytest.raises(EvaluationError, match="another evaluation is at work"),
        Folder(tmp_path / "out").locked(),
    ):
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(EvaluationError, match="is a file"), Folder(tmp_path / "out").locked():
        pass
