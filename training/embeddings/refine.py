"""Refine the static vectors: a line's vector shall lie where all-MiniLM-L6-v2 puts the whole line.

    venv/bin/python training/embeddings/refine.py DISTILLED answers.npz inference/prefilter/data/static

DISTILLED is the folder that `distil.py` wrote, answers.npz what `teach.py` wrote. The method is that of
model2vec's Tokenlearn (github.com/MinishLab/tokenlearn): start from the distilled vectors, moved by one linear
map towards the teacher's (its first 256 principal components), then learn the rows by gradient descent on the
cosine distance of the mean of a line's tokens. Tokens that no line holds keep their distilled place.

At last the vectors are whitened with the shipped background (Su et al. 2021, arXiv:2103.15316), so that a cosine
of 0 is what two lines have in common by chance.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from distil import DIMENSIONS, write
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from inference.prefilter.normalise import Normaliser
from inference.prefilter.prose import prose
from inference.prefilter.scores.background import shipped_lines
from inference.prefilter.whitening import Whitening

Array = npt.NDArray[np.float32]

EPOCHS = 14
LEARNING_RATE = 1e-3
_BATCH = 512
_HELD_OUT = 20
"""Every so-manieth line only tells how good the vectors are."""


def main() -> None:
    """Write the refined vectors next to the same tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("distilled", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.distilled / "tokenizer.json"))
    arrays = load_file(arguments.distilled / "model.safetensors")
    vectors = arrays["embeddings"].astype(np.float32) * arrays["weights"][:, None]
    taught = np.load(arguments.answers, allow_pickle=True)
    tokens = _tokens(list(taught["texts"]), tokenizer)
    known = [row for row, ids in enumerate(tokens) if ids]
    tokens, targets = [tokens[row] for row in known], _principal(taught["answers"])[known]
    refined = _refined(_moved(vectors, tokens, targets), tokens, targets)
    write(
        arguments.out, _whitened(refined, tokenizer), (arguments.distilled / "tokenizer.json").read_text("utf-8")
    )


def _tokens(texts: list[str], tokenizer: Tokenizer) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


def _principal(answers: Array) -> Array:
    """The first components of the centred answers, each row of length 1 -> (texts, DIMENSIONS)."""
    centred = (answers - answers.mean(axis=0)).astype(np.float64)
    values, directions = np.linalg.eigh(centred.T @ centred)
    reduced = centred @ directions[:, np.argsort(values)[::-1][:DIMENSIONS]]
    return np.asarray(reduced / np.linalg.norm(reduced, axis=1, keepdims=True), np.float32)


def _means(vectors: Array, tokens: list[list[int]]) -> Array:
    return np.stack(
        [vectors[ids].mean(axis=0) if ids else np.zeros(vectors.shape[1], np.float32) for ids in tokens]
    )


def _moved(vectors: Array, tokens: list[list[int]], targets: Array) -> Array:
    """The vectors under the linear map that brings their lines' means nearest to the targets (by ridge)."""
    means = _means(vectors, tokens)
    scatter = means.T @ means
    ridge = 1e-3 * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    return np.asarray(vectors @ np.linalg.solve(scatter + ridge, means.T @ targets), np.float32)


def _refined(vectors: Array, tokens: list[list[int]], targets: Array) -> Array:
    torch.manual_seed(0)
    bag = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(vectors), freeze=False, mode="mean")
    optimizer = torch.optim.Adam(bag.parameters(), lr=LEARNING_RATE)
    wanted = torch.tensor(targets)
    held_out = np.arange(0, len(tokens), _HELD_OUT)
    learned = np.setdiff1d(np.arange(len(tokens)), held_out)
    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(learned)
        for start in range(0, len(order), _BATCH):
            loss = _distance(bag, tokens, wanted, order[start : start + _BATCH])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        with torch.no_grad():
            print(f"epoch {epoch}: held out {_distance(bag, tokens, wanted, held_out):.4f}", flush=True)  # noqa: T201
    return np.asarray(bag.weight.detach().numpy(), np.float32)


def _distance(
    bag: torch.nn.EmbeddingBag, tokens: list[list[int]], wanted: torch.Tensor, rows: npt.NDArray[np.intp]
) -> torch.Tensor:
    """The mean cosine distance of some lines to their targets."""
    ids = torch.tensor(np.concatenate([tokens[row] for row in rows]))
    starts = torch.tensor(np.cumsum([0, *(len(tokens[row]) for row in rows[:-1])]))
    return (1 - torch.cosine_similarity(bag(ids, starts), wanted[rows])).mean()


def _whitened(vectors: Array, tokenizer: Tokenizer) -> npt.NDArray[np.float64]:
    lines = [prose(Normaliser.shipped().folded(line)) for line in shipped_lines()]
    means = _means(vectors, _tokens(lines, tokenizer))
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    whitening = Whitening(means / np.where(lengths, lengths, 1))
    scaled = vectors @ whitening.matrix
    scaled[0] = 0  # an unknown token says nothing
    return scaled.astype(np.float64)


if __name__ == "__main__":
    main()
