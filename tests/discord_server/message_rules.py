"""The limits of messages, embeds, components and modals, as documented."""

from __future__ import annotations

from typing import Any

from tests.discord_server.errors import EMPTY_MESSAGE, Form, refuse
from tests.discord_server.messages import COMPONENTS_V2
from tests.discord_server.rendering import (
    BUTTON,
    ROW,
    SELECTS,
    TEXT_DISPLAY,
    TEXT_INPUT,
    embed_words,
    flat,
)

LONGEST_CONTENT = 2000
MOST_EMBEDS, LONGEST_EMBEDS = 10, 6000
MOST_ROWS = MOST_BUTTONS = 5
MOST_V2, LONGEST_V2 = 40, 4000
LINK_STYLE, PREMIUM_STYLE = 5, 6
MOST_ALLOWED = 100


def check(body: dict[str, Any], *, files: int = 0, edit: bool = False) -> None:
    """Refuse a message body that Discord would refuse."""
    form = Form()
    form.limit("content", body.get("content"), LONGEST_CONTENT)
    _check_nonce(form, body.get("nonce"))
    _check_allowed_mentions(form, body.get("allowed_mentions") or {})
    _check_embeds(form, body.get("embeds") or [])
    _check_components(form, body)
    form.finish()
    keys = ("content", "embeds", "components", "sticker_ids", "poll", "attachments")
    forwards = (body.get("message_reference") or {}).get("type") == 1
    if not edit and not files and not forwards and not any(body.get(key) for key in keys):
        refuse(EMPTY_MESSAGE)


