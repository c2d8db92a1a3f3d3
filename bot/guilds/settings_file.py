"""A guild's settings as a YAML file, read as strictly as a policy."""

import re
from dataclasses import replace

import yaml
from pydantic import ValidationError

from bot.guilds.settings import GuildSettings
from policies.constraints import HIDDEN_CHARACTER
from policies.phrases import phrase
from policies.problems import PolicyError, Problem
from policies.shape import Shaper
from policies.wording import note_errors
from policies.yaml_tree import read_tree

_HINT = phrase(
    "write `format: 1`, `review_channel: 123456789012345678` and `moderator_roles: [123456789012345678]`, "
    "or let `/safeguild setup` write the file anew"
)
_HEAD = "# Written by /safeguild setup. You may edit it: changes are picked up while the bot runs.\n"


def parse_settings(data: bytes, filename: str) -> GuildSettings:
    """The settings in a file's bytes. Raises PolicyError with every problem and its line."""
    try:
        return _parsed(data, filename)
    except PolicyError as error:
        problems = [replace(problem, hint=_HINT) for problem in error.problems]
        raise PolicyError(problems) from error


def dump_settings(settings: GuildSettings) -> bytes:
    """The one way in which settings are written: what is not said is at its default."""
    said = settings.model_dump(mode="json", exclude_defaults=True)
    values = {"format": settings.format, **said, "moderator_roles": list(settings.moderator_roles)}
    body = yaml.safe_dump(
        values, sort_keys=False, allow_unicode=_can_be_read(settings), default_flow_style=None, width=1000
    )
    return f"{_HEAD}{body}".encode()


def _can_be_read(settings: GuildSettings) -> bool:
    """Whether texts may stand in the file as they are: one that is read holds no hidden character, but escaped.

    Hebrew and Arabic notices are written with marks of direction; others are pasted with them.
    """
    return not any(HIDDEN_CHARACTER.search(text or "") for text in (settings.notice, settings.help_text))


def guild_of(filename: str) -> int:
    """The guild that a file belongs to, by its name. Raises PolicyError if the name is no guild's id."""
    found = re.fullmatch(r"([1-9][0-9]{0,18})\.yaml", filename)
    if found is None or int(found[1]) >= 2**63:
        message = phrase("{file} does not belong to a server", file=f"`{filename}`")
        hint = phrase("name it after the server's id: `1234567890.yaml`")
        raise PolicyError([Problem(filename, 1, 1, message, hint)])
    return int(found[1])


def _parsed(data: bytes, filename: str) -> GuildSettings:
    root, findings = read_tree(data, filename)
    shaper = Shaper(findings)
    values = shaper.model(root, GuildSettings) or {}
    try:
        settings = GuildSettings.model_validate(values)
    except ValidationError as error:
        note_errors(error.errors(include_url=False), shaper)
        raise PolicyError(findings.problems) from error
    findings.raise_if_any()
    return settings
