"""What the person at the page does, as somebody: write, edit, delete, press, choose, fill in, command.

Every deed checks what Discord's own client would check, and raises NotAllowed with words for the person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Base64Bytes, BeforeValidator, Field

from policies.frozen import Frozen
from tests.discord_server import Attachment, Channel, Member, Message, NotAllowed, User
from tests.discord_server.commands import BOOLEAN, CHANNEL, INTEGER, NUMBER, ROLE, USER
from tests.discord_server.message_rules import LONGEST_CONTENT
from tools.live import views
from tools.live.scene import Scene

Id = Annotated[
    int, BeforeValidator(lambda given: int(given) if isinstance(given, str) and given.isdigit() else given)
]
"""A Discord id. Browsers send it as text: their numbers are too short for it."""
Json = dict[str, Any]
Found = TypeVar("Found")


class _Deed(Frozen):
    """Who does it."""

    person: Id


class Say(_Deed):
    """Write a message, perhaps as a reply."""

    channel: Id
    content: str
    reply_to: Id | None = None


class Post(_Deed):
    """Open a post in a forum."""

    channel: Id
    title: Annotated[str, Field(min_length=1, max_length=100)]
    content: str


class Edit(_Deed):
    """Edit an own message."""

    message: Id
    content: str


class Delete(_Deed):
    """Delete an own message, or anybody's as a moderator."""

    message: Id


class Press(_Deed):
    """Press a button, or choose `values` from a menu."""

    message: Id
    custom_id: str
    values: list[str] | None = None


class Fill(_Deed):
    """Send off the form that an interaction opened: {custom id: text, or what was chosen}."""

    interaction: Id
    values: dict[str, str | list[str]]


class Apply(_Deed):
    """Use a command of a message's menu (Apps)."""

    message: Id
    name: str


