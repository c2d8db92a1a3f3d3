"""Every way into the bot: what can be typed, pressed, chosen and sent off, and who of a server's people is let in.

The rows are checked against what the running bot has registered: a new command, component or form without a row
fails the test.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from bot.case import CaseFile
from bot.cogs.appeals_face import AppealPress
from bot.cogs.policy_draft_buttons import Press as DraftPress
from bot.cogs.presses import Press
from bot.cogs.queue_state import QueuePress
from tests.discord_server import Attachment, Channel, DiscordServer, Guild, Member, Message
from tests.discord_server.command_call import read_call, read_menu_call
from tests.discord_server.interactions import Interaction, InteractionKind
from tests.discord_server.people import User
from tests.discord_server.replies import Reply

EVERYONE: Final = frozenset(
    {
        "owner",
        "admin",
        "manager",
        "role_mod",
        "author",
        "blind",
        "perm_mod",
        "messages",
        "ordinary",
        "timed_out",
        "bot",
    }
)
"""All members. `author` and `blind` are moderators: one wrote the message, one cannot read the private channel."""
ADMINISTRATORS: Final = frozenset({"owner", "admin", "manager"})
MODERATORS: Final = ADMINISTRATORS | {"role_mod", "author", "blind"}
"""Where moderator roles are set."""
_IMPARTIAL: Final = MODERATORS - {"author"}
_DELETERS: Final = frozenset({"owner", "admin", "role_mod", "blind"})
_TIMERS: Final = frozenset({"owner", "admin", "role_mod", "blind"})
PRESSES: Final[Mapping[Press, frozenset[str]]] = {
    Press.DELETE: _DELETERS,
    Press.DISMISS: _IMPARTIAL,
    Press.WARN: _TIMERS,
    Press.TIMEOUT: _TIMERS,
    Press.KICK: _TIMERS,
    Press.BAN: _TIMERS,
    Press.HELP: _IMPARTIAL,
    Press.UNDO: _IMPARTIAL,
    Press.REASONING: MODERATORS,
    Press.EVIDENCE: MODERATORS,
    Press.CLAIM: _IMPARTIAL,
    Press.RELEASE: MODERATORS,
    Press.ESCALATE: _IMPARTIAL,
    Press.CALM: MODERATORS,
    Press.HISTORY: MODERATORS,
    Press.PRECEDENTS: MODERATORS,
    Press.EXAMPLE: ADMINISTRATORS,
    Press.NOTICE: MODERATORS,
    Press.MORE: MODERATORS,
}
"""Who gets what they press on a case whose message they can read. A press without a row has no test: KeyError."""
_APPEALS: Final = {AppealPress.GRANT: _IMPARTIAL, AppealPress.REJECT: _IMPARTIAL, AppealPress.CASE: MODERATORS}
HUGE: Final = 9_223_372_036_854_775_807


@dataclass
class Town:
    """A server, its people by the names of the table, and what there is to press."""

    discord: DiscordServer
    guild: Guild
    general: Channel
    private: Channel
    people: Mapping[str, Member]
    case: CaseFile
    said: Message
    """What the case is about: the moderator `author` wrote it."""
    appeal_id: int
    draw_id: int
    draft_id: str
    file: Attachment

    def starts(
        self, who: Member | User, kind: InteractionKind, data: dict[str, Any], source: Message | None, name: str
    ) -> Interaction:
        """Send it as this person, who need not be of this server, from where they are."""
        return self.discord.interactions.start(kind, who, self.place_of(who), data, source=source, name=name)

    def place_of(self, who: Member | User) -> Channel:
        if isinstance(who, User):
            return self.discord.direct_channel(who)
        return who.guild.channel("general")


@dataclass(frozen=True)
class Door:
    """One way in."""

    name: str
    let_in: frozenset[str]
    knock: Callable[[Town, Member | User], Interaction]
    names_ids: bool = False
    """Whether it names what is this server's, so that it can be tried from another one."""
    is_completion: bool = False


def press(custom_id: Callable[[Town], str], name: str, let_in: frozenset[str]) -> Door:
    """A button that says what the table wants, whether or not the bot ever put it there."""

    def knock(town: Town, who: Member | User) -> Interaction:
        written = custom_id(town)
        source = forged(town, who, {"type": 2, "style": 2, "label": "·", "custom_id": written})
        data = {"component_type": 2, "custom_id": written, "id": 2}
        return town.starts(who, InteractionKind.COMPONENT, data, source, written)

    return Door(name, let_in, knock, names_ids=True)


