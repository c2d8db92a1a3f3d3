"""Members who chat, edit and take back, and moderators who click: all at random, out of one seed."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from tests.discord_server import Channel, Member, Message, NotAllowed, Reply
from tests.journeys.stage import HARMLESS, INSULT, SUSPICIOUS, Stage, case_of


@dataclass(frozen=True, slots=True)
class Click:
    """One press on a card."""

    member: Member
    case_id: int | None
    label: str
    answer: asyncio.Task[Reply]


TIMEOUT = "Timeout"
"""Behind More, where no rule suggests it."""
LABELS = ("Delete", TIMEOUT, "Dismiss")
PANEL_SECONDS = 10.0
"""How long a panel is waited for, which never comes if the bot is killed just then."""
RECENT = 30
"""How far back people edit and delete."""


class Crowd:
    """The people of one guild, and what they did."""

    def __init__(self, stage: Stage, dice: Random) -> None:
        self.stage = stage
        self.dice = dice
        self.did: Counter[str] = Counter()
        self.flagged: dict[int, Message] = {}
        """What has to have a case in the end: it was flagged from its beginning, and not taken back in time."""
        self.taken_down: set[int] = set()
        self.clicks: list[Click] = []
        self._places: list[Channel] = [stage.general, stage.guild.add_channel("side")]
        self._members: list[Member] = [stage.mallory, *map(stage.guild.add_member, ("trudy", "oscar", "eve"))]
        self._said: list[Message] = []
        self._number = 0

    async def open_a_thread(self) -> None:
        """A third place to write in."""
        self._places.append(await self.stage.general.start_thread(self.stage.mallory, "a thread"))

    async def act(self) -> None:
        """One person does one thing."""
        deeds = (self.insult, self.chat, self.hint, self.edit, self.take_back, self.click)
        (deed,) = self.dice.choices(deeds, weights=(4, 4, 1, 2, 1, 3))
        await deed()

    async def insult(self) -> Message:
        """Somebody insults somebody."""
        message = await self._say(INSULT)
        self.flagged[message.id] = message
        return message

    async def chat(self) -> None:
        """Somebody says something harmless."""
        await self._say(HARMLESS)

    async def hint(self) -> None:
        """Somebody says what is suspected and cleared."""
        await self._say(SUSPICIOUS)

    async def edit(self) -> None:
        """Somebody changes what they said, for the better or the worse."""
        message = self._recent()
        if message is None:
            return
        text = self.dice.choice((INSULT, HARMLESS))
        if text == HARMLESS:
            self._forgive(message)
        await message.edit(self._numbered(text))
        self.did["edited"] += 1

    async def take_back(self) -> None:
        """Somebody deletes what they said."""
        message = self._recent()
        if message is None:
            return
        self._forgive(message)
        self.taken_down.add(message.id)
        await message.delete()
        self.did["taken back"] += 1

    async def click(self, *labels: str) -> asyncio.Task[Reply] | None:
        """A moderator presses a button of a card that can be decided on; nobody waits for the answer."""
        wanted = labels or LABELS
        open_cards = [card for card in self.stage.cards if _offered(card) & set(wanted)]
        if not open_cards:
            return None
        card = self.dice.choice(open_cards)
        label = self.dice.choice(sorted(_offered(card) & set(wanted)))
        member = self.dice.choice((self.stage.ada, self.stage.bob))
        answer = asyncio.create_task(_press(card, member, label))
        self.clicks.append(Click(member, case_of(card), label, answer))
        self.did["clicked"] += 1
        await asyncio.sleep(0)
        return answer

    async def _say(self, text: str) -> Message:
        message = await self.dice.choice(self._places).say(self._somebody(), self._numbered(text))
        self._said.append(message)
        self.did["said"] += 1
        return message

    def _somebody(self) -> Member:
        """A member who may speak; when all are timed out, somebody new joins."""
        free = [member for member in self._members if not member.is_timed_out]
        if not free:
            free = [self.stage.guild.add_member(f"newcomer {len(self._members)}")]
            self._members += free
        return self.dice.choice(free)

    def _numbered(self, text: str) -> str:
        """No two texts are the same."""
        self._number += 1
        return f"{text}, {self._number}"

    def _recent(self) -> Message | None:
        there = [message for message in self._said[-RECENT:] if not message.deleted]
        return self.dice.choice(there) if there else None

    def _forgive(self, message: Message) -> None:
        """Who takes an insult back before there is a case about it gets none."""
        if self.stage.memory.case(message.id) is None:
            self.flagged.pop(message.id, None)


def _offered(card: Message) -> set[str]:
    """What can be decided with a card: where a dismissal is offered, a timeout is behind More."""
    shown = set(card.button_labels)
    return shown | {TIMEOUT} if "Dismiss" in shown else shown


async def _press(card: Message, member: Member, label: str) -> Reply:
    """A form that opens is sent off as it is."""
    reply = await (_from_panel(card, member) if label == TIMEOUT else card.click(member, label, wait=False))
    return await reply.submit({}, wait=False) if reply.modal else reply


async def _from_panel(card: Message, member: Member) -> Reply:
    """The press behind More, or the panel itself where it came to nothing or offers no timeout any more."""
    panel = await card.click(member, "More", wait=False)
    with suppress(TimeoutError):  # the bot was killed meanwhile
        await panel.wait_for_text(within=PANEL_SECONDS)
    try:
        return await panel.message.select(member, f"case:{case_of(card)}:act", "timeout", wait=False)
    except (LookupError, NotAllowed):
        return panel
