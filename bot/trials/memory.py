"""What was judged before, so that the next trial asks about what has changed. Kept in memory and nowhere else."""

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Final

from bot.inquiry import KnownModel
from inference.judge import Judge
from inference.rendering import Content, policy_text
from inference.ticket import ORDINARY, Ticket
from policies.policy import Policy
from policies.verdict import Verdict

MOST: Final = 20_000
"""Verdicts that are remembered, some 20 MB."""
SECONDS: Final = 24 * 3600.0
"""How long each is: rationales may quote what was erased since."""

_Key = tuple[int, str, str, str]
"""Tenant, `reading_digest`, model digest, `content_digest`."""


@dataclass(slots=True)
class Memory:
    """Verdicts by what they were made of."""

    timer: Callable[[], float]
    """Seconds that never run backwards."""
    _kept: OrderedDict[_Key, tuple[float, Verdict, bool]] = field(default_factory=OrderedDict)

    def find(self, key: _Key, *, explain: bool) -> Verdict | None:
        """The verdict, with a rationale if one is wanted."""
        self._drop_old()
        _, verdict, explained = self._kept.get(key, (0.0, None, False))
        if verdict is None:
            return None
        return verdict if explained or verdict.violation or not explain else None

    def keep(self, key: _Key, verdict: Verdict, *, explain: bool) -> None:
        """Remember a verdict; the oldest one makes room. How the model came to it is not remembered."""
        self._kept.pop(key, None)
        self._kept[key] = (self.timer(), verdict.model_copy(update={"reasoning": ""}), explain)
        self._drop_old()
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def forget(self, tenant: int) -> None:
        """Drop what a guild's members wrote, as far as verdicts quote it."""
        for key in [key for key in self._kept if key[0] == tenant]:
            del self._kept[key]

    @property
    def size(self) -> int:
        """How many verdicts are remembered."""
        return len(self._kept)

    def _drop_old(self) -> None:
        """Words are not only passed over when their time is over, they go. The oldest ones stand first."""
        while self._kept and self.timer() - next(iter(self._kept.values()))[0] > SECONDS:
            self._kept.popitem(last=False)


class RememberingJudge:
    """A `Judge` that does not ask twice, whatever the seed: another one is only for what could not be read."""

    def __init__(self, judge: Judge, model: KnownModel, memory: Memory, tenant: int) -> None:
        self._judge = judge
        self._model = model
        self._memory = memory
        self._tenant = tenant
        self._readings: dict[int, tuple[Policy, str]] = {}
        self.asked = 0
        """How often the judge was asked, and not the memory."""

    def knows(self, policy: Policy, content: Content, verdict: Verdict | None) -> None:
        """Take over what this version and this model have said of this very content."""
        if verdict and (verdict.policy_digest, verdict.model_digest) == (policy.digest, self._model.digest):
            self._memory.keep(self._key(policy, content), verdict, explain=False)

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
        key = self._key(policy, content)
        if known := self._memory.find(key, explain=explain):
            return known
        self.asked += 1
        verdict = await self._judge.judge(policy, content, explain=explain, seed=seed, ticket=ticket)
        self._memory.keep(self._key(policy, content), verdict, explain=explain)
        return verdict

    def _key(self, policy: Policy, content: Content) -> _Key:
        """The model may be another one by the time it answers."""
        return self._tenant, self._reading(policy), self._model.digest, content_digest(content)

    def _reading(self, policy: Policy) -> str:
        """Each is made once: the policy that it is of is kept along, so that nothing else gets its id."""
        known = self._readings.get(id(policy))
        if known is None:
            known = self._readings[id(policy)] = (policy, reading_digest(policy))
        return known[1]


def reading_digest(policy: Policy) -> str:
    """SHA-256 (hex) of all that a verdict depends on: what the model reads of the policy, and how it is asked.

    A policy whose mode or keywords were changed, or that got an example which is not shown, is the same to it.
    """
    return sha256(f"{policy_text(policy)}\0{policy.judge.model_dump_json()}".encode()).hexdigest()


def content_digest(content: Content) -> str:
    """SHA-256 (hex) of all that the judge is shown."""
    return sha256(json.dumps(asdict(content), ensure_ascii=True).encode()).hexdigest()
