"""Policies for the tests of learned scores, and the texts that they are about."""

from collections.abc import Sequence

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.features import Features
from policies.policy import Example, Policy, Rule
from policies.policy import Prefilter as Triggers

TRADING = (
    "selling my level 80 account, 50 dollars paypal, dm me",
    "wts account with all skins, cheap, pm offers",
    "anyone want to buy gold? 10 euro per million, fast delivery",
    "i buy accounts for real money, send price",
    "cheap boosting service, pay with crypto, dm for prices",
    "selling rare mount for cash, paypal only",
)
OPEN = (
    "trading my spare sword for a shield in game",
    "how much gold does the shield cost at the vendor?",
    "i spent all my gold on this mount lol",
    "my account got a new skin in the event",
    "what is the best way to farm gold?",
    "i finally bought the season pass in the shop",
)
NEW_TRADING = ("selling gold for paypal, dm me your offers", "buy my account for 30 euro")
NEW_OPEN = ("how do i farm the rare mount?", "the vendor sells a good sword for gold")
ORDINARY = ("good morning everyone", "did you watch the match yesterday?", "i think my router is broken again")


def trading(
    forbidden: Sequence[str] = (),
    allowed: Sequence[str] = (),
    *,
    policy_id: str = "trading",
    keywords: Sequence[str] = (),
) -> Policy:
    """A policy about something that is no harm anywhere else."""
    examples = [Example(text=text, verdict="T1") for text in forbidden]
    examples += [Example(text=text, verdict="allowed") for text in allowed]
    return Policy(
        id=policy_id,
        title="Trading",
        goal="Nobody loses money.",
        rules=(Rule(id="T1", text="Selling or buying accounts, items or gold for real money."),),
        examples=tuple(examples),
        prefilter=Triggers(keywords=tuple(keywords), flag_rate=0.02),
    )


def insults(*, policy_id: str = "insults") -> Policy:
    """A policy about what is harm anywhere."""
    return Policy(
        id=policy_id,
        title="Insults",
        goal="Keep it kind.",
        rules=(
            Rule(id="R1", text="Insults and slurs aimed at a member.", terms=("idiot", "moron")),
            Rule(id="R2", text="Telling someone to hurt or kill themselves."),
        ),
    )


def spoilers(*, keywords: Sequence[str] = ()) -> Policy:
    """A policy about no harm at all."""
    return Policy(
        id="spoilers",
        title="Spoilers",
        goal="Everybody may enjoy the story.",
        rules=(Rule(id="S1", text="Tells how the story of the new game ends, or who dies in its last chapter."),),
        prefilter=Triggers(keywords=tuple(keywords)),
    )


def features_of(text: str, knowledge: Knowledge) -> Features:
    """What the learned scores know of a text."""
    return knowledge.featuriser.of(Normaliser.shipped().read(text))
