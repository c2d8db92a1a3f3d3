"""Answers to interactions: the callback, and the token as a webhook."""

from __future__ import annotations

from typing import Any

from tests.discord_server import errors, message_rules
from tests.discord_server.errors import invalid, refuse
from tests.discord_server.interactions import CallbackKind, Interaction, InteractionKind
from tests.discord_server.journal import ActionKind
from tests.discord_server.mentions import AllowedMentions, find_all
from tests.discord_server.messages import EPHEMERAL, LOADING, SLASH_COMMAND, Message
from tests.discord_server.rest.call import Answer, Call, Routes
from tests.discord_server.rest.messages import change, compose

routes = Routes()
WEBHOOK = "/webhooks/{application}/{token}"
_ALLOWED = {
    InteractionKind.COMMAND: {CallbackKind.MESSAGE, CallbackKind.DEFERRED_MESSAGE, CallbackKind.MODAL},
    InteractionKind.COMPONENT: set(CallbackKind) - {CallbackKind.CHOICES},
    InteractionKind.AUTOCOMPLETE: {CallbackKind.CHOICES},
    InteractionKind.MODAL_SUBMIT: set(CallbackKind) - {CallbackKind.CHOICES, CallbackKind.MODAL},
}
_UPDATES = {CallbackKind.DEFERRED_UPDATE, CallbackKind.UPDATE_MESSAGE}


@routes.on("POST /interactions/{interaction}/{token}/callback")
def answer(call: Call) -> Any:
    interaction = call.interactions.to_answer(call.id("interaction"), call.params["token"])
    kind = _kind(call, interaction)
    data = call.data.get("data") or {}
    _check(kind, data, len(call.files))
    interaction.acknowledge(kind)
    message = _ANSWERS[kind](call, interaction, data)
    call.world.changes.touch()
    if not call.flag("with_response"):
        return None
    return _with_response(interaction, kind, message)


def _kind(call: Call, interaction: Interaction) -> CallbackKind:
    given = call.data.get("type")
    allowed = _ALLOWED[interaction.kind]
    if interaction.source is None:
        allowed = allowed - _UPDATES
    if given not in allowed:
        choices = ", ".join(str(int(each)) for each in sorted(allowed))
        invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {{{choices}}}.")
    return CallbackKind(given)


def _check(kind: CallbackKind, data: dict[str, Any], files: int) -> None:
    if kind is CallbackKind.MESSAGE:
        message_rules.check(data, files=files)
    elif kind is CallbackKind.UPDATE_MESSAGE:
        message_rules.check(data, edit=True)
    elif kind is CallbackKind.CHOICES:
        message_rules.check_choices(data.get("choices") or [])
    elif kind is CallbackKind.MODAL:
        message_rules.check_modal(data)


def _reply(call: Call, interaction: Interaction, data: dict[str, Any], *, loading: bool = False) -> Message:
    """A message that answers the interaction; an ephemeral one is kept only in the interaction."""
    message = compose(call, interaction.channel, data)
    message.flags |= (int(data.get("flags") or 0) & EPHEMERAL) | (LOADING if loading else 0)
    message.application_id = message.webhook_id = call.world.application.id
    message.interaction = interaction.metadata()
    message.type = SLASH_COMMAND if interaction.kind is InteractionKind.COMMAND else message.type
    _deliver(call, message, data)
    return message


def _deliver(call: Call, message: Message, data: dict[str, Any]) -> None:
    allowed = AllowedMentions.read(data.get("allowed_mentions"))
    if message.is_ephemeral:
        message.mentions = find_all(message, allowed)
    else:
        message.channel.add(message, allowed)
        call.world.did(ActionKind.POST, message.id, message.channel)


def _answer_message(call: Call, interaction: Interaction, data: dict[str, Any]) -> Message | None:
    interaction.original = _reply(call, interaction, data)
    return interaction.original


def _defer_message(call: Call, interaction: Interaction, data: dict[str, Any]) -> Message | None:
    interaction.original = _reply(call, interaction, {"flags": data.get("flags") or 0}, loading=True)
    return interaction.original


def _defer_update(_: Call, interaction: Interaction, __: dict[str, Any]) -> Message | None:
    interaction.original = interaction.source
    return None


