"""The starter policies that ship with Safeguild. A guild copies them and makes them its own."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from policies.document import parse_policy
from policies.policy import Policy


def starter_policies() -> dict[str, Policy]:
    """All starter policies by id, sorted."""
    return {name: parse_policy(starter_text(name), policy_id=name, filename=f"{name}.yaml") for name in _ids()}


def starter_text(policy_id: str) -> str:
    """A starter policy's YAML as its authors wrote it, comments included; KeyError if there is none of that id."""
    if policy_id not in _ids():
        raise KeyError(policy_id)
    return _library().joinpath(f"{policy_id}.yaml").read_text(encoding="utf-8")


def _ids() -> list[str]:
    return sorted(
        entry.name.removesuffix(".yaml") for entry in _library().iterdir() if entry.name.endswith(".yaml")
    )


def _library() -> Traversable:
    return files("policies") / "library"
