"""Which policies a command is about: starter policies, files, or those of a server in the data folder."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import InputError
from policies.document import PolicyError, load_folder, load_policy
from policies.hints import nearest
from policies.policy import Mode, Policy
from policies.starter import starter_policies


@dataclass(frozen=True, slots=True)
class Chosen:
    """Policies by id; those that are off are switched on, or there would be nothing to see."""

    policies: Mapping[str, Policy]
    notices: tuple[str, ...] = ()
    """What is wrong with the files of others that were left out."""


def choose(
    names: Iterable[str], guild_id: int | None, data_folder: Path, others: Mapping[str, Policy] | None = None
) -> Chosen:
    """The policies of these names; without names all of the server's, or all starter policies.

    `others` may be named besides the starter policies.

    Raises:
        InputError: there is no such policy or server, or a policy's file has errors.
    """
    ours = {**starter_policies(), **(others or {})}
    shelf = Chosen(ours) if guild_id is None else _guilds(guild_id, data_folder)
    wanted = [_named(name, shelf) for name in names]
    if not wanted:
        return Chosen(_by_id(shelf.policies.values()), shelf.notices)
    return Chosen(_by_id(wanted))


def _guilds(guild_id: int, data_folder: Path) -> Chosen:
    folder = data_folder / "policies" / str(guild_id)
    if not folder.is_dir():
        hint = "see that the id is the server's, and `data_folder` that of the bot"
        raise InputError(f"there are no policies of a server {guild_id} in {data_folder}", hint)
    found, errors = load_folder(folder)
    if not found and not errors:
        raise InputError(f"{folder} holds no policy", "add one with `/policy add`, or name a file: --policy FILE")
    return Chosen({policy.id: policy for policy in found}, tuple(map(_told, errors)))


def _named(name: str, shelf: Chosen) -> Policy:
    """A policy by its id, or in a file."""
    if name in shelf.policies:
        return shelf.policies[name]
    if not _is_path(name):
        raise _unknown(name, shelf)
    try:
        return load_policy(Path(name))
    except PolicyError as error:
        raise InputError(_told(error), "`safeguild policy check` tells when it is in order") from None


def _is_path(name: str) -> bool:
    return os.sep in name or Path(name).suffix in {".yaml", ".yml"} or Path(name).exists()


def _unknown(name: str, shelf: Chosen) -> InputError:
    if shelf.notices and any(f"{name}.yaml" in notice for notice in shelf.notices):
        return InputError("\n".join(shelf.notices), "put the policy's file right first")
    meant = nearest(name, tuple(shelf.policies))
    known = ", ".join(sorted(shelf.policies))
    hint = f"did you mean {meant}? " if meant else ""
    return InputError(f"there is no policy {name!r}", f"{hint}there are: {known}; or name a policy file (*.yaml)")


def _by_id(found: Iterable[Policy]) -> dict[str, Policy]:
    policies: dict[str, Policy] = {}
    for policy in found:
        if policies.setdefault(policy.id, policy) != policy:
            raise InputError(f"two policies are called {policy.id!r}", "take them one after the other")
    return {name: _on(policy) for name, policy in policies.items()}


def _on(policy: Policy) -> Policy:
    return policy.model_copy(update={"mode": Mode.LIVE}) if policy.mode is Mode.OFF else policy


def _told(error: PolicyError) -> str:
    return "\n".join(map(str, error.problems))
