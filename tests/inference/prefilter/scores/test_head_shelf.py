"""Fitted scores on disk: the same as fitted ones, whatever happened to the files."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.scores import shelf as shelf_module
from inference.prefilter.scores.lesson import Learned
from inference.prefilter.scores.shelf import HeadShelf, knowledge_digest
from policies.policy import Policy
from tests.inference.prefilter.scores.taught_policies import NEW_TRADING, OPEN, ORDINARY, TRADING, insults, trading

KNOWLEDGE = Knowledge.shipped()
POLICY = trading(TRADING, OPEN)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the policies that were fitted."""
    found: list[str] = []
    fit = Learned.of

    def counted(policy: Policy, knowledge: Knowledge) -> Learned:
        found.append(policy.id)
        return fit(policy, knowledge)

    monkeypatch.setattr(shelf_module.Learned, "of", counted)
    return found


def learned(shelf: HeadShelf, policy: Policy = POLICY, knowledge: Knowledge = KNOWLEDGE) -> Learned:
    return shelf.learned(policy, policy.digest, knowledge)


def looks(shelf: HeadShelf | None) -> list[object]:
    built = Prefilter.build({1: [POLICY, insults()]}, KNOWLEDGE, shelf=shelf)
    return [built.look(1, text) for text in (*NEW_TRADING, *ORDINARY, *TRADING, *OPEN, "you idiot")]


def test_what_the_shelf_gives_back_scores_exactly_as_what_was_fitted(tmp_path: Path, fits: list[str]) -> None:
    fitted = looks(None)
    assert looks(HeadShelf(tmp_path / "new" / "scores")) == fitted
    fits.clear()
    assert looks(HeadShelf(tmp_path / "new" / "scores")) == fitted
    assert fits == []


@pytest.mark.parametrize("policy", [trading(), trading(TRADING[:1]), trading((), OPEN)])
def test_every_kind_of_policy_comes_back_as_it_was(policy: Policy, tmp_path: Path) -> None:
    first, second = (learned(HeadShelf(tmp_path), policy) for _ in range(2))
    assert first.head.prior == second.head.prior
    assert (first.head.nearness, first.head.pattern_scale) == (second.head.nearness, second.head.pattern_scale)
    for name in ("meaning", "harms", "rude", "patterns", "knots"):
        assert np.array_equal(getattr(first.head, name), getattr(second.head, name))
        assert getattr(first.head, name).dtype == getattr(second.head, name).dtype
    assert first.anchors.items == second.anchors.items
    assert np.array_equal(first.anchors.meaning, second.anchors.meaning)


def test_another_policy_or_other_knowledge_is_fitted_anew(tmp_path: Path, fits: list[str]) -> None:
    shelf = HeadShelf(tmp_path)
    quiet = KNOWLEDGE.with_generic(replace(KNOWLEDGE.generic, constant=KNOWLEDGE.generic.constant + 1))
    assert knowledge_digest(quiet) != knowledge_digest(KNOWLEDGE)
    learned(shelf)
    learned(shelf, trading(TRADING))
    learned(shelf, POLICY, quiet)
    assert (len(fits), len(list(tmp_path.iterdir()))) == (3, 3)
    learned(shelf)
    learned(shelf, POLICY, quiet)
    assert len(fits) == 3


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]


@pytest.mark.parametrize("damage", [cut, flipped, lambda _: b"", lambda _: b"something else " * 100])
def test_a_damaged_file_is_fitted_and_written_anew(
    damage: Callable[[bytes], bytes], tmp_path: Path, fits: list[str]
) -> None:
    learned(HeadShelf(tmp_path))
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    learned(HeadShelf(tmp_path))
    assert len(fits) == 2
    assert path.read_bytes() == whole


def test_a_whole_file_under_another_policys_name_is_not_taken_for_its(tmp_path: Path, fits: list[str]) -> None:
    learned(HeadShelf(tmp_path))
    (own,) = tmp_path.iterdir()
    learned(HeadShelf(tmp_path), insults())
    (other,) = set(tmp_path.iterdir()) - {own}
    other.write_bytes(own.read_bytes())
    assert len(learned(HeadShelf(tmp_path), insults()).anchors.items) == 2
    assert fits == ["trading", "insults", "insults"]


def test_without_a_folder_to_write_to_it_fits_and_says_so(
    tmp_path: Path, fits: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert learned(HeadShelf(tmp_path / "file" / "scores")).anchors.rules == 1
    assert len(fits) == 2
    assert "the next start fits them anew" in caplog.text
    assert TRADING[0] not in caplog.text


def test_a_full_disk_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert learned(HeadShelf(tmp_path)).anchors.rules == 1
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_kept_stays_and_what_is_somebody_elses(tmp_path: Path, fits: list[str]) -> None:
    shelf = HeadShelf(tmp_path)
    for policy in (POLICY, insults(), trading()):
        learned(shelf, policy)
    (tmp_path / "draft.tmp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("somebody's own")
    shelf.keep_only({POLICY.digest, insults().digest}, KNOWLEDGE)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".head", ".head", ".txt"]
    fits.clear()
    learned(shelf)
    learned(shelf, insults())
    assert fits == []


def test_a_folder_that_is_not_there_needs_no_tidying(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    HeadShelf(tmp_path / "missing").keep_only((), KNOWLEDGE)
    assert not caplog.records