def _update_message(call: Call, interaction: Interaction, data: dict[str, Any]) -> Message | None:
    interaction.original = interaction.source
    if interaction.source is not None:
        _edit(call, interaction.source, data)
    return interaction.source


def _offer(_: Call, interaction: Interaction, data: dict[str, Any]) -> Message | None:
    interaction.choices = list(data.get("choices") or ())
    return None


def _open_modal(_: Call, interaction: Interaction, data: dict[str, Any]) -> Message | None:
    interaction.modal = data
    return None


_ANSWERS = {
    CallbackKind.MESSAGE: _answer_message,
    CallbackKind.DEFERRED_MESSAGE: _defer_message,
    CallbackKind.DEFERRED_UPDATE: _defer_update,
    CallbackKind.UPDATE_MESSAGE: _update_message,
    CallbackKind.CHOICES: _offer,
    CallbackKind.MODAL: _open_modal,
}


def _with_response(interaction: Interaction, kind: CallbackKind, message: Message | None) -> Answer:
    body: dict[str, Any] = {"interaction": {"id": str(interaction.id), "type": int(interaction.kind)}}
    if message is not None:
        body["interaction"] |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & LOADING),
            "response_message_ephemeral": message.is_ephemeral,
        }
        if kind is not CallbackKind.DEFERRED_MESSAGE:
            body["resource"] = {"type": int(kind), "message": message.payload()}
    return Answer(200, body)


def _webhook(call: Call) -> Interaction:
    return call.interactions.by_token(call.id("application"), call.params["token"])


def _original(call: Call) -> Message:
    message = _webhook(call).original
    if message is None or message.deleted:
        refuse(errors.UNKNOWN_MESSAGE)
    return message


def _followup(call: Call) -> Message:
    """A message of this interaction by its id."""
    interaction = _webhook(call)
    own = [*interaction.followups, *([interaction.original] if interaction.original else [])]
    found = next((each for each in own if each.id == call.id("message") and not each.deleted), None)
    return found or refuse(errors.UNKNOWN_MESSAGE)


def _edit(call: Call, message: Message, data: dict[str, Any]) -> None:
    if message.deleted:
        refuse(errors.UNKNOWN_MESSAGE)
    was_loading = bool(message.flags & LOADING)
    message.flags &= ~LOADING
    change(call, message, data)
    if was_loading:
        message.edited_at = None
    if not message.is_ephemeral:
        call.world.did(ActionKind.EDIT, message.id, message.channel)


@routes.on(f"POST {WEBHOOK}")
def follow_up(call: Call) -> Any:
    interaction = _webhook(call)
    message_rules.check(call.data, files=len(call.files))
    original = interaction.original
    if original is not None and original.flags & LOADING:
        _edit(call, original, call.data)
        return original.payload()
    message = _reply(call, interaction, call.data)
    interaction.followups.append(message)
    call.world.changes.touch()
    return message.payload()


@routes.on(f"GET {WEBHOOK}/messages/@original")
def get_original(call: Call) -> Any:
    return _original(call).payload()


@routes.on(f"PATCH {WEBHOOK}/messages/@original")
def edit_original(call: Call) -> Any:
    message = _original(call)
    message_rules.check(call.data, edit=True)
    _edit(call, message, call.data)
    return message.payload()


@routes.on(f"DELETE {WEBHOOK}/messages/@original")
def delete_original(call: Call) -> Any:
    _delete(call, _original(call))


@routes.on(f"GET {WEBHOOK}/messages/{{message}}")
def get_followup(call: Call) -> Any:
    return _followup(call).payload()


@routes.on(f"PATCH {WEBHOOK}/messages/{{message}}")
def edit_followup(call: Call) -> Any:
    message = _followup(call)
    message_rules.check(call.data, edit=True)
    _edit(call, message, call.data)
    return message.payload()


@routes.on(f"DELETE {WEBHOOK}/messages/{{message}}")
def delete_followup(call: Call) -> Any:
    _delete(call, _followup(call))


def _delete(call: Call, message: Message) -> None:
    if message.is_ephemeral:
        message.deleted = True
        call.world.changes.touch()
    else:
        message.channel.remove(message)