def choose(
    custom_id: Callable[[Town], str], value: Callable[[Town], str], name: str, let_in: frozenset[str]
) -> Door:
    """A menu's entry."""

    def knock(town: Town, who: Member | User) -> Interaction:
        written, chosen = custom_id(town), value(town)
        options = [{"label": "·", "value": chosen}]
        source = forged(
            town, who, {"type": 3, "custom_id": written, "options": options, "min_values": 1, "max_values": 1}
        )
        data = {"component_type": 3, "custom_id": written, "id": 2, "values": [chosen]}
        return town.starts(who, InteractionKind.COMPONENT, data, source, written)

    return Door(name, let_in, knock, names_ids=True)


def form(
    custom_id: Callable[[Town], str],
    name: str,
    let_in: frozenset[str],
    fields: Mapping[str, str] = MappingProxyType({"words": "a few words"}),
) -> Door:
    """A form that is sent off, whether or not the bot ever opened it."""

    def knock(town: Town, who: Member | User) -> Interaction:
        components = [
            {
                "type": 18,
                "id": number,
                "component": {"type": 4, "id": 50 + number, "custom_id": field, "value": text},
            }
            for number, (field, text) in enumerate(fields.items(), start=1)
        ]
        written = custom_id(town)
        data = {"custom_id": written, "components": components}
        source = forged(town, who, {"type": 2, "style": 2, "label": "·", "custom_id": "opens a form"})
        return town.starts(who, InteractionKind.MODAL_SUBMIT, data, source, written)

    return Door(name, let_in, knock, names_ids=True)


def forged(town: Town, who: Member | User, component: dict[str, Any]) -> Message:
    """A message of the bot, where this person is, with one component."""
    place = town.place_of(who)
    message = Message(town.discord.world.snowflakes.mint(), place, town.discord.bot)
    message.components = [{"type": 1, "id": 1, "components": [{**component, "id": 2}]}]
    place.add(message, quietly=True)
    return message


def command(
    words: str, let_in: frozenset[str], options: Callable[[Town], Mapping[str, Any]] = lambda _: {}, note: str = ""
) -> Door:
    """A slash command, also where it is hidden from this person."""

    def knock(town: Town, who: Member | User) -> Interaction:
        data = read_call(_command(town, words.split()[0]), words, options(town), town.general)
        return town.starts(who, InteractionKind.COMMAND, data, None, words)

    return Door(f"/{words}{note}", let_in, knock)


def completion(words: str, option: str, let_in: frozenset[str]) -> Door:
    """Typing an option."""

    def knock(town: Town, who: Member | User) -> Interaction:
        data = read_call(_command(town, words.split()[0]), words, {option: ""}, town.general, focused=option)
        return town.starts(who, InteractionKind.AUTOCOMPLETE, data, None, words)

    return Door(f"/{words} {option}:", let_in, knock, is_completion=True)


def menu(name: str, let_in: frozenset[str]) -> Door:
    """A command of a message's menu."""

    def knock(town: Town, who: Member | User) -> Interaction:
        return town.starts(
            who, InteractionKind.COMMAND, read_menu_call(_command(town, name), town.said), None, name
        )

    return Door(name, let_in, knock)


def _command(town: Town, name: str) -> Any:
    return next(each for each in town.discord.world.commands.usable_in(town.guild.id) if each.name == name)


