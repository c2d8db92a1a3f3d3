"""What the prefilter costs: time for a message, time to build, memory.

    python -m benchmarks.prefilter.speed DATA_FOLDER [--quick]

Times are processor time of the whole process, which has one thread: nothing is hidden in helper threads. Messages
are lines of the IRC chat in DATA_FOLDER (bg_ubuntu_irc.jsonl, or `--chat`); each round reads others, since words
are remembered. A plain Python loop beside each row tells in which phase the machine was. Others' systems are
measured beside it where they are installed: `pip install alt-profanity-check better-profanity`. Prints Markdown.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prefilter import speed_memory
from benchmarks.prefilter.labelled import Chat, load_chat
from benchmarks.prefilter.ours import NAME
from benchmarks.prefilter.speed_hostile import hostile_texts
from benchmarks.prefilter.speed_peers import speed_peers
from benchmarks.prefilter.speed_policies import one_guild
from benchmarks.prefilter.tables import section, table
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from policies.policy import Policy

POLICIES = (1, 10, 100)
KEYWORDS = (100, 1_000, 10_000, 100_000)
_SEED = 3
_MICROSECONDS = 1e-3


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds a message."""

    mean: float
    fastest: float
    slowest: float
    """The mean of the fastest and of the slowest round."""
    median: float
    p99: float

    @classmethod
    def of(cls, rounds: Sequence[Sequence[float]]) -> "Times":
        """From the time of each message in each round."""
        means = [sum(each) / len(each) for each in rounds]
        every = sorted(time for each in rounds for time in each)
        middle, high = every[len(every) // 2], every[int(len(every) * 0.99)]
        return cls(sum(means) / len(means), min(means), max(means), middle, high)

    @property
    def cells(self) -> list[str]:
        """Mean with its spread, median, 99th percentile."""
        return [
            f"{self.mean:.0f} ({self.fastest:.0f}-{self.slowest:.0f})",
            f"{self.median:.0f}",
            f"{self.p99:.0f}",
        ]


_HEADS = ["mean (rounds)", "median", "p99"]


PARTS = ("messages", "others", "hostile", "memory")


def main(argv: Sequence[str] | None = None) -> None:
    """Print all tables."""
    arguments = _arguments(argv)
    quick = arguments.quick
    lines = (50 if quick else 2_000) * arguments.rounds
    chat = load_chat(arguments.chat or arguments.data / "bg_ubuntu_irc.jsonl", lines, _SEED)
    policies, keywords = ((1, 2), (100, 1_000)) if quick else (POLICIES, KEYWORDS)
    if "messages" in arguments.parts:
        print_messages(chat, policies, keywords, arguments.rounds)
    guilds, about = one_guild(policies[1], keywords[-2]), f"{policies[1]} policies, {keywords[-2]:,} keywords"
    if "others" in arguments.parts:
        few = chat.lines[: 5 if quick else 300]
        section(f"Beside others, µs a message, {about}", peers_table(guilds, few, arguments.rounds))
    if "hostile" in arguments.parts:
        section(
            f"The slowest hostile messages of 4,000 characters, {about}", hostile_table(guilds, arguments.rounds)
        )
    if "memory" in arguments.parts:
        counts = {"starter": arguments.guilds, "distinct": arguments.distinct_guilds}
        section("Building, and memory", speed_memory.memory_table(dict.fromkeys(counts, 1) if quick else counts))


def print_messages(chat: Chat, policies: Sequence[int], keywords: Sequence[int], rounds: int) -> None:
    """The table of microseconds, and what it is about."""
    length = sum(map(len, chat.lines)) / len(chat.lines)
    about = f"{len(chat.lines)} messages of {chat.name}, {length:.0f} characters on average, in {rounds} rounds."
    each = [chat.lines[number::rounds] for number in range(rounds)]
    section("µs a message", f"{about}\n\n{messages_table(policies, keywords, each)}")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--chat", type=Path, metavar="FILE.jsonl", help="messages in the place of the IRC chat")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--guilds", type=int, default=1_000, help="whose memory is measured, with starter policies"
    )
    parser.add_argument("--distinct-guilds", type=int, default=100, help="... with policies that all differ")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true", help="few messages and guilds: does everything work?")
    arguments = parser.parse_args(argv)
    arguments.rounds = 2 if arguments.quick else arguments.rounds
    return arguments


def messages_table(policies: Sequence[int], keywords: Sequence[int], rounds: Sequence[Sequence[str]]) -> str:
    """By policies of the guild and keywords in all. `rounds`: the lines of each."""
    rows = []
    for count in policies:
        for words in keywords:
            guilds = one_guild(count, words)
            started = time.perf_counter()
            work = inspection(guilds)
            seconds = time.perf_counter() - started
            times = Times.of([list(_each(work, lines)) for lines in rounds])
            rows.append([f"{count}", f"{words:,}", *times.cells, f"{seconds:.2f}", f"{loop_milliseconds():.1f}"])
    return table(["policies", "keywords in all", *_HEADS, "build s", "loop ms"], rows)


def loop_milliseconds() -> float:
    """What 100,000 additions take in plain Python: the machine's phase."""
    started = time.process_time_ns()
    total = 0
    for number in range(100_000):
        total += number
    return (time.process_time_ns() - started) * _MICROSECONDS / 1_000


def peers_table(guilds: Mapping[int, list[Policy]], lines: Sequence[str], rounds: int) -> str:
    """Others on the same messages, one at a time."""
    words = [word for policies in guilds.values() for policy in policies for word in policy.prefilter.keywords]
    systems: dict[str, Callable[[str], object]] = {NAME: inspection(guilds)}
    systems |= speed_peers(words)
    return table(
        ["system", *_HEADS], [[name, *timed(work, lines, rounds).cells] for name, work in systems.items()]
    )


def hostile_table(guilds: Mapping[int, list[Policy]], rounds: int) -> str:
    """The five slowest: the fastest round of each."""
    work = inspection(guilds)
    slowest = {
        name: timed(work, [text], rounds).fastest for name, text in hostile_texts(random.Random(_SEED)).items()
    }
    top = sorted(slowest.items(), key=lambda item: -item[1])[:5]
    return table(["message", "ms"], [[f"`{name}`", f"{microseconds / 1000:.2f}"] for name, microseconds in top])


def inspection(guilds: Mapping[int, list[Policy]]) -> Callable[[str], object]:
    """What is done with a message of guild 0."""
    prefilter = Prefilter.build(guilds, Knowledge.shipped())
    return lambda text: prefilter.inspect(0, text)


def timed(work: Callable[[str], object], texts: Sequence[str], rounds: int) -> Times:
    """The time of each text, in rounds over all of them."""
    return Times.of([list(_each(work, texts)) for _ in range(rounds)])


def _each(work: Callable[[str], object], texts: Sequence[str]) -> Iterator[float]:
    for text in texts:
        started = time.process_time_ns()
        work(text)
        yield (time.process_time_ns() - started) * _MICROSECONDS


if __name__ == "__main__":
    main()
