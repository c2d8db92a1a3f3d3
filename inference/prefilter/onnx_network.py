"""A neural network in ONNX form, run by onnxruntime on the processor. The only place that knows onnxruntime.

onnxruntime is an optional extra of the package: it is imported when a network is read, not before.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

REQUIREMENT = "onnxruntime>=1.23"
"""The extra `encoder`, as pyproject.toml has it."""
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""What sentence encoders read; the last is optional. Each (texts, tokens)."""
OUTPUTS = ("sentence_embedding", "last_hidden_state", "token_embeddings")
"""What is taken of the outputs: the first of these that is there."""

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.float32]


class UnusableEncoder(Exception):
    """A folder holds no sentence encoder that can be used. `advice` says what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class OnnxNetwork:
    """Immutable and safe to share between threads; other threads run while it computes."""

    def __init__(self, session: Any) -> None:
        """`session`: an `onnxruntime.InferenceSession`."""
        self._session = session
        self._kinds = _kinds(session.get_inputs())
        self._output = _output([output.name for output in session.get_outputs()])

    @classmethod
    def read(cls, path: Path, threads: int) -> "OnnxNetwork":
        """Read a .onnx file.

        Raises:
            UnusableEncoder: onnxruntime is not installed, it refuses the file, or it is no sentence encoder.
        """
        try:
            import onnxruntime
        except ImportError as error:
            advice = f'install it beside Safeguild: {sys.executable} -m pip install "{REQUIREMENT}"'
            raise UnusableEncoder(
                f"a sentence encoder needs onnxruntime, which is not there: {error}", advice
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry(
            "session.intra_op.allow_spinning", "0"
        )  # waiting threads leave their core
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no base of their own; whatever it is, the file is of no use
            raise UnusableEncoder(f"{path} cannot be read: {_first_line(error)}", _EXPORT) from error
        return cls(session)

    def __call__(self, inputs: Mapping[str, Numbers]) -> Values:
        """{name of `INPUTS`: (texts, tokens)} -> (texts, tokens, dimensions) or (texts, dimensions)."""
        feeds = {name: inputs[name].astype(kind, copy=False) for name, kind in self._kinds.items()}
        (found,) = self._session.run([self._output], feeds)
        return np.asarray(found, np.float32)


_EXPORT = (
    "export the model again: optimum-cli export onnx --task feature-extraction --model NAME FOLDER; "
    "docs/encoder.md says more"
)
_INTEGERS = {"tensor(int64)": "int64", "tensor(int32)": "int32"}


def _kinds(inputs: Any) -> dict[str, str]:
    """The inputs' names and number types."""
    names = [given.name for given in inputs]
    unknown = [given.name for given in inputs if given.name not in INPUTS or given.type not in _INTEGERS]
    lacking = [name for name in INPUTS[:2] if name not in names]
    if unknown or lacking:
        wanted = "input_ids and attention_mask, and perhaps token_type_ids, as integers"
        raise UnusableEncoder(f"it is no sentence encoder: it reads {', '.join(names)}, not {wanted}", _EXPORT)
    return {given.name: _INTEGERS[given.type] for given in inputs}


def _output(names: list[str]) -> str:
    """What to take: a known name, or the only one there is."""
    found = next((name for name in OUTPUTS if name in names), names[0] if len(names) == 1 else None)
    if found is None:
        raise UnusableEncoder(f"none of its outputs is known: {', '.join(names)}", _EXPORT)
    return found


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
