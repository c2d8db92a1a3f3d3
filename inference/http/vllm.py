"""vLLM and whatever else completes token ids on `/v1/completions` as it does.

Fields after vLLM's `entrypoints/openai/completion/protocol.py`. Needed are `return_token_ids` (since 0.10.2),
`allowed_token_ids` and `stop_token_ids`.
"""

from typing import Any, Literal

from pydantic import Field

from inference.http.completion import Completion, Generation, Stop
from inference.http.dialect import Heard, heard
from inference.http.faults import NEEDED, ReplicaFault
from inference.vocabulary import CONTROL_TOKENS

_SCORED_TOKENS = 20
"""What a server gives at most unless it is told otherwise (`--max-logprobs`)."""
_ID = "token_id:"
"""How a token is named when ids are asked for."""


class _Scores(Heard):
    top_logprobs: tuple[dict[str, float] | None, ...] = ()


class _Choice(Heard):
    token_ids: tuple[int, ...] | None = None
    finish_reason: Literal["stop", "length", "repetition"]
    logprobs: _Scores | None = None


class _Details(Heard):
    cached_tokens: int | None = Field(default=None, ge=0)


class _Usage(Heard):
    prompt_tokens: int = Field(ge=0)
    prompt_tokens_details: _Details | None = None


class _Answer(Heard):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage


class Vllm:
    """Implements `Dialect`."""

    name = "vllm"
    path = "/v1/completions"

    def body(self, generation: Generation, model: str, slot: int | None) -> dict[str, Any]:  # noqa: ARG002 - has none
        """The sampling's every setting is named: others come from the model's `generation_config.json`."""
        wanted: dict[str, Any] = {
            "prompt": generation.prompt,
            "max_tokens": generation.most,
            "temperature": generation.temperature,
            "seed": generation.seed,
            "top_p": 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "stop": ['"'] if generation.stop is Stop.MARK else [],
            "stop_token_ids": [] if generation.stop is Stop.NEVER else list(CONTROL_TOKENS),
            "skip_special_tokens": False,
            "return_token_ids": True,
        }
        if generation.allowed:
            wanted["allowed_token_ids"] = list(generation.allowed)
        if generation.scored:
            wanted |= {"logprobs": _SCORED_TOKENS, "return_tokens_as_token_ids": True}
            # Versions that know it give exactly these; others pass it over and give the likeliest.
            wanted |= {"logprob_token_ids": list(generation.allowed)} if generation.allowed else {}
        return wanted | ({"model": model} if model else {})

    def read(self, data: bytes) -> Completion:
        """The answer to a request. Raises Garbled, or ReplicaFault if the server cannot tell what is needed."""
        answer = heard(_Answer, data)
        choice, details = answer.choices[0], answer.usage.prompt_tokens_details
        if choice.token_ids is None:
            raise ReplicaFault(f"it tells no token ids: {NEEDED}")
        scores = choice.logprobs.top_logprobs if choice.logprobs else ()
        return Completion(
            tokens=choice.token_ids,
            stopped=choice.finish_reason == "stop",
            log_probabilities=_by_id(scores[0] or {}) if scores else {},
            prompt_tokens=answer.usage.prompt_tokens,
            cached_tokens=(details.cached_tokens if details else None) or 0,
        )


def _by_id(scores: dict[str, float]) -> dict[int, float]:
    names = {name.removeprefix(_ID): score for name, score in scores.items() if name.startswith(_ID)}
    return {int(name): score for name, score in names.items() if name.isdecimal()}