class GivenFile(Frozen):
    """A file out of the person's folders, as the value of an option."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Base64Bytes


class Use(_Deed):
    """Use a slash command; its options are texts, as a form has them, and files."""

    channel: Id
    words: str
    options: dict[str, str] = Field(default_factory=dict)
    files: dict[str, GivenFile] = Field(default_factory=dict)


class Complete(Use):
    """Ask what could be put into the option `focused`."""

    focused: str


class Dismiss(_Deed):
    """Dismiss an answer that only this person sees."""

    message: Id


class Deeds:
    """Does it in the scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._guild = scene.guild

    async def say(self, deed: Say) -> Json:
        """Answers with the new message's id."""
        content = _content(deed.content)
        replied = None if deed.reply_to is None else self._message(deed.reply_to)
        person = self._person(deed)
        message = await self._channel(person, deed.channel).say(person, content, reply_to=replied)
        return {"message": str(message.id)}

    async def post(self, deed: Post) -> Json:
        """Answers with the id of the post's own channel."""
        person = self._person(deed)
        forum = self._channel(person, deed.channel)
        if not person.can(forum.sending, forum):
            raise NotAllowed(f"{person.name} may not post in #{forum.name}")
        message = await forum.post(person, deed.title, _content(deed.content))
        return {"channel": str(message.channel.id)}

    async def edit(self, deed: Edit) -> Json:
        """See `Edit`."""
        message, content = self._message(deed.message), _content(deed.content)
        if message.author.id != deed.person:
            raise NotAllowed("people can only edit their own messages")
        await message.edit(content)
        return {}

    async def delete(self, deed: Delete) -> Json:
        """See `Delete`."""
        message = self._message(deed.message)
        if not message.may_be_deleted_by(self._person(deed)):
            raise NotAllowed("only moderators can delete what others wrote")
        await message.delete()
        return {}

    async def press(self, deed: Press) -> Json:
        """Answers with the form that opened, when the bot has acknowledged the press, or could have.

        Everything else that the bot answers comes with the stream; so it is for `fill`, `apply` and `use`.
        """
        message = self._message(deed.message)
        who = self._as_seen_in(message.channel, self._person(deed))
        if deed.values is None:
            reply = await message.click(who, deed.custom_id, wait=False)
        else:
            reply = await message.select(who, deed.custom_id, *deed.values, wait=False)
        return views.opened(reply.interaction)

    async def fill(self, deed: Fill) -> Json:
        """See `Fill`."""
        opened = _there(self._scene.discord.interactions.by_id.get(deed.interaction), "this form is gone")
        if opened.user is not self._person(deed).user:
            raise NotAllowed("somebody else opened this form")
        reply = await self._scene.discord.world.people.submit(opened, deed.values, wait=False)
        return views.opened(reply.interaction)

    async def apply(self, deed: Apply) -> Json:
        """See `Apply`."""
        reply = await self._message(deed.message).use(self._person(deed), deed.name, wait=False)
        return views.opened(reply.interaction)

    async def use(self, deed: Use) -> Json:
        """See `Use`."""
        person = self._person(deed)
        channel = self._channel(person, deed.channel)
        given = {name: self._uploaded(file) for name, file in deed.files.items()} | self._options(deed)
        reply = await self._guild.slash(person, channel, deed.words, wait=False, **given)
        return views.opened(reply.interaction)

    async def complete(self, deed: Complete) -> Json:
        """Answers with the choices that the bot offers."""
        person = self._person(deed)
        options = self._options(deed)
        typed = options.pop(deed.focused, "")
        channel = self._channel(person, deed.channel)
        choices = await self._guild.autocomplete(person, channel, deed.words, **options, **{deed.focused: typed})
        return {"choices": [{"name": each.name, "value": str(each.value)} for each in choices]}

    async def dismiss(self, deed: Dismiss) -> Json:
        """See `Dismiss`."""
        message = self._message(deed.message)
        if not message.is_ephemeral:
            raise NotAllowed("only answers that nobody else sees are dismissed")
        message.deleted = True
        self._scene.discord.world.changes.touch()
        return {}

    # What the ids mean

    def _person(self, deed: _Deed) -> Member:
        return _there(self._scene.player(deed.person), "this person is not here any more")

    def _channel(self, person: Member, channel_id: int) -> Channel:
        channel = _there(self._scene.discord.world.channels.get(channel_id), "this channel is gone")
        if not channel.visible_to(person):
            raise NotAllowed(f"{person.name} does not see #{channel.name}")
        return channel

    def _as_seen_in(self, channel: Channel, person: Member) -> Member | User:
        """Whoever acts there: in direct messages there are no members."""
        return person if channel.guild is not None else person.user

    def _uploaded(self, given: GivenFile) -> Attachment:
        return self._scene.discord.world.upload(given.name, given.content)

    def _message(self, message_id: int) -> Message:
        """A message in a channel, or of an answer that only one person sees."""
        found = self._scene.discord.world.find_message(message_id)
        return _there(found or self._private_message(message_id), "this message is gone")

    def _private_message(self, message_id: int) -> Message | None:
        interactions = self._scene.discord.interactions.by_id.values()
        private = (message for each in interactions for message in views.private_messages(each))
        return next((message for message in private if message.id == message_id), None)

    def _options(self, deed: Use) -> Json:
        """Texts of the page's form as what the options take; what was left empty is left out."""
        command = next((each for each in views.commands(self._scene) if each["words"] == deed.words), None)
        types = {
            each["name"]: each["type"] for each in _there(command, f"there is no command /{deed.words}")["options"]
        }
        return {
            name: self._value(types.get(name, 0), name, text) for name, text in deed.options.items() if text != ""
        }

    def _value(self, kind: int, name: str, text: str) -> Any:
        read: Mapping[int, Callable[[str], Any]] = {
            INTEGER: int,
            NUMBER: float,
            BOOLEAN: {"true": True, "false": False}.__getitem__,
            CHANNEL: lambda given: self._scene.discord.world.channels[int(given)],
            ROLE: lambda given: self._guild.roles[int(given)],
            USER: lambda given: self._guild.members[int(given)],
        }
        try:
            return read.get(kind, str)(text)
        except (ValueError, KeyError):
            raise NotAllowed(f"the option {name!r} does not take {text!r}") from None


def _there(found: Found | None, otherwise: str) -> Found:
    if found is None:
        raise NotAllowed(otherwise)
    return found


def _content(text: str) -> str:
    """What Discord's client would send."""
    content = text.strip()
    if not 0 < len(content) <= LONGEST_CONTENT:
        raise NotAllowed(f"a message has 1 to {LONGEST_CONTENT:,} characters")
    return content


def table(deeds: Deeds) -> Mapping[str, tuple[type[_Deed], Callable[[Any], Awaitable[Json]]]]:
    """{name in the address: what it takes, what does it}."""
    return {
        "say": (Say, deeds.say),
        "post": (Post, deeds.post),
        "edit": (Edit, deeds.edit),
        "delete": (Delete, deeds.delete),
        "press": (Press, deeds.press),
        "fill": (Fill, deeds.fill),
        "apply": (Apply, deeds.apply),
        "use": (Use, deeds.use),
        "complete": (Complete, deeds.complete),
        "dismiss": (Dismiss, deeds.dismiss),
    }
