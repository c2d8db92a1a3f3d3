"""Text to tokens and back: the only home of openai-harmony.

A member's text is always encoded as ordinary text, so `<|end|>` in a message stays six ordinary tokens and can
never become a control token.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openai_harmony import (
    ChannelConfig,
    DeveloperContent,
    HarmonyEncoding,
    HarmonyEncodingName,
    Message,
    ReasoningEffort,
    Role,
    SystemContent,
    load_harmony_encoding,
)

from inference import rendering
from inference.rendering import Content
from inference.vocabulary import ORDINARY_TOKENS
from policies.policy import Effort, Policy

END = 200007
RETURN = 200002
FIRST_CONTROL_TOKEN = ORDINARY_TOKENS
"""Every id from here on is markup, never text."""

MAX_CONTENT_TOKENS = 4096
"""What the model reads of one message with its context; the middle of anything longer is left out."""
MAX_ASIDE_TOKENS = MAX_CONTENT_TOKENS // 8
"""What is kept of each part around the message when all together is too long: they cannot crowd it out."""

_ANALYSIS_OPEN = "<|start|>assistant<|channel|>analysis<|message|>"
_FINAL_OPEN = "<|end|><|start|>assistant<|channel|>final<|message|>"
_USER_OPEN = "<|start|>user<|message|>"
_MESSAGE_END = "<|end|>"
_CUT = "\n[… the middle is left out …]\n| "


@dataclass(frozen=True, slots=True)
class Scaffold:
    """The forced parts of an answer, in token ids, in the order in which they stand."""

    final_open: tuple[int, ...]
    """Ends the analysis, opens the final channel and the JSON, up to the label's place."""
    no: int
    yes: int
    rules_open: tuple[int, ...]
    more: tuple[int, ...]
    """Between two strings of a list."""
    quotes_open: tuple[int, ...]
    """Closes the list of rules, opens the list of quotes."""
    rationale_open: tuple[int, ...]
    """Closes the list of quotes, opens the rationale."""
    no_rationale_open: tuple[int, ...]
    """From the label "no" to the rationale, with both lists empty."""

    @property
    def behind_rule(self) -> tuple[int, int]:
        """What may stand behind a rule id: the first token of what closes the list, and of what goes on."""
        return self.quotes_open[0], self.more[0]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads: a part that all texts under one policy share, and a private part."""

    prefix: tuple[int, ...]
    private: tuple[int, ...]
    """Ends where the model's analysis begins."""
    cut: bool
    """Whether the middle of the message, or of what belongs to it, was left out."""