def _check_allowed_mentions(form: Form, given: dict[str, Any]) -> None:
    """A kind is either parsed or listed, not both; a list takes 100."""
    for kind in ("users", "roles"):
        listed = given.get(kind) or []
        if listed and kind in (given.get("parse") or []):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.reject("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(listed) > MOST_ALLOWED:
            form.reject(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")


def _check_nonce(form: Form, nonce: object) -> None:
    if isinstance(nonce, str) and len(nonce) > 25:
        form.reject("nonce", "NONCE_TYPE_TOO_LONG", "Nonce must be 25 or fewer in length.")


def _check_embeds(form: Form, embeds: list[dict[str, Any]]) -> None:
    if len(embeds) > MOST_EMBEDS:
        form.reject("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    for index, embed in enumerate(embeds):
        _check_embed(form, f"embeds.{index}", embed)
    if sum(map(len, embed_words(embeds))) > LONGEST_EMBEDS:
        form.reject("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_embed(form: Form, path: str, embed: dict[str, Any]) -> None:
    form.limit(f"{path}.title", embed.get("title"), 256)
    form.limit(f"{path}.description", embed.get("description"), 4096)
    form.limit(f"{path}.footer.text", (embed.get("footer") or {}).get("text"), 2048)
    form.limit(f"{path}.author.name", (embed.get("author") or {}).get("name"), 256)
    fields = embed.get("fields") or []
    if len(fields) > 25:
        form.reject(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, each in enumerate(fields):
        form.require(f"{path}.fields.{index}.name", each.get("name"), 256)
        form.require(f"{path}.fields.{index}.value", each.get("value"), 1024)


def _check_components(form: Form, body: dict[str, Any]) -> None:
    given = body.get("components") or []
    if int(body.get("flags") or 0) & COMPONENTS_V2:
        _check_v2(form, body, given)
    elif len(given) > MOST_ROWS:
        form.reject("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    elif any(each.get("type") != ROW for each in given):
        form.reject("components", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    for index, each in enumerate(given):
        _check_row(form, f"components.{index}", each)
    _check_unique_ids(form, given)


def _check_v2(form: Form, body: dict[str, Any], given: list[dict[str, Any]]) -> None:
    for key in ("content", "embeds", "poll", "sticker_ids"):
        if body.get(key):
            message = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.reject(key, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    if sum(1 for _ in flat(given)) > MOST_V2:
        form.reject("components", "BASE_TYPE_BAD_LENGTH", "Must have 40 or fewer components in total.")
    shown = [each.get("content") or "" for each in flat(given) if each.get("type") == TEXT_DISPLAY]
    if sum(map(len, shown)) > LONGEST_V2:
        form.reject("components", "COMPONENT_MAX_TOTAL_TEXT", "Displayable text exceeds maximum size of 4000")


def _check_row(form: Form, path: str, row: dict[str, Any]) -> None:
    inside = row.get("components") or []
    if row.get("type") == ROW and not 1 <= len(inside) <= MOST_BUTTONS:
        form.reject(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    if len(inside) > 1 and any(each.get("type") in SELECTS for each in inside):
        form.reject(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The maximum width is 5")
    for index, each in enumerate(inside):
        _check_control(form, f"{path}.components.{index}", each)
        if each.get("components"):
            _check_row(form, f"{path}.components.{index}", each)


def _check_control(form: Form, path: str, control: dict[str, Any]) -> None:
    kind = control.get("type")
    if kind == BUTTON:
        _check_button(form, path, control)
    elif kind in SELECTS or kind == TEXT_INPUT:
        form.require(f"{path}.custom_id", control.get("custom_id"), 100)
        form.limit(f"{path}.placeholder", control.get("placeholder"), 150)
        _check_options(form, path, control.get("options") or [])


def _check_button(form: Form, path: str, button: dict[str, Any]) -> None:
    form.limit(f"{path}.label", button.get("label"), 80)
    style = button.get("style")
    if style == LINK_STYLE:
        form.require(f"{path}.url", button.get("url"), 512)
    elif style != PREMIUM_STYLE:
        form.require(f"{path}.custom_id", button.get("custom_id"), 100)
    if style != PREMIUM_STYLE and not button.get("label") and not button.get("emoji"):
        form.reject(path, "BUTTON_COMPONENT_REQUIRES_LABEL_OR_EMOJI", "A label or an emoji is required")


def _check_options(form: Form, path: str, options: list[dict[str, Any]]) -> None:
    if len(options) > 25:
        form.reject(f"{path}.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
    for index, option in enumerate(options):
        form.require(f"{path}.options.{index}.label", option.get("label"), 100)
        form.require(f"{path}.options.{index}.value", option.get("value"), 100)
        form.limit(f"{path}.options.{index}.description", option.get("description"), 100)


def _check_unique_ids(form: Form, given: list[dict[str, Any]]) -> None:
    ids = [each["custom_id"] for each in flat(given) if each.get("custom_id")]
    for repeated in {each for each in ids if ids.count(each) > 1}:
        message = f"Component custom id cannot be duplicated: {repeated}"
        form.reject("components", "COMPONENT_CUSTOM_ID_DUPLICATED", message)


def check_modal(data: dict[str, Any]) -> None:
    """Refuse a modal that Discord would refuse."""
    form = Form()
    form.require("data.title", data.get("title"), 45)
    form.require("data.custom_id", data.get("custom_id"), 100)
    rows = data.get("components") or []
    if not 1 <= len(rows) <= 5:
        form.reject("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for index, control in enumerate(flat(rows)):
        if control.get("type") == TEXT_INPUT:
            form.limit(f"data.components.{index}.label", control.get("label"), 45)
            form.limit(f"data.components.{index}.value", control.get("value"), 4000)
    _check_unique_ids(form, rows)
    form.finish()


def check_choices(choices: list[dict[str, Any]]) -> None:
    """Refuse autocomplete answers that Discord would refuse."""
    form = Form()
    if len(choices) > 25:
        form.reject("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        form.require(f"data.choices.{index}.name", choice.get("name"), 100)
        form.limit(f"data.choices.{index}.value", str(choice.get("value", "")), 100)
    form.finish()
