"""Figures that others published on the data sets we know, to be printed beside ours.

They were made with other prompts, on other machines, in part on other texts. They are a landmark, not a target: a
difference of a few points says nothing by itself.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One figure, as somebody else published it."""

    measure: str
    """Which of our figures it stands beside."""
    figure: str
    system: str
    source: str
    made_with: str
    """What is known of how it was made, where that differs from ours."""
    needs: frozenset[str]
    """The ids of our policies without which there is no figure of ours to set beside it."""


_REPORT = "OpenAI, gpt-oss-safeguard technical report, October 2025"
_MODEL = "gpt-oss-safeguard-20b"

_CATEGORIES = frozenset(
    f"moderation-{name}"
    for name in (
        "sexual",
        "hate",
        "violence",
        "harassment",
        "self-harm",
        "sexual-minors",
        "hate-threatening",
        "violence-graphic",
    )
)
_TOXICITY = frozenset({"toxicchat-toxicity"})

MODERATION_2022 = (
    Published(
        "F1, any policy",
        "about 83 %",
        _MODEL,
        _REPORT,
        "OpenAI's own policies, which are not public; how the categories were put together is not stated",
        _CATEGORIES,
    ),
)
TOXIC_CHAT = (
    Published(
        "F1, toxicity",
        "79.9 %",
        _MODEL,
        _REPORT,
        "a short prompt of OpenAI's own, which is not public; the split is not stated",
        _TOXICITY,
    ),
    Published(
        "F1, toxicity",
        "82.2 %",
        "ToxicChat-T5-large, trained on this set's own training texts",
        "the data set's card (lmsys/toxic-chat)",
        "the test split of version 0124",
        _TOXICITY,
    ),
    Published(
        "F1, toxicity",
        "61.4 %",
        "OpenAI's moderation service of 25 January 2024, threshold 0.02",
        "the data set's card (lmsys/toxic-chat)",
        "the test split of version 0124",
        _TOXICITY,
    ),
)