COMMANDS: Final = (
    command("queue", MODERATORS),
    command("case show", MODERATORS, lambda town: {"case": town.case.id}),
    command("case note", MODERATORS, lambda town: {"case": town.case.id, "text": "a note"}),
    command("case note", MODERATORS, lambda town: {"case": town.case.id}, " in a form"),
    command("case reopen", MODERATORS, lambda town: {"case": town.case.id, "reason": "why"}),
    command("case export", MODERATORS),
    command("case export", ADMINISTRATORS, lambda _: {"texts": True}, " with texts"),
    command("history", MODERATORS, lambda town: {"member": town.people["author"]}),
    command("safeguild setup", ADMINISTRATORS, lambda town: {"review_channel": town.general}),
    command("safeguild setup", ADMINISTRATORS, note=" page by page"),
    command("safeguild settings", ADMINISTRATORS, lambda _: {"keep_days": 2}),
    command("safeguild texts", ADMINISTRATORS),
    command("safeguild status", MODERATORS),
    command("policy list", MODERATORS),
    command("policy show", MODERATORS, lambda _: {"policy": "harassment"}),
    command("policy add", ADMINISTRATORS, lambda _: {"starter": "spam"}),
    command("policy add", ADMINISTRATORS, lambda _: {"starter": "doxxing", "language": "de"}, " in a language"),
    command("policy mode", ADMINISTRATORS, lambda _: {"policy": "harassment", "mode": "off"}),
    command("policy new", ADMINISTRATORS, lambda _: {"name": "mine"}),
    command("policy new", ADMINISTRATORS, lambda town: {"file": town.file}, " out of a file"),
    command("policy edit", ADMINISTRATORS, lambda _: {"policy": "harassment"}),
    command("policy remove", ADMINISTRATORS, lambda _: {"policy": "harassment"}),
    command("policy export", MODERATORS, lambda _: {"policy": "harassment"}),
    command("policy import", ADMINISTRATORS, lambda town: {"file": town.file}),
    command("policy history", MODERATORS, lambda _: {"policy": "harassment"}),
    command("policy diff", MODERATORS, lambda _: {"policy": "harassment"}),
    command("policy restore", ADMINISTRATORS, lambda _: {"policy": "harassment", "version": "1"}),
    command("policy test", MODERATORS, lambda _: {"policy": "harassment"}),
    command("policy test", MODERATORS, lambda _: {"policy": "harassment", "message": "zebra"}, " on a text"),
    command("policy sample", MODERATORS, lambda _: {"policy": "harassment"}),
    command("stats", MODERATORS),
    command("stats", MODERATORS, lambda _: {"policy": "harassment", "page": "rules"}, " of rules"),
    command("privacy show", EVERYONE),
    command("privacy delete", EVERYONE),
    command("privacy export", EVERYONE),
)
COMPLETIONS: Final = (
    *(completion(f"case {word}", "case", MODERATORS) for word in ("show", "note", "reopen")),
    completion("case export", "policy", MODERATORS),
    *(
        completion(f"policy {word}", "policy", MODERATORS)
        for word in ("show", "mode", "edit", "remove", "export", "history", "diff", "restore", "test", "sample")
    ),
    completion("policy add", "starter", MODERATORS),
    *(completion("policy diff", option, MODERATORS) for option in ("old", "new")),
    completion("policy restore", "version", MODERATORS),
    *(completion("policy test", option, MODERATORS) for option in ("version", "against")),
    completion("stats", "policy", MODERATORS),
)
MENUS: Final = (
    menu("Report to moderators", EVERYONE),
    menu("Why flagged?", MODERATORS),
    menu("Judge this message", MODERATORS),
    menu("Judge this conversation", MODERATORS),
)


def _on_cases() -> Iterator[Door]:
    for pressed, let_in in PRESSES.items():
        yield press(lambda town, word=pressed.value: f"case:{town.case.id}:{word}", f"card: {pressed}", let_in)
    for word, let_in in (
        ("anyway-dismiss", _IMPARTIAL),
        ("delete-timeout-60", _TIMERS),
        ("delete-ban-24", _TIMERS),
    ):
        yield press(lambda town, word=word: f"case:{town.case.id}:{word}", f"card: {word}", let_in)
    for entry in ("timeout", "ban", "kick", "warn"):
        yield choose(
            lambda town: f"case:{town.case.id}:act", lambda _, entry=entry: entry, f"card's menu: {entry}", _TIMERS
        )


def _on_queue() -> Iterator[Door]:
    for pressed in QueuePress:
        if pressed.is_menu:
            value: Callable[[Town], str] = (
                (lambda town: str(town.case.id)) if pressed is QueuePress.CASE else (lambda _: "*")
            )
            yield choose(
                lambda _, word=pressed: f"queue:age:all:*:0:{word}", value, f"queue: {pressed}", MODERATORS
            )
        else:
            yield press(lambda _, word=pressed: f"queue:age:all:*:0:{word}", f"queue: {pressed}", MODERATORS)
    for way in ("severity:mine", "split:free"):
        yield press(lambda _, way=way: f"queue:{way}:*:0:back", f"queue: back, {way}", MODERATORS)
        yield choose(
            lambda _, way=way: f"queue:{way}:*:0:order", lambda _: "age", f"queue: order, {way}", MODERATORS
        )


