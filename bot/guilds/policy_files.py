"""Where guilds' policies are on the disk, and how their files are read. What touches the disk here blocks."""

import functools
import os
import re
import shutil
from pathlib import Path

from bot.guilds import files
from bot.guilds.errors import UnknownPolicy
from policies.document import PolicyError, misnamed, parse_policy
from policies.mode_line import with_mode
from policies.phrases import phrase
from policies.policy import Mode, Policy
from policies.starter import ENGLISH, starter_text


@functools.lru_cache(maxsize=128)
def parse_file(filename: str, data: bytes) -> Policy:
    """The policy in a file. Raises PolicyError.

    Most guilds have the starter policies as they are: those are read, and kept in memory, once for all.
    """
    stem, suffix = os.path.splitext(filename)  # noqa: PTH122 - a name is no path
    if suffix != ".yaml":
        raise PolicyError([misnamed(filename, stem)])
    return parse_policy(data, policy_id=stem, filename=filename)


def starter_source(starter_id: str, mode: Mode | None, language: str = ENGLISH) -> bytes:
    """A starter policy's file in a language, comments included. Raises UnknownPolicy."""
    try:
        source = starter_text(starter_id, language).encode()
    except KeyError:
        raise UnknownPolicy(phrase("There is no starter policy “{policy}”.", policy=starter_id)) from None
    return in_mode(source, mode, starter_id) if mode else source


def in_mode(source: bytes, mode: Mode, policy_id: str) -> bytes:
    """The file with nothing changed but the mode. Raises PolicyError."""
    return with_mode(source, mode, policy_id=policy_id, filename=file_name(policy_id))


def file_name(policy_id: str) -> str:
    """The name of a policy's file in its guild's folder."""
    return f"{policy_id}.yaml"


def guilds_in(folder: Path) -> list[int]:
    """The guilds that have a folder. Other names are nobody's. Raises OSError."""
    return sorted(int(entry.name) for entry in folder.iterdir() if is_guild(entry.name))


def is_guild(name: str) -> bool:
    """Whether a folder's name is that of a guild."""
    return re.fullmatch(r"[1-9][0-9]{0,18}", name) is not None


def delete_folder(folder: Path) -> None:
    """Delete a guild's folder for good. Raises OSError."""
    if folder.exists():
        shutil.rmtree(folder)
        files.sync_folder(folder.parent)
