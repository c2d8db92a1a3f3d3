"""Likeness to a policy, measured against ordinary chat."""

from collections.abc import Sequence

import numpy as np
import pytest

from inference.prefilter.embedding import DamagedModel, StaticEmbedder, Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.similarity import Background, Profile, Similarity, prose
from inference.prefilter.suspicion import EvidenceKind
from inference.prefilter.whitening import Whitening
from policies.policy import Example, Policy, Rule
from policies.policy import Prefilter as Triggers

EMBEDDER = StaticEmbedder.shipped()
NORMALISER = Normaliser.shipped()
BACKGROUND = Background.shipped(EMBEDDER, NORMALISER)


def profile(*examples: tuple[str, str], flag_rate: float = 0.01, policy_id: str = "p") -> Profile:
    policy = Policy(
        id=policy_id,
        title="Threats",
        goal="No threats.",
        rules=(Rule(id="R1", text="Threatening to hurt or kill somebody.", terms=("murder",)),),
        examples=tuple(Example(text=text, verdict=verdict) for text, verdict in examples),
        prefilter=Triggers(flag_rate=flag_rate),
    )
    return Profile.of(policy, EMBEDDER, NORMALISER, BACKGROUND)


def similarity(*profiles: Profile) -> Similarity:
    return Similarity(profiles, EMBEDDER, BACKGROUND.whitening)


def share_flagged(built: Similarity, lines: Sequence[str]) -> float:
    return sum(bool(built.find(line)) for line in lines) / len(lines)


def background_lines() -> list[str]:
    import gzip
    from importlib import resources

    packed = resources.files("inference.prefilter").joinpath("data/background.txt.gz").read_bytes()
    return [NORMALISER.folded(line) for line in gzip.decompress(packed).decode().split("\n")]


def test_a_text_about_a_rule_names_the_rule() -> None:
    (likeness,) = similarity(profile()).find("i am going to hurt you and kill somebody")
    assert (likeness.policy_id, likeness.nearest.kind, likeness.nearest.name) == ("p", EvidenceKind.RULE, "R1")


@pytest.mark.parametrize("flag_rate", [0.01, 0.05, 0.2])
def test_the_flag_rate_is_the_share_of_ordinary_lines_that_are_flagged(flag_rate: float) -> None:
    built = similarity(profile(("I will find you and beat you", "R1"), flag_rate=flag_rate))
    assert share_flagged(built, background_lines()) == pytest.approx(flag_rate, rel=0.25)


def test_a_copy_of_an_example_is_flagged_however_low_the_flag_rate() -> None:
    said = "tomorrow after school you get what you deserve"
    assert similarity(profile((said, "R1"), flag_rate=0.0001)).find(said)


def test_a_copy_of_an_allowed_example_is_not_flagged() -> None:
    text = "i am going to kill the final boss"
    assert similarity(profile(flag_rate=0.2)).find(text)
    assert not similarity(profile((text, "allowed"), flag_rate=0.2)).find(text)


def test_an_allowed_example_pulls_the_score_of_its_like_down() -> None:
    near = EMBEDDER.embed(["we will kill the boss tonight"])
    plain, allowing = (
        similarity(profile(*examples))
        for examples in ((), (("killing that boss was so much fun tonight", "allowed"),))
    )
    assert allowing.scores(near)[0, 0] < plain.scores(near)[0, 0]


def test_the_nearest_example_counts_more_than_the_many() -> None:
    crowd = tuple((f"sell me {goods} for cheap", "R1") for goods in ("swords", "armor", "potions", "horses"))
    threat = ("I will find you and beat you", "R1")
    vector = EMBEDDER.embed(["i will beat you"])
    alone, crowded, without = (
        similarity(profile(*it)).scores(vector)[0, 0] for it in ((threat,), (threat, *crowd), crowd)
    )
    assert without < crowded < alone
    assert crowded - without > 0.15 * (alone - without)


def test_policies_are_scored_apart_from_each_other() -> None:
    threats = profile(("I will find you and beat you", "R1"), ("hi there", "allowed"), policy_id="a")
    others = profile(("buy cheap watches now", "R1"), policy_id="b")
    vectors = EMBEDDER.embed(["i will beat you", "cheap watches for everyone", "hello my friends"])
    together = similarity(threats, others, threats).scores(vectors)
    for column, one in enumerate((threats, others, threats)):
        np.testing.assert_allclose(together[:, column], similarity(one).scores(vectors)[:, 0], atol=1e-6)


def test_a_text_without_known_words_resembles_nothing() -> None:
    assert similarity(profile(flag_rate=1)).find("вот так вот бывает") == []


def test_ids_say_nothing() -> None:
    assert prose("<@123> and <@!123>, <#5>: <:smile:42> @someone") == " and , : smile "
    assert prose("@everyone @here look") == "@everyone @here look"


def test_whitened_chat_varies_less_unevenly() -> None:
    raw = EMBEDDER.embed(background_lines()[::4])
    white = Whitening(raw)(raw)
    spread = [np.linalg.eigvalsh(np.cov(vectors, rowvar=False)) for vectors in (raw, white)]
    assert spread[1][-1] / spread[1].mean() < 0.5 * spread[0][-1] / spread[0].mean()


def test_vectors_have_unit_length_or_none() -> None:
    vectors = EMBEDDER.embed(["hello there", "", "漢字", "word " * 5000, "x\0y"])
    assert vectors.dtype == np.float32
    assert vectors.shape == (5, 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0, 0, 1, 1], atol=1e-5)


def test_related_texts_are_nearer_than_others() -> None:
    def cosine(left: str, right: str) -> float:
        pair: Vectors = EMBEDDER.embed([left, right])
        return float(pair[0] @ pair[1])

    assert cosine("i will murder you", "i am going to kill you") > cosine(
        "i will murder you", "nice weather today"
    )


def test_a_damaged_or_missing_file_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("model")
    with pytest.raises(DamagedModel, match="cannot read the embedder"):
        StaticEmbedder.load(folder)
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  tokenizer.json\n")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(DamagedModel, match=r"tokenizer\.json is damaged"):
        StaticEmbedder.load(folder)
