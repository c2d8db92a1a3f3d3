"""What the prefilter costs, what it flags of ordinary chat, and what it finds of labelled violations.

    python benchmarks/prefilter_speed.py DATA_FOLDER [--messages 60000]

DATA_FOLDER holds the labelled sets and background chats as JSON Lines, one object with `text`, `label` (1 for a
violation) and `category` per line. One core is enough; the times are processor times of one thread.
"""

import argparse
import json
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: a message is too small to share among threads

from inference.prefilter.embedding import StaticEmbedder
from inference.prefilter.prefilter import Prefilter
from policies.policy import Policy
from policies.starter import starter_policies

GUILD = 1
SEED = 3
WORST = (
    "a", "as ", "l0ser ", "l o s e r ", "k y s ", "x.y/", "\u0338", "e\u0301", "字", "😀", "\0", "1!", "`", "a-",
    "\u043e", "<@1>", "free nitro ", "\ud800",
)  # fmt: skip

T = TypeVar("T")
Rows = list[tuple[str, int, str]]
"""Text, label, category."""


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--messages", type=int, default=60_000, help="how many lines of each background chat")
    parser.add_argument("--flag-rate", type=float, help="for all starter policies, instead of their own")
    arguments = parser.parse_args()
    irc = [text for text, _, _ in rows(arguments.data / "bg_ubuntu_irc.jsonl")][: arguments.messages]
    sample = random.Random(SEED).sample(irc, min(4000, len(irc)))
    print_speed(sample)
    starters = [at_flag_rate(policy, arguments.flag_rate) for policy in starter_policies().values()]
    built, seconds = timed(partial(Prefilter.build, {GUILD: starters}, StaticEmbedder.shipped()))
    print(f"\n{len(starters)} starter policies built in {seconds:.2f} s")
    print_worst(built)
    print_flags("IRC", built, irc)
    for name in ("bg_goemotions_reddit", "bg_dailydialog"):
        lines = [text for text, _, _ in rows(arguments.data / f"{name}.jsonl")]
        print_flags(name, built, lines[: arguments.messages // 4])
    print_recall(built, arguments.data)


def rows(path: Path) -> Rows:
    """The rows of one file."""
    with path.open(encoding="utf-8") as lines:
        parsed = (json.loads(line) for line in lines)
        return [(row["text"], row["label"], row["category"]) for row in parsed]


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result and the seconds it took."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def at_flag_rate(policy: Policy, flag_rate: float | None) -> Policy:
    """The policy with another flag rate; None leaves it."""
    changed = {} if flag_rate is None else {"flag_rate": flag_rate}
    return policy.model_copy(update={"prefilter": policy.prefilter.model_copy(update=changed)})


def print_speed(sample: Sequence[str]) -> None:
    """Microseconds a message, by how many policies and keywords there are."""
    length = sum(map(len, sample)) / len(sample)
    print(f"µs per message ({len(sample)} messages, {length:.0f} characters on average)\n")
    print(f"{'policies':>9} {'guilds':>7} {'keywords':>9} {'mean':>7} {'p99':>7} {'build s':>8}")
    for policies, guilds, keywords in ((1, 1, 100), (1, 1, 1000), (1, 1, 10_000), *LARGER):
        by_guild = {number: grown(policies, keywords // policies, number) for number in range(guilds)}
        built, seconds = timed(partial(Prefilter.build, by_guild, StaticEmbedder.shipped()))
        times = sorted(inspected(built, 0, sample))
        mean, high = sum(times) / len(times), times[int(len(times) * 0.99)]
        print(f"{policies:9} {guilds:7} {keywords:9} {mean:7.0f} {high:7.0f} {seconds:8.2f}")
    print(f"\npeak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


LARGER = ((10, 1, 100), (10, 1, 1000), (10, 1, 10_000), (10, 100, 1000))


def grown(policies: int, keywords: int, seed: int) -> list[Policy]:
    """Starter policies with as many invented keywords each."""
    source = random.Random(seed)
    return [
        policy.model_copy(
            update={
                "prefilter": policy.prefilter.model_copy(update={"keywords": tuple(invented(keywords, source))})
            }
        )
        for policy in list(starter_policies().values())[:policies]
    ]


def invented(count: int, source: random.Random) -> Iterator[str]:
    """Words of two to four syllables that no language knows, mostly."""
    for _ in range(count):
        yield "".join(
            source.choice("bdfgklmnprstvz") + source.choice("aeiou") for _ in range(source.randint(2, 4))
        ) + source.choice("nrstkx")


def inspected(built: Prefilter, guild_id: int, texts: Sequence[str]) -> Iterator[float]:
    """The microseconds each text takes."""
    for text in texts:
        started = time.thread_time()
        built.inspect(guild_id, text)
        yield (time.thread_time() - started) * 1e6


def print_worst(built: Prefilter) -> None:
    """The slowest messages of 4,000 characters."""
    mixed = random.Random(SEED)
    texts = {repr(unit): (unit * 4000)[:4000] for unit in WORST}
    texts |= {f"mixed {number}": "".join(mixed.choices(WORST, k=4000))[:4000] for number in range(5)}
    slowest = {name: min(inspected(built, GUILD, [text] * 5)) / 1000 for name, text in texts.items()}
    top = sorted(slowest.items(), key=lambda item: -item[1])[:5]
    print("\nslowest messages of 4,000 characters, ms: " + ", ".join(f"{name} {ms:.1f}" for name, ms in top))


def print_flags(name: str, built: Prefilter, lines: Sequence[str]) -> None:
    """What share of ordinary chat is flagged, by policy and by reason."""
    flagged: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for line in lines:
        suspicions = built.inspect(GUILD, line)
        flagged.update(["any policy"] if suspicions else [], **{it.policy_id: 1 for it in suspicions})
        reasons.update({item.kind.value for it in suspicions for item in it.evidence})
    print(f"\n{name}, {len(lines)} messages, % flagged: {percent(flagged, len(lines))}")
    print(f"  by reason: {percent(reasons, len(lines))}")


def percent(counts: Counter[str], total: int) -> str:
    """Counts as shares, the largest first."""
    return ", ".join(f"{name} {count / total * 100:.2f}" for name, count in counts.most_common())


FITTING = {
    ("openai_moderation", "S"): "sexual-content", ("openai_moderation", "S3"): "sexual-minors",
    ("openai_moderation", "H"): "hate", ("openai_moderation", "H2"): "hate", ("openai_moderation", "V"): "threats",
    ("openai_moderation", "HR"): "harassment", ("openai_moderation", "SH"): "self-harm",
    ("davidson", "hate"): "hate", ("davidson", "offensive"): "harassment", ("stormfront", "hate"): "hate",
    ("hatemojibuild", "hate"): "hate", ("civil_toxic_spans", "civil_comments"): "harassment",
}  # fmt: skip
"""Which starter policy a set's violating category is about."""


def print_recall(built: Prefilter, data: Path) -> None:
    """Which share of violating rows the fitting policy, and any policy, flags."""
    print("\n% of violating rows flagged: by the fitting policy / by any policy")
    for (name, category), policy_id in FITTING.items():
        texts = [text for text, label, kind in rows(data / f"{name}.jsonl") if label and kind == category][:3000]
        found = [{it.policy_id for it in built.inspect(GUILD, text)} for text in texts]
        fitting, any_policy = (
            sum(map(bool, hits)) / len(texts) * 100
            for hits in (
                [policy_id in ids for ids in found],
                found,
            )
        )
        print(f"  {name:18} {category:14} {len(texts):5} rows, {policy_id:14} {fitting:5.1f} / {any_policy:5.1f}")


if __name__ == "__main__":
    main()
