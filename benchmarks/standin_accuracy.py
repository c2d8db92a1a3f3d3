"""How often the stand-in's verdicts are those of plain term matching, through the whole local judge.

    python benchmarks/standin_accuracy.py FOLDER [--samples 200] [--seed 1]

Builds the model in FOLDER if it is not there, and prints, for each number of rules and each length of prompt,
how many verdicts, rule ids and quotes are right. Policies and messages are random.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from standin_samples import Sample, Sampler, Shape

from inference.engine_options import EngineOptions
from inference.local import open_local_judge
from inference.prompt import Harmony, load_harmony
from inference.standin.build import build_gguf
from policies.verdict import Verdict

SHAPES = {
    "1-2 rules": Shape(rules=(1, 2)),
    "3-6 rules": Shape(),
    "7-8 rules, long prose": Shape(rules=(7, 8), prose=(8, 30)),
    "3-6 rules, long messages": Shape(words=(100, 400)),
}
PROMPT_STEP = 250


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample, what the stand-in said, and how many tokens it read."""

    shape: str
    sample: Sample
    verdict: Verdict
    prompt_tokens: int

    @property
    def verdict_is_right(self) -> bool:
        return self.verdict.violation is (self.sample.rule_id is not None)

    @property
    def rule_is_right(self) -> bool:
        return self.verdict.rule_ids == (self.sample.rule_id,)

    @property
    def quote_is_right(self) -> bool:
        return self.verdict.quotes == (self.sample.quote,)

    @property
    def prompt_band(self) -> str:
        start = self.prompt_tokens // PROMPT_STEP * PROMPT_STEP
        return f"{start}-{start + PROMPT_STEP - 1} tokens"


async def judge_all(folder: Path, samples: Sequence[tuple[str, Sample]], threads: int) -> list[Judged]:
    """Eight at a time, as the engine batches them."""
    options = EngineOptions(model=build_gguf(folder), vocabulary=folder / "vocabulary", threads=threads)
    async with open_local_judge(options, "benchmark") as judge:
        harmony = load_harmony(options.vocabulary)
        gate = asyncio.Semaphore(options.width)

        async def one(shape: str, sample: Sample) -> Judged:
            async with gate:
                verdict = await judge.judge(sample.policy, sample.content)
            return Judged(shape, sample, verdict, _prompt_tokens(harmony, sample))

        return list(await asyncio.gather(*(one(*pair) for pair in samples)))


def _prompt_tokens(harmony: Harmony, sample: Sample) -> int:
    prompt = harmony.prompt(sample.policy, sample.content, sample.policy.judge.effort)
    return len(prompt.prefix) + len(prompt.private)


def report(title: str, judged: Iterable[Judged]) -> str:
    """One line: right of all, for verdicts, rule ids and quotes."""
    counts: Counter[str] = Counter()
    for one in judged:
        violates = one.sample.rule_id is not None
        counts.update(n=1, verdict=one.verdict_is_right, violating=violates)
        counts.update(rule=violates and one.rule_is_right, quote=violates and one.quote_is_right)
    violating = counts["violating"]
    return (
        f"{title:28} verdict {counts['verdict']:5} of {counts['n']:5}   "
        f"rule id {counts['rule']:5} of {violating:5}   quote {counts['quote']:5} of {violating:5}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=200, help="for each kind of policy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    samples = [
        (name, sampler.sample())
        for name, shape in SHAPES.items()
        for sampler in [Sampler(arguments.seed, shape)]
        for _ in range(arguments.samples)
    ]
    started = time.monotonic()
    judged = asyncio.run(judge_all(arguments.folder, samples, arguments.threads))
    for name in SHAPES:
        print(report(name, (one for one in judged if one.shape == name)))
    for band in sorted({one.prompt_band for one in judged}, key=lambda band: int(band.split("-")[0])):
        print(report(band, (one for one in judged if one.prompt_band == band)))
    print(report("all", judged))
    for one in judged:
        if not one.verdict_is_right or (one.sample.rule_id and not (one.rule_is_right and one.quote_is_right)):
            print(
                "not as expected:", one.sample.rule_id, one.sample.quote, one.verdict.rule_ids, one.verdict.quotes
            )
    print(f"{(time.monotonic() - started) / len(judged):.2f} s a verdict on {arguments.threads} threads")


if __name__ == "__main__":
    main()
