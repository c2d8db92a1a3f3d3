"""Each benchmark prints all of its tables. What they measure is not tested: data and machine decide that."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks.prefilter import ablation, detection, native, own_language, speed, speed_memory
from benchmarks.prefilter.ablation_parts import PARTS, without_constants
from benchmarks.prefilter.catalogues import ORIGINALS, by_language
from benchmarks.prefilter.detection_tables import headline
from benchmarks.prefilter.knowing import TRAINED_ON, LeaveOut
from benchmarks.prefilter.labelled import load_set, spec_of
from benchmarks.prefilter.measuring import LOOK_ALIKES, Recall
from benchmarks.prefilter.ours import NAME, Ours
from benchmarks.prefilter.speakers import FlagRate
from benchmarks.prefilter.speed_policies import distinct_guilds, one_guild, starter_guilds, variants
from benchmarks.prefilter.systems import Keywords, Neighbours, Sentences
from inference.prefilter.embedding import StaticEmbedder, Vectors, unit_rows
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.scores import head
from policies.policy import Example
from policies.starter import starter_policies
from tests.benchmarks.prefilter_data import write_catalogue, write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path)


def test_detection_prints_recall_by_system_set_and_chat_and_flag_rates_by_speakers(
    data: Path, capsys: pytest.CaptureFixture[str]
):
    write_catalogue(data, "de")
    mine = f"Mine={data / 'stormfront.jsonl'}:hate=harassment"
    quick = ["--quick", "--as-shipped", "--only", "Stormfront", "Mine"]
    detection.main([str(data), *quick, "--set", mine, "--translations", str(data), "--json", str(data / "out")])
    printed = capsys.readouterr().out
    for expected in (
        "against look-alikes, 30 examples",
        "Recall, mean over the sets", "| keywords only | 0 |", "| policy sentences | 0 |", "| kNN | 30 |",
        f"| {NAME} | 30 |", f"| {NAME}, learned score alone | 0 |", "recall at 1% by set", "recall at 20% by set",
        "| Stormfront |", "| Mine |", "| **mean** |", "| ubuntu_irc |", "Nothing is left out",
        "| tweets without them |", "| textbook dialogues |", "| de | 30 |", f"| {ORIGINALS} | 30 |",
    ):  # fmt: skip
        assert expected in printed
    assert (data / "out").exists()


def test_speed_prints_times_hostile_messages_and_memory(data: Path, capsys: pytest.CaptureFixture[str]):
    speed.main([str(data), "--quick"])
    printed = capsys.readouterr().out
    for expected in (
        "| 1 | 100 |", "| 2 | 1,000 |", f"| {NAME} |", "one regular expression", "slowest hostile messages",
        speed_memory.KINDS["starter"], speed_memory.KINDS["distinct"],
    ):  # fmt: skip
        assert expected in printed


def test_ablation_prints_what_each_part_contributes(data: Path, capsys: pytest.CaptureFixture[str]):
    quick = ["--quick", "--as-shipped", "--only", "Stormfront", "--parts", "keywords", "patterns"]
    ablation.main([str(data), *quick])
    printed = capsys.readouterr().out
    assert "| nothing: the whole prefilter |" in printed
    assert "| without letter patterns |" in printed
    assert "| without the policy's own keywords and patterns |" in printed
    assert "general models" not in printed


def test_the_headline_is_of_the_whole_prefilter_against_chats_or_look_alikes():
    found = [
        Recall(labelled, system, 30, 0, against, 0.1, recall)
        for labelled, system, against, recall in (
            ("a", NAME, "irc", 0.8), ("a", NAME, "reddit", 0.6), ("b", NAME, "irc", 0.5),
            ("a", NAME, LOOK_ALIKES, 0.1), ("a", "another", "irc", 0.0), ("b", "another", LOOK_ALIKES, 0.0),
        )
    ]  # fmt: skip
    assert headline(found, 30, against_chat=True) == pytest.approx((0.7 + 0.5) / 2)
    assert headline(found, 30, against_chat=False) == pytest.approx(0.1)
    assert np.isnan(headline(found, 10, against_chat=True))


def test_a_flag_rate_of_few_lines_is_told_with_a_wide_interval():
    low, high = FlagRate("x", 10, 0.1, 0).interval
    assert (low, high) == pytest.approx((0.0179, 0.4042), abs=0.001)  # Wilson's interval for 1 of 10
    assert FlagRate("x", 1000, 0.1, 0).interval == pytest.approx((0.083, 0.120), abs=0.001)
    assert FlagRate("x", 10, 0.0, 0).interval[0] == 0


def test_an_empty_folder_is_told(tmp_path: Path):
    with pytest.raises(SystemExit, match="0 labelled sets and 0 chats"):
        detection.main([str(tmp_path), "--quick"])


def test_an_argument_of_the_wrong_form_is_told_with_the_right_form(data: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        detection.main([str(data), "--set", "nonsense"])
    assert "NAME=FILE.jsonl[:category]=POLICY" in capsys.readouterr().err


def test_what_is_forced_ranks_above_every_score_and_the_score_stays_as_it_is():
    policy = starter_policies()["harassment"]
    texts = ["you are such an idiot, go away", "good morning to all of you"]
    ranks = Ours(Knowledge.shipped()).ranks([policy], texts)
    whole, learned = ranks[NAME][:, 0], ranks[f"{NAME}, learned score alone"][:, 0]
    assert whole[0] == 1000 + learned[0]
    assert whole[1] == learned[1] < 1000


def test_simple_systems_rank_a_violation_above_a_greeting():
    example = Example(text="you are an idiot", verdict="H1")
    policy = starter_policies()["harassment"].model_copy(update={"examples": (example,)})
    texts = ["what an idiot you are", "good morning to all of you"]
    embedder = StaticEmbedder.shipped()
    for system in (Keywords(), Sentences(embedder), Neighbours(embedder, ["how are you?", "see you tomorrow"])):
        ((_, ranks),) = system.ranks([policy], texts).items()
        assert ranks.shape == (2, 1)
        assert ranks[0, 0] > ranks[1, 0]


def test_knn_says_nothing_without_examples():
    ((_, ranks),) = (
        Neighbours(StaticEmbedder.shipped(), ["hello"])
        .ranks([starter_policies()["spam"].model_copy(update={"examples": ()})], ["hi"])
        .items()
    )
    assert np.isnan(ranks).all()


def test_a_chat_is_left_out_of_the_sample_and_nothing_is_trained_for_a_source_that_nothing_knows(data: Path):
    leave_out = LeaveOut(data)
    whole, without = leave_out("stormfront"), leave_out.for_chat("stormfront", "ubuntu_irc")
    assert whole.generic is Knowledge.shipped().generic
    assert len(without.background.texts) * 3 == len(whole.background.texts) * 2
    assert leave_out("stormfront", "a chat of mine") is whole


class CountingLetters:
    """A tiny encoder that remembers which texts it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return unit_rows(np.array([[text.count(letter) for letter in "etaoin"] for text in texts], np.float32))


