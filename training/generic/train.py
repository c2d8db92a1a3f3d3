"""Train the general models of harm: `inference/prefilter/data/generic.safetensors`.

    python -m venv venv && venv/bin/pip install -e . scikit-learn==1.9.1
    venv/bin/python -m training.generic.train DATA_FOLDER OUT [--without SOURCE ...]

DATA_FOLDER holds labelled sets as JSON Lines (`text`, `label`, `category`) whose licences allow shipped weights:
openai_moderation (MIT), davidson (MIT), civil_toxic_spans (CC0) and hatemojibuild (CC BY 4.0). `--without` leaves
sources out, so that a measurement on them is of something that has never seen them. Each model is a logistic
regression on the features of a text (`inference/prefilter/scores/features.py`), its violating rows against the
same source's allowed rows and ordinary chat. Half a minute on two cores.
"""

import argparse
import json
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from inference.prefilter.embedding import StaticEmbedder, Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.background import SOURCES as CHATS
from inference.prefilter.scores.background import shipped_lines
from inference.prefilter.scores.features import Corpus, Featuriser, pattern_shares
from inference.prefilter.scores.generic import ANY, HARMS, GenericHead
from inference.prefilter.scores.lexicon import LISTS, Lexicon
from inference.prefilter.scores.ngrams import BUCKETS

HARM_OF = {
    ("openai_moderation", "S"): "sexual", ("openai_moderation", "S3"): "sexual",
    ("openai_moderation", "H"): "hate", ("openai_moderation", "H2"): "hate",
    ("openai_moderation", "V"): "violence", ("openai_moderation", "V2"): "violence",
    ("openai_moderation", "HR"): "insult", ("openai_moderation", "SH"): "self-harm",
    ("davidson", "hate"): "hate", ("davidson", "offensive"): "insult",
    ("civil_toxic_spans", "civil_comments"): "insult", ("hatemojibuild", "hate"): "hate",
}  # fmt: skip
"""Which harm the violating rows of a set's category show."""
SOURCES = tuple(dict.fromkeys(source for source, _ in HARM_OF))
MOST_ROWS = 4_000
"""Of one category and label: no set shall outweigh the others."""
BACKGROUND_LINES = 8_000
PENALTY = 3.0
"""scikit-learn's C."""
SEED = 1

Labelled = Mapping[str, tuple[list[str], list[str]]]
"""Harm -> its violating texts, and texts of the same sources that are allowed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What the models are trained on."""

    labelled: Labelled
    ordinary: list[str]


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without", nargs="*", default=[], choices=SOURCES)
    arguments = parser.parse_args()
    featuriser = Featuriser(StaticEmbedder.shipped(), Lexicon.shipped())
    fit_generic(arguments.data, featuriser, arguments.without).write(arguments.out)


def fit_generic(
    data: Path, featuriser: Featuriser, without: Collection[str] = (), without_chat: Collection[str] = ()
) -> GenericHead:
    """The general models, trained without some labelled sources and background chats."""
    lines = read(data, without, without_chat)
    ordinary = featuriser.corpus(lines.ordinary, Normaliser.shipped())
    rarity = _rarity(ordinary)
    violating = {harm: texts for harm, (texts, _) in lines.labelled.items()}
    violating[HARMS[ANY]] = [text for texts, _ in lines.labelled.values() for text in texts]
    columns = []
    for harm in HARMS:
        allowed = lines.labelled[harm][1] if harm in lines.labelled else []
        columns.append(_trained(violating.get(harm, []), allowed, ordinary, featuriser, rarity))
    return _standardised(np.stack(columns, axis=1), rarity, ordinary, featuriser)


