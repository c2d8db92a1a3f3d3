"""llama.cpp's `llama-server`, read at the commit that llama-cpp-python 0.3.36 carries (tools/server).

Requests go to `/completion`, the server's own form of `/v1/completions`: the latter names tokens by id only
together with the probabilities of every one, which takes 3 ms a token on one core, and leaves out those that end
within a character. Both take the same fields and share the code behind them.
"""

from typing import Any, Literal

from pydantic import Field

from inference.http.completion import Completion, Generation, Stop
from inference.http.dialect import Heard, heard
from inference.vocabulary import CONTROL_TOKENS

_SCORED_TOKENS = 64
_FORCE = 1000.0
"""Added to the logits of the only tokens allowed: more than any two logits differ by, and exact to 1e-4."""
_ENDS = ["<|end|>", "<|start|>", "<|channel|>", "<|message|>", "<|constrain|>"]
"""What ends an analysis beside the tokens that the server takes for an end itself: `<|return|>` and `<|call|>`."""
_STOPS = {Stop.MARKUP: _ENDS, Stop.MARK: [*_ENDS, '"'], Stop.NEVER: []}
_FIELDS = ["tokens", "stop_type", "tokens_evaluated", "timings", "completion_probabilities"]
"""Without these, the answer would repeat the whole prompt as text."""


class _Timings(Heard):
    cache_n: int = Field(ge=0)
    prompt_ms: float = Field(ge=0)
    predicted_ms: float = Field(ge=0)


class _Scored(Heard):
    id: int
    logprob: float


class _Place(Heard):
    top_logprobs: tuple[_Scored, ...]


class _Answer(Heard):
    tokens: tuple[int, ...]
    stop_type: Literal["eos", "word", "limit", "none"]
    tokens_evaluated: int = Field(ge=0)
    timings: _Timings | None = None
    completion_probabilities: tuple[_Place, ...] = ()


class LlamaServer:
    """Implements `Dialect`."""

    name = "llama-server"
    path = "/completion"

    def body(self, generation: Generation, model: str, slot: int | None) -> dict[str, Any]:
        """A stop is told by text, so control tokens are asked for as text, too.

        A model that writes such a text in ordinary letters stops as well; the ids tell the two apart.
        """
        return {
            "prompt": generation.prompt,
            "n_predict": generation.most,
            "stop": _STOPS[generation.stop],
            "preserved_tokens": list(CONTROL_TOKENS.values()),
            "logit_bias": [[token, _FORCE] for token in generation.allowed],
            "n_probs": _SCORED_TOKENS if generation.scored else 0,
            # Nothing but the temperature: no top-k, no penalties, whatever the server was started with.
            "samplers": ["temperature"],
            "mirostat": 0,
            "temperature": generation.temperature,
            "seed": generation.seed,
            "return_tokens": True,
            "cache_prompt": True,
            "response_fields": _FIELDS,
            **({} if slot is None else {"id_slot": slot}),
            **({"model": model} if model else {}),
        }

    def read(self, data: bytes) -> Completion:
        """The answer to a request. Raises Garbled."""
        answer = heard(_Answer, data)
        scores = answer.completion_probabilities[0].top_logprobs if answer.completion_probabilities else ()
        timings = answer.timings
        return Completion(
            tokens=answer.tokens,
            stopped=answer.stop_type in ("eos", "word"),
            log_probabilities={score.id: score.logprob for score in scores},
            prompt_tokens=answer.tokens_evaluated,
            cached_tokens=timings.cache_n if timings else 0,
            prompt_milliseconds=timings.prompt_ms if timings else None,
            writing_milliseconds=timings.predicted_ms if timings else None,
        )
