"""What a server tells of itself at `/v1/models`, and which dialect follows from it."""

from pydantic import Field

from inference.http.completion import Served
from inference.http.dialect import Dialect, Heard, heard
from inference.http.faults import ReplicaFault
from inference.http.llama_server import LlamaServer
from inference.http.options import DialectName
from inference.http.vllm import Vllm

VOCABULARY = 201_088
"""Rows of the gpt-oss vocabulary, reserved ones included."""
DIALECTS: dict[str, type[LlamaServer] | type[Vllm]] = {"llama-server": LlamaServer, "vllm": Vllm}
_OWNERS = {"llamacpp": "llama-server"}
"""Who owns a model, in the words of its server; whoever is not known is taken for one like vLLM."""


class _Meta(Heard):
    n_ctx: int | None = Field(default=None, gt=0)
    n_vocab: int | None = None


class _Model(Heard):
    id: str
    aliases: tuple[str, ...] = ()
    owned_by: str = ""
    max_model_len: int | None = Field(default=None, gt=0)
    meta: _Meta | None = None


class _Models(Heard):
    data: tuple[_Model, ...] = Field(min_length=1)


class _Props(Heard):
    total_slots: int = Field(gt=0)


def read_models(data: bytes, wanted: str, dialect: DialectName) -> tuple[Dialect, Served]:
    """The dialect to speak and what is served; `wanted` is the model's name, empty for the first one.

    Raises:
        ReplicaFault: it serves another model, or one with another vocabulary.
    """
    models = heard(_Models, data).data
    chosen = next((model for model in models if wanted in (model.id, *model.aliases)), models[0])
    name = _OWNERS.get(chosen.owned_by, "vllm") if dialect == "auto" else dialect
    meta = chosen.meta or _Meta()
    if meta.n_vocab not in (None, VOCABULARY):
        raise ReplicaFault(f"its model has {meta.n_vocab} tokens: it is no gpt-oss")
    served = Served(
        models=(chosen.id, *chosen.aliases),
        context=chosen.max_model_len or meta.n_ctx,
        vocabulary=meta.n_vocab,
    )
    # llama-server serves one model whatever it is asked for, under a name that may be a path: any name will do.
    if name != "llama-server" and wanted and wanted not in served.models:
        raise ReplicaFault("it does not serve the model that is asked for")
    return DIALECTS[name](), served


def read_slots(data: bytes) -> int:
    """How many slots a llama-server has, out of its `/props`."""
    return heard(_Props, data).total_slots