def read(data: Path, without: Collection[str] = (), without_chat: Collection[str] = ()) -> Lines:
    """The labelled rows of all sources but some, and ordinary lines of the background chats."""
    labelled: dict[str, tuple[list[str], list[str]]] = {}
    for (source, category), harm in HARM_OF.items():
        if source not in without:
            violating, allowed = labelled.setdefault(harm, ([], []))
            violating += _drawn(_rows(data, source, category, 1))
            allowed += _drawn(_rows(data, source, _allowed_of(source, category), 0))
    chats = [name for name in CHATS if name not in without_chat]
    more = [text for name in chats for text in _rows(data, f"bg_{name}", None, 0)]
    return Lines(labelled, random.Random(SEED).sample(more, min(BACKGROUND_LINES, len(more))))  # noqa: S311 -- a sample


def _allowed_of(source: str, category: str) -> str | None:
    """Davidson's allowed rows have a category of their own."""
    return None if source == "davidson" else category


def _rows(data: Path, name: str, category: str | None, label: int) -> Iterator[str]:
    with (data / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["label"] == label and category in (None, row["category"]):
                yield row["text"]


def _drawn(texts: Iterator[str]) -> list[str]:
    found = list(dict.fromkeys(texts))
    return random.Random(SEED).sample(found, min(MOST_ROWS, len(found)))  # noqa: S311 -- a sample


def _rarity(ordinary: Corpus) -> npt.NDArray[np.float32]:
    """log((1 + texts) / (1 + texts with the pattern)) -> (BUCKETS,)"""
    counts = np.bincount(np.concatenate(ordinary.patterns), minlength=BUCKETS)
    return np.log((1 + len(ordinary)) / (1 + counts)).astype(np.float32)


def _trained(
    violating: list[str], allowed: list[str], ordinary: Corpus, featuriser: Featuriser, rarity: Vectors
) -> npt.NDArray[np.float64]:
    """The weights of one model -> (dimensions + lists + BUCKETS,); zeros where no source is left."""
    width = ordinary.meaning.shape[1] + len(LISTS) + BUCKETS
    if not violating:
        return np.zeros(width)
    texts = dict.fromkeys(violating)
    others = [text for text in dict.fromkeys(allowed) if text not in texts]
    taught = featuriser.corpus([*texts, *others], Normaliser.shipped())
    rows = sparse.vstack([_matrix(taught, rarity), _matrix(ordinary, rarity)]).tocsr()
    labels = np.r_[np.ones(len(texts)), np.zeros(len(others) + len(ordinary))]
    model = LogisticRegression(C=PENALTY, max_iter=300, class_weight="balanced").fit(rows, labels)
    return np.asarray(model.coef_[0])


def _matrix(texts: Corpus, rarity: Vectors) -> sparse.csr_matrix:
    lengths = [len(buckets) for buckets in texts.patterns]
    weights = np.concatenate([pattern_shares(buckets, rarity) for buckets in texts.patterns])
    places = np.concatenate(texts.patterns).astype(np.int64)
    patterns = sparse.csr_matrix((weights, places, np.cumsum([0, *lengths])), shape=(len(texts), BUCKETS))
    return sparse.hstack(
        [sparse.csr_matrix(np.concatenate([texts.meaning, texts.rude], axis=1)), patterns]
    ).tocsr()


def _standardised(
    weights: npt.NDArray[np.float64], rarity: Vectors, ordinary: Corpus, featuriser: Featuriser
) -> GenericHead:
    """Mean 0 and deviation 1 over the shipped ordinary lines."""
    dimensions = ordinary.meaning.shape[1]
    meaning, rude, patterns = np.split(weights.astype(np.float32), [dimensions, dimensions + len(LISTS)])
    raw = GenericHead(meaning, rude, patterns, np.zeros(weights.shape[1], np.float32), rarity)
    logits = raw.logits(featuriser.corpus(shipped_lines(), Normaliser.shipped()))
    scale = np.maximum(logits.std(axis=0), 1e-6)
    trained = np.abs(weights).sum(axis=0) > 0
    constant = np.where(trained, -logits.mean(axis=0) / scale, 0).astype(np.float32)
    return GenericHead(meaning / scale, rude / scale, patterns / scale, constant, rarity)


if __name__ == "__main__":
    main()
