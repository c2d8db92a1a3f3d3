"""Policies for measuring speed and memory: as many as one likes, with invented keywords."""

import random
from collections.abc import Iterator, Mapping
from itertools import cycle, islice

from policies.constraints import MAX_KEYWORDS
from policies.policy import Policy
from policies.starter import starter_policies


def one_guild(policies: int, keywords: int) -> Mapping[int, list[Policy]]:
    """A guild 0 with so many policies, and so many keywords in all.

    What its policies cannot hold is in other guilds, of one policy each: they share the automaton.
    """
    chance = random.Random(policies * keywords)
    own = min(MAX_KEYWORDS, keywords // policies)
    guilds = {0: [with_keywords(policy, own, chance) for policy in variants(policies)]}
    first = next(variants(1))
    while (rest := keywords - sum(_keywords(each) for each in guilds.values())) > 0:
        guilds[len(guilds)] = [with_keywords(first, min(MAX_KEYWORDS, rest), chance)]
    return guilds


def distinct_guilds(guilds: int, policies: int, keywords: int) -> Mapping[int, list[Policy]]:
    """Guilds whose policies all differ: `keywords` invented ones each, and examples in other words."""
    chance = random.Random(guilds)
    return {
        guild: [with_other_words(with_keywords(policy, keywords, chance), chance) for policy in variants(policies)]
        for guild in range(guilds)
    }


def starter_guilds(guilds: int, policies: int) -> Mapping[int, list[Policy]]:
    """Guilds that took over starter policies as they are; each holds its own copies, as read from its files."""
    return {guild: [policy.model_copy() for policy in variants(policies)] for guild in range(guilds)}


def variants(count: int) -> Iterator[Policy]:
    """Starter policies, over and over under new ids; never one twice."""
    chance = random.Random(count)
    starters = list(starter_policies().values())
    for number, policy in enumerate(islice(cycle(starters), count)):
        again = number // len(starters)
        renamed = policy.model_copy(update={"id": f"{policy.id}-{again}"})
        yield with_other_words(renamed, chance) if again else policy


def with_keywords(policy: Policy, count: int, chance: random.Random) -> Policy:
    """The policy with that many invented keywords in the place of its own."""
    words: dict[str, None] = {}
    while len(words) < count:
        words[invented(chance)] = None
    changed = policy.prefilter.model_copy(update={"keywords": tuple(words)})
    return policy.model_copy(update={"prefilter": changed})


def with_other_words(policy: Policy, chance: random.Random) -> Policy:
    """The policy with an invented word at the end of each example."""
    examples = tuple(
        example.model_copy(update={"text": f"{example.text} {invented(chance)}"}) for example in policy.examples
    )
    return policy.model_copy(update={"examples": examples})


def invented(chance: random.Random) -> str:
    """A word of three to five syllables that hardly any language knows."""
    syllables = (chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randint(3, 5)))
    return "".join(syllables) + chance.choice("nrstkx")


def _keywords(policies: list[Policy]) -> int:
    return sum(len(policy.prefilter.keywords) for policy in policies)