def test_a_sentence_encoder_is_put_beside_the_static_vectors_and_asked_for_each_text_once(data: Path):
    encoder = CountingLetters()
    knowledge = LeaveOut(data, encoder=encoder, as_shipped=True)("stormfront")
    assert knowledge.embedder.embed(["hello"]).shape == (1, 256 + 6)
    Ours(knowledge).ranks([starter_policies()["spam"]], ["hello", "hello"])
    assert encoder.asked.count("hello") == 1


def test_general_models_are_trained_without_the_source_that_is_measured(tmp_path: Path):
    pytest.importorskip("sklearn", reason="only the benchmark needs scikit-learn")
    write_data(tmp_path, *TRAINED_ON)
    leave_out = LeaveOut(tmp_path)
    known = leave_out("hatemojibuild")
    assert known.generic is not Knowledge.shipped().generic
    (tmp_path / "hatemojibuild.jsonl").write_text("")
    again = LeaveOut(tmp_path)("hatemojibuild")
    assert np.array_equal(known.generic.meaning, again.generic.meaning)
    assert not np.array_equal(known.generic.meaning, leave_out("davidson").generic.meaning)


def test_what_training_anew_needs_is_told(data: Path):
    with pytest.raises(SystemExit, match="openai_moderation"):
        LeaveOut(data)("davidson")


