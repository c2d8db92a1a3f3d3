"""Sentence encoders from a folder of the operator's: more meaning than static vectors, for milliseconds a message.

The folder is what optimum and sentence-transformers export: model.onnx, tokenizer.json, and perhaps
1_Pooling/config.json. The model's own similarity to others does not matter: what is common to all chat is taken
out by `Joined`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from inference.prefilter.embedding import Vectors, unit_rows
from inference.prefilter.onnx_network import INPUTS, Numbers, OnnxNetwork, UnusableEncoder, Values

MAX_TOKENS = 128
"""What is read of a text. Chat messages rarely have more, and time grows with them."""
TEXTS_AT_ONCE = 32
THREADS = 1
"""Of each call. Two win nothing for the few tokens of a message."""
FILES = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
"""Where the model is looked for in its folder; the first that is there is taken."""
TOKENIZER = "tokenizer.json"
POOLING = Path("1_Pooling") / "config.json"

Network = Callable[[Mapping[str, Numbers]], Values]
"""{"input_ids", "attention_mask", "token_type_ids": (texts, tokens)} -> a vector for each token (texts, tokens,
dimensions), or one for each text (texts, dimensions)."""
Pooling = Callable[[Values, Numbers], Values]
"""Vectors of tokens (texts, tokens, dimensions) and their mask (texts, tokens) -> (texts, dimensions)."""


class SentenceEncoder:
    """An `Embedder`. Immutable and safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, network: Network, pooling: Pooling, digest: str = "") -> None:
        """`tokenizer` puts the model's special tokens around a text; it is not used by others from now on.
        `digest`: what tells this encoder from others."""
        known = tokenizer.truncation or {}
        self._padding = _padding_id(tokenizer)
        tokenizer.no_padding()
        tokenizer.enable_truncation(min(MAX_TOKENS, known.get("max_length", MAX_TOKENS)))
        self._tokenizer = tokenizer
        self._network = network
        self._pooling = pooling
        self.digest = digest
        self.dimensions = self._tried_out()

    @classmethod
    def load(cls, folder: Path) -> "SentenceEncoder":
        """Read the encoder in a folder, and try it out.

        Raises:
            UnusableEncoder: onnxruntime or a file is missing, or the files are no sentence encoder.
        """
        model, tokenizer, pooling = _model_file(folder), _tokenizer(folder), _pooling(folder)
        network = OnnxNetwork.read(model, THREADS)
        return cls(tokenizer, network, pooling, _digest(folder, model))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (len(texts), `dimensions`), float32, rows of unit length; zero for a text without a letter."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        said = [number for number, text in enumerate(texts) if text.strip()]
        encodings = self._tokenizer.encode_batch([texts[number] for number in said])
        ids = {number: encoding.ids for number, encoding in zip(said, encodings, strict=True)}
        for numbers in _of_like_length(ids):
            rows[numbers] = self._vectors([ids[number] for number in numbers])
        return unit_rows(rows)

    def _vectors(self, ids: Sequence[Sequence[int]]) -> Values:
        """(texts, dimensions), of any length."""
        shape = len(ids), max(map(len, ids))
        tokens, mask = np.full(shape, self._padding, np.int64), np.zeros(shape, np.int64)
        for row, own in enumerate(ids):
            tokens[row, : len(own)], mask[row, : len(own)] = own, 1
        found = self._network(dict(zip(INPUTS, (tokens, mask, np.zeros(shape, np.int64)), strict=True)))
        return self._pooling(found, mask) if found.ndim == 3 else found

    def _tried_out(self) -> int:
        """The dimensions, by the last token of the vocabulary: a model that does not know it is another one's."""
        try:
            found = self._vectors([[self._tokenizer.get_vocab_size() - 1]])
        except Exception as error:  # whatever it is: onnxruntime's errors have no base of their own
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise UnusableEncoder(f"model and tokenizer do not fit: {reason}", _TOGETHER) from error
        if found.ndim != 2 or not np.isfinite(found).all():
            raise UnusableEncoder(f"the model makes no vectors of texts, but {found.shape} numbers", _TOGETHER)
        return int(found.shape[1])


_TOGETHER = "take model.onnx and tokenizer.json from the same export of a sentence encoder"


def mean_of_tokens(vectors: Values, mask: Numbers) -> Values:
    """The mean over the tokens that are there."""
    weights = mask[:, :, None].astype(np.float32)
    return np.asarray((vectors * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1), np.float32)


def first_token(vectors: Values, mask: Numbers) -> Values:  # noqa: ARG001 - what every pooling is given
    """What BERT calls [CLS]."""
    return vectors[:, 0]


def _of_like_length(ids: Mapping[int, Sequence[int]]) -> Iterator[npt.NDArray[np.intp]]:
    """The numbers of the texts in batches, so that little is computed for nothing."""
    order = np.array(sorted(ids, key=lambda number: len(ids[number])), np.intp)
    for start in range(0, len(order), TEXTS_AT_ONCE):
        yield order[start : start + TEXTS_AT_ONCE]


def _padding_id(tokenizer: Tokenizer) -> int:
    """What stands behind a shorter text. Some models count the places of tokens by it, though it is masked."""
    if tokenizer.padding:
        return int(tokenizer.padding["pad_id"])
    known = (tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>"))
    return next((number for number in known if number is not None), 0)


def _digest(folder: Path, model: Path) -> str:
    """SHA-256 (hex) of all that decides what the vectors are."""
    found = hashlib.sha256()
    for path in filter(Path.is_file, (model, folder / TOKENIZER, folder / POOLING)):
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def _model_file(folder: Path) -> Path:
    if not folder.is_dir():
        raise UnusableEncoder(f"there is no folder {folder}", "name the folder that holds the encoder's files")
    found = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if found is None:
        raise UnusableEncoder(
            f"there is no model in {folder}", f"put it there as {', '.join(FILES[:-1])} or {FILES[-1]}"
        )
    return found


def _tokenizer(folder: Path) -> Tokenizer:
    path = folder / TOKENIZER
    if not path.is_file():
        raise UnusableEncoder(
            f"there is no {path}", "put the model's tokenizer.json there: it belongs to its export"
        )
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises nothing else
        raise UnusableEncoder(
            f"{path} cannot be read: {error}", "take it from the model's export again"
        ) from error


def _pooling(folder: Path) -> Pooling:
    """What 1_Pooling/config.json says, in either of the forms that sentence-transformers writes; else the mean."""
    path = folder / POOLING
    if not path.is_file():
        return mean_of_tokens
    try:
        said = json.loads(path.read_text("utf-8"))
        modes = sorted(_modes(said))
    except (OSError, ValueError, AttributeError) as error:
        raise UnusableEncoder(
            f"{path} cannot be read: {error}", "take it from the model's export again"
        ) from error
    known = {"mean": mean_of_tokens, "mean_tokens": mean_of_tokens, "cls": first_token, "cls_token": first_token}
    if len(modes) != 1 or modes[0] not in known:
        advice = "take a model whose pooling is mean or cls, or an export whose output is sentence_embedding"
        raise UnusableEncoder(f"{path}: the pooling {' and '.join(modes) or 'of no name'} is not known", advice)
    return known[modes[0]]


def _modes(said: dict[str, object]) -> set[str]:
    prefix = "pooling_mode_"
    old = {name.removeprefix(prefix) for name, value in said.items() if name.startswith(prefix) and value is True}
    return {str(said["pooling_mode"])} if "pooling_mode" in said else old
