"""A judge that is there from the start, although its model takes minutes to load."""

import asyncio
from datetime import datetime

from bot.health import Health, JudgeHealth
from bot.inquiry import ModelIdentity
from inference.judge import Judge, JudgeUnavailable
from inference.rendering import Content
from inference.ticket import ORDINARY, Ticket
from policies.policy import Policy
from policies.verdict import Verdict

LOADING = "the model is loading"


class LateJudge:
    """Implements `Judge`: unavailable until `arrive` is called, from then on whatever has arrived."""

    def __init__(self, name: str, began_at: datetime) -> None:
        """`name` is the model's, as its file has it."""
        self._name = name
        self._judge: Judge | None = None
        self._identity: ModelIdentity | None = None
        self._health: Health | None = None
        self._arrived = asyncio.Event()
        self.since = began_at
        """When loading began; once it is over, when the model was ready."""

    @property
    def health(self) -> JudgeHealth | None:
        """How the judge is doing; None as long as it is loaded for the first time, and after it has stopped."""
        return self._health() if self._health else None

    @property
    def is_there(self) -> bool:
        """Whether the model is loaded."""
        return self._judge is not None

    @property
    def name(self) -> str:
        """What the model calls itself."""
        return self._identity.name if self._identity else self._name

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the model's file; empty as long as it is not known. No verdict is made before."""
        return self._identity.digest if self._identity else ""

    def arrive(self, judge: Judge, identity: ModelIdentity, health: Health, at: datetime) -> None:
        """The model is loaded: every question goes to this judge from now on."""
        self._judge, self._identity, self._health, self.since = judge, identity, health, at
        self._arrived.set()

    async def arrival(self) -> None:
        """Return when the model has been loaded. Nobody need ask before, nor lease work for it."""
        await self._arrived.wait()

    def leave(self) -> None:
        """The engine is about to stop."""
        self._judge = self._health = None

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        """See `inference.judge.Judge`."""
        if self._judge is None:
            raise JudgeUnavailable(LOADING)
        return await self._judge.judge(policy, content, explain=explain, seed=seed, ticket=ticket)