def test_the_sources_that_are_left_out_are_those_of_the_training():
    source = (Path(__file__).parents[2] / "training" / "generic" / "train.py").read_text("utf-8")
    for name in TRAINED_ON:
        assert f'("{name}", ' in source
    assert '("stormfront", ' not in source


def test_a_part_s_constants_are_as_before_when_it_was_measured():
    before = head.PRIOR_NEARNESS
    (part,) = (part for part in PARTS if "PRIOR_NEARNESS" in part.constants)
    with without_constants(part):
        assert before != head.PRIOR_NEARNESS == 0
    assert before == head.PRIOR_NEARNESS


def test_a_policy_without_its_keywords_forces_nothing(data: Path):
    labelled = load_set(spec_of(f"x={data / 'stormfront.jsonl'}=harassment"), 10, 0)
    (part,) = (part for part in PARTS if part.is_own_keywords)
    ranks = Ours(Knowledge.shipped()).ranks([part.changed(labelled).policy], ["you are such an idiot"])
    assert ranks[NAME][0, 0] < 1000


def test_each_language_is_held_against_its_own_starter_policies(tmp_path: Path, capsys):
    for country, line in (("de", "Das Passwort wurde geändert."), ("de_CH", "ich bring dich um, du hurensohn")):
        folder = tmp_path / country / "LC_MESSAGES"
        folder.mkdir(parents=True)
        entry = f'msgid "{line} in English"\nmsgstr "{line}"\n'
        (folder / "django.po").write_text(f'msgid ""\nmsgstr "x"\n\n{entry}', "utf-8")
    assert own_language.lines_by_language(tmp_path)["de"] == (
        "Das Passwort wurde geändert.",
        "ich bring dich um, du hurensohn",
    )
    own_language.main(["--translations", str(tmp_path), "--show"])
    printed = capsys.readouterr().out
    assert "hurensohn*" in printed
    assert "| de | 2 | its own | 50.0% | 0.0% |" in printed
    assert "| es | 0 | its own | 0.0% | 0.0% |" in printed


def test_policies_in_other_languages_are_measured_with_and_without_their_languages_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    example = yaml.safe_load((native.FOLDER / "de.yaml").read_text("utf-8"))
    (tmp_path / "de.yaml").write_text(yaml.safe_dump({**example, "policies": example["policies"][:1]}), "utf-8")
    native.main([str(tmp_path)])
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[2] for row in rows] == ["English", "its own too"] * 2
    before, after = (float(row[3]) for row in rows[:2])
    assert before > 0.8
    assert after < 0.1


def test_catalogues_give_lines_by_language_and_their_originals(tmp_path: Path):
    write_catalogue(tmp_path, "de")
    lines = by_language(tmp_path, 100, 0)
    assert set(lines) == {"de", ORIGINALS}
    assert "Dieses Feld braucht 7 Zeichen." in lines["de"]
    assert "This field needs 7 letters." in lines[ORIGINALS]
    assert len(lines["de"]) == 30
    assert len(by_language(tmp_path, 5, 0)["de"]) == 5


@pytest.mark.parametrize(("policies", "keywords"), [(1, 100), (10, 1_000), (100, 100), (1, 15_000), (3, 7_000)])
def test_guilds_have_the_policies_and_keywords_that_were_asked_for(policies: int, keywords: int):
    guilds = one_guild(policies, keywords)
    assert len(guilds[0]) == policies
    assert len({policy.digest for policy in guilds[0]}) == policies
    assert sum(len(policy.prefilter.keywords) for each in guilds.values() for policy in each) == keywords


def test_distinct_policies_differ_and_starter_policies_are_the_same_everywhere():
    distinct = [policy.digest for each in distinct_guilds(3, 4, 5).values() for policy in each]
    assert len(set(distinct)) == 12
    starters = [policy.digest for each in starter_guilds(3, 4).values() for policy in each]
    assert len(set(starters)) == 4
    assert len({policy.digest for policy in variants(30)}) == 30