class Harmony:
    """Renders prompts and reads tokens. Loading takes about half a second; share one."""

    def __init__(self, encoding: HarmonyEncoding) -> None:
        self._encoding = encoding
        self.scaffold = self._make_scaffold()

    def prompt(self, policy: Policy, content: Content, effort: Effort) -> Prompt:
        """The tokens of a question to the judge. `effort` is of this look: low, medium or high."""
        tokens, cut = self.ordinary(rendering.content_text(content)), False
        if len(tokens) > MAX_CONTENT_TOKENS:
            tokens, cut = self._shortened(content)
        return Prompt(self.prefix(policy, effort), (*tokens, *self._markup(_MESSAGE_END + _ANALYSIS_OPEN)), cut)

    def prefix(self, policy: Policy, effort: Effort) -> tuple[int, ...]:
        """System and developer message and the opening of the user message: the same for every text.

        The system message carries no date: it would change the prefix every day.
        """
        channels = ChannelConfig(valid_channels=["analysis", "final"], channel_required=True)
        system = SystemContent(reasoning_effort=_reasoning_effort(effort), channel_config=channels)
        developer = DeveloperContent.new().with_instructions(rendering.policy_text(policy))
        messages = (
            Message.from_role_and_content(Role.SYSTEM, system),
            Message.from_role_and_content(Role.DEVELOPER, developer),
        )
        tokens = [token for message in messages for token in self._encoding.render(message)]
        return (*tokens, *self._markup(_USER_OPEN))

    def ordinary(self, text: str) -> tuple[int, ...]:
        """The tokens of a text in which nothing is markup."""
        pieces = _pieces(_encodable(text))
        return tuple(token for piece in pieces for token in self._encoding.encode(piece, disallowed_special=()))

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        return len(self.ordinary(text))

    def text(self, tokens: "tuple[int, ...] | list[int]") -> str:
        """The text of tokens; a broken UTF-8 sequence becomes U+FFFD."""
        return str(self._encoding.decode(tokens))

    def _shortened(self, content: Content) -> tuple[tuple[int, ...], bool]:
        """The content with every part's heading, beginning and end; whether more than context was left out."""
        context, message, *facts = map(self.ordinary, rendering.content_sections(content))
        before = self._clipped(context, MAX_ASIDE_TOKENS)
        after = [self._clipped(fact, MAX_ASIDE_TOKENS) for fact in facts]
        kept = self._clipped(message, MAX_CONTENT_TOKENS - len(before) - sum(map(len, after)))
        gap = self.ordinary("\n\n")
        tokens = [token for part in (before, kept, *after) if part for token in (*gap, *part)]
        return tuple(tokens[len(gap) :]), [kept, *after] != [message, *facts]

    def _clipped(self, tokens: tuple[int, ...], most: int) -> tuple[int, ...]:
        if len(tokens) <= most:
            return tokens
        mark = self.ordinary(_CUT)
        half = (most - len(mark)) // 2
        return (*tokens[:half], *mark, *tokens[-half:])

    def _markup(self, text: str) -> tuple[int, ...]:
        return tuple(self._encoding.encode(text, allowed_special="all"))

    def _make_scaffold(self) -> Scaffold:
        (no,), (yes,) = self.ordinary("0"), self.ordinary("1")
        return Scaffold(
            final_open=(*self._markup(_FINAL_OPEN), *self.ordinary(rendering.LABEL_OPEN)),
            no=no,
            yes=yes,
            rules_open=self.ordinary(rendering.RULES_OPEN),
            more=self.ordinary('","'),
            quotes_open=self.ordinary('"],' + rendering.QUOTES_OPEN),
            rationale_open=self.ordinary('"],' + rendering.RATIONALE_OPEN),
            no_rationale_open=self.ordinary(',"rule_ids":[],"quotes":[],' + rendering.RATIONALE_OPEN),
        )


_EFFORTS = {
    Effort.LOW: ReasoningEffort.LOW,
    Effort.MEDIUM: ReasoningEffort.MEDIUM,
    Effort.HIGH: ReasoningEffort.HIGH,
}


def _reasoning_effort(effort: Effort) -> ReasoningEffort:
    if effort not in _EFFORTS:
        raise ValueError(f"`{effort}` is no effort of a single look")
    return _EFFORTS[effort]


def load_harmony(vocabulary: Path) -> Harmony:
    """Load the encoding from a folder that `inference.vocabulary` filled; nothing is downloaded.

    Raises:
        FileNotFoundError: the folder holds no vocabulary.
    """
    if not (vocabulary / "o200k_base.tiktoken").is_file():
        raise FileNotFoundError(vocabulary / "o200k_base.tiktoken")
    # The library knows no other way to be told where its vocabulary lies than this variable.
    os.environ["TIKTOKEN_ENCODINGS_BASE"] = str(vocabulary)
    return Harmony(load_harmony_encoding(HarmonyEncodingName.HARMONY_GPT_OSS))


_LONG_RUN = re.compile(r"(?:\S{400}|\s{400})(?=.)", re.DOTALL)


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces, broken only within long runs without a space (or of spaces alone).

    The tokeniser needs time in the square of such a run's length: seconds for a message full of one emoji.
    """
    start = 0
    for run in _LONG_RUN.finditer(text):
        yield text[start : run.end()]
        start = run.end()
    yield text[start:]


def _encodable(text: str) -> str:
    """Lone surrogates cannot be encoded; they become U+FFFD, as Discord shows them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