def _others() -> Iterator[Door]:
    yield press(lambda town: f"bulk:{town.case.id}:cancel", "bulk: cancel", EVERYONE)
    for words in ("look", "author:dismiss:ask", "author:dismiss:1", "text:delete:1", "undo"):
        yield press(lambda town, words=words: f"bulk:{town.case.id}:{words}", f"bulk: {words}", MODERATORS)
    for on_card, let_in in _APPEALS.items():
        yield press(
            lambda town, word=on_card: f"appeal-card:{town.appeal_id}:{word}", f"appeal's card: {on_card}", let_in
        )
    yield press(lambda town: f"appeal:{town.case.id}", "appeal", frozenset({"author"}))
    for book in ("case-pages", "history-pages"):
        yield press(
            lambda town, book=book: (
                f"{book}:{town.case.id if book == 'case-pages' else town.people['author'].id}:0"
            ),
            book,
            MODERATORS,
        )
    for draft in DraftPress:
        yield press(
            lambda town, word=draft: f"draft:{town.draft_id}:{word}", f"draft: {draft}", frozenset({"owner"})
        )
    yield press(lambda _: "policy-history:harassment:9", "policy's history", MODERATORS)
    yield press(lambda _: "trial:cancel", "trial: cancel", MODERATORS)
    for answered in ("violates", "allowed", "skip", "back"):
        yield press(
            lambda town, word=answered: f"sample:{town.draw_id}:00000000:{word}",
            f"sample: {answered}",
            frozenset({"role_mod"}),
        )
    yield choose(
        lambda town: f"sample:{town.draw_id}:00000000:rule", lambda _: "rule:H1", "sample: rule",
        frozenset({"role_mod"}),
    )  # fmt: skip
    yield press(lambda town: f"judge:{town.said.channel.id}:{town.said.id}", "judge: open", MODERATORS)
    yield choose(
        lambda town: f"judge:{town.said.channel.id}:chosen",
        lambda town: str(town.said.id),
        "judge: chosen",
        MODERATORS,
    )
    yield press(lambda _: "stats:share:7:", "stats: share", MODERATORS)
    yield press(lambda _: "stats:rules:7:harassment", "stats: rules", MODERATORS)
    yield press(lambda _: "privacy:delete", "privacy: delete", EVERYONE)
    yield press(lambda _: "privacy:cancel", "privacy: cancel", EVERYONE)


_FORM_PRESSES: Final = (
    ("timeout-60", _TIMERS),
    ("delete-ban-24", _TIMERS),
    ("kick", _TIMERS),
    ("anyway-warn", _TIMERS),
    ("help", _IMPARTIAL),
)


def _forms() -> Iterator[Door]:
    yield form(lambda town: f"note-form:{town.case.id}", "form: note", MODERATORS)
    for word, let_in in _FORM_PRESSES:
        yield form(
            lambda town, word=word: f"case-form:{town.case.id}:{word}", f"form: {word}", let_in, {"reason": "why"}
        )
    yield form(lambda town: f"appeal-form:{town.case.id}", "form: appeal", frozenset({"author"}))
    for word in ("grant", "reject"):
        yield form(
            lambda town, word=word: f"appeal-answer:{town.appeal_id}:{word}",
            f"form: {word} the appeal",
            _IMPARTIAL,
        )
    yield form(
        lambda town: f"report-form:{town.said.channel.id}:{town.said.id}",
        "form: report",
        EVERYONE - {"author"},
        {"reason": "he means me"},
    )
    yield form(lambda _: "texts-form", "form: texts", ADMINISTRATORS, {"notice": "Hello."})
    yield form(
        lambda town: f"policy-form:{town.draft_id}",
        "form: policy",
        ADMINISTRATORS,
        {"title": "Mine", "goal": "Peace."},
    )


PRESSED: Final = (*_on_cases(), *_on_queue(), *_others())
FORMS: Final = tuple(_forms())
DOORS: Final = (*COMMANDS, *COMPLETIONS, *MENUS, *PRESSED, *FORMS)


def on(town: Town, case: CaseFile, said: Message) -> Town:
    """The same server with another case."""
    return replace(town, case=case, said=said)


def read(town: Town, knocked: Interaction) -> str:
    """Everything that a person got for it: words, forms, choices and files."""
    reply = Reply(town.discord.world, knocked)
    files = [file.content.decode(errors="replace") for each in reply.messages for file in each.attachments]
    turned = knocked.source.all_text.strip() if knocked.source else ""
    shown = [reply.text, turned, str(knocked.modal or ""), "".join(each.name for each in reply.choices), *files]
    return "\n".join(shown).strip()


def names(doors: Sequence[Door]) -> set[str]:
    return {door.name for door in doors}
