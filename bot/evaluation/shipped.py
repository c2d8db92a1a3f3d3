"""Our policies for public data sets. They are not for a server: a chat's own rules are in the starter policies.

They were written for this project from the public definitions of the categories, not taken from those who
published figures on the sets: their policies are not public.
"""

from functools import cache
from importlib.resources import files

from policies.document import parse_policy
from policies.policy import Policy


@cache
def shipped_policies() -> dict[str, Policy]:
    """By id."""
    folder = files("bot.evaluation") / "policies"
    texts = {entry.name.removesuffix(".yaml"): entry for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    return {
        name: parse_policy(texts[name].read_bytes(), policy_id=name, filename=f"{name}.yaml")
        for name in sorted(texts)
    }
