"""Policies as YAML files: reading with errors like a compiler's, and the one canonical way to write them."""

import re
from pathlib import Path

from pydantic import ValidationError

from policies.conflicts import note_conflicts
from policies.disk_errors import NOT_A_FILE, reason_of
from policies.phrases import phrase
from policies.policy import Policy, is_policy_id
from policies.problems import PolicyError, Problem
from policies.shape import Shaper
from policies.wording import note_errors
from policies.writer import dump_policy, write_policy
from policies.yaml_tree import MAX_BYTES, read_tree

__all__ = [
    "PolicyError",
    "Problem",
    "dump_policy",
    "load_folder",
    "load_policy",
    "parse_policy",
    "write_policy",
]


def parse_policy(source: str | bytes, *, policy_id: str, filename: str) -> Policy:
    """The policy in a YAML text. `filename` is what errors name.

    Raises PolicyError with every problem that one pass can find. Works on hostile input: at most `MAX_BYTES` are
    read, and nothing in them is expanded, converted or executed.
    """
    _check_id(policy_id, filename)
    root, findings = read_tree(source, filename)
    shaper = Shaper(findings)
    values = shaper.model(root, Policy) or {}
    note_conflicts(values, shaper)
    try:
        policy = Policy.model_validate({"id": policy_id, **values})
    except ValidationError as error:
        note_errors(error.errors(include_url=False), shaper)
        raise PolicyError(findings.problems) from error
    findings.raise_if_any()
    return policy


def load_policy(path: Path) -> Policy:
    """The policy in a file; its id is the file's name without `.yaml`. Raises PolicyError."""
    if path.suffix != ".yaml":
        raise PolicyError([misnamed(str(path), _id_like(path.stem))])
    _check_id(path.stem, str(path))
    return parse_policy(_read(path), policy_id=path.stem, filename=str(path))


def load_folder(folder: Path) -> tuple[tuple[Policy, ...], tuple[PolicyError, ...]]:
    """The policies of a folder by id, and an error for each file that is not one. Hidden files are passed over.

    A folder that does not exist holds no policies.
    """
    policies: list[Policy] = []
    errors: list[PolicyError] = []
    for path in sorted(folder.glob("[!.]*"), key=lambda path: path.stem):
        if path.suffix not in {".yaml", ".yml"}:
            continue
        try:
            policies.append(load_policy(path))
        except PolicyError as error:
            errors.append(error)
    return tuple(policies), tuple(errors)


def _read(path: Path) -> bytes:
    """At most one byte more than may be parsed. A pipe is not opened: it could keep us waiting for ever."""
    if path.exists() and not path.is_file():
        hint = phrase("name a policy's YAML file")
        raise PolicyError([Problem(str(path), 1, 1, NOT_A_FILE, hint)])
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        message = phrase("the file cannot be read: {reason}", reason=reason_of(error))
        hint = phrase("check that the path is right and that you may read the file")
        raise PolicyError([Problem(str(path), 1, 1, message, hint)]) from error


def _check_id(policy_id: str, filename: str) -> None:
    if not is_policy_id(policy_id):
        message = phrase("{id} cannot be the id of a policy", id=f"`{policy_id}`")
        name = f"`{_id_like(policy_id)}.yaml`"
        hint = phrase("name the file {name}: up to 40 small letters, digits and hyphens", name=name)
        raise PolicyError([Problem(filename, 1, 1, message, hint)])


def misnamed(file: str, stem: str) -> Problem:
    """What to say of a file whose name does not end as a policy's does; `stem`: how it may begin."""
    message = phrase("the name of a policy's file ends in `.yaml`")
    return Problem(file, 1, 1, message, phrase("name it {name}", name=f"`{stem}.yaml`"))


def _id_like(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "my-policy"
