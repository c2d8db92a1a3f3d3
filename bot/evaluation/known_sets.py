"""The public data sets whose columns we know, and the policies of ours that fit them.

The texts are not shipped. ToxicChat may not be used commercially (CC BY-NC 4.0); OpenAI's set is MIT.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.evaluation.published import MODERATION_2022, TOXIC_CHAT, Published


@dataclass(frozen=True, slots=True)
class KnownSet:
    """A public data set."""

    id: str
    """What `--format` calls it."""
    title: str
    source: str
    text_column: str
    labels: Mapping[str, str]
    """{id of our policy: column}."""
    signs: frozenset[str]
    """Columns of which a row has some, and by which the set is known."""
    group_column: str | None = None
    published: tuple[Published, ...] = ()
    note: str = ""

    def fits(self, columns: frozenset[str]) -> bool:
        """Whether a row with these columns is one of this set's."""
        return self.text_column in columns and bool(self.signs & columns)

    def beside(self, policy_ids: Iterable[str]) -> tuple[Published, ...]:
        """The published figures that stand beside something if these policies are evaluated."""
        ours = frozenset(policy_ids)
        return tuple(item for item in self.published if item.needs <= ours)


_MODERATION_LABELS = {
    "moderation-sexual": "S",
    "moderation-hate": "H",
    "moderation-violence": "V",
    "moderation-harassment": "HR",
    "moderation-self-harm": "SH",
    "moderation-sexual-minors": "S3",
    "moderation-hate-threatening": "H2",
    "moderation-violence-graphic": "V2",
}

KNOWN_SETS = (
    KnownSet(
        id="moderation-2022",
        title="OpenAI's moderation evaluation set of 2022",
        source="github.com/openai/moderation-api-release (MIT); Markov et al. 2022, arXiv:2208.03274",
        text_column="prompt",
        labels=_MODERATION_LABELS,
        signs=frozenset(_MODERATION_LABELS.values()),
        published=MODERATION_2022,
        note="A flag that is missing is unknown: the text is not judged under that policy.",
    ),
    KnownSet(
        id="toxicchat",
        title="ToxicChat",
        source="huggingface.co/datasets/lmsys/toxic-chat (CC BY-NC 4.0); Lin et al. 2023, arXiv:2310.17389",
        text_column="user_input",
        labels={"toxicchat-toxicity": "toxicity", "toxicchat-jailbreaking": "jailbreaking"},
        signs=frozenset({"toxicity", "jailbreaking"}),
        group_column="human_annotation",
        published=TOXIC_CHAT,
        note="The groups say whether a person labelled the text (`human_annotation`).",
    ),
)


def known_set(set_id: str) -> KnownSet | None:
    """The set that `--format` calls so."""
    return next((known for known in KNOWN_SETS if known.id == set_id), None)


def recognised(columns: frozenset[str]) -> KnownSet | None:
    """The set that a row with these columns is of."""
    return next((known for known in KNOWN_SETS if known.fits(columns)), None)
