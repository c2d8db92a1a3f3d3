"""How many known violations are still found when their keywords are disguised, and what that costs in vain flags.

    python -m benchmarks.prefilter.evasion DATA_FOLDER [--translations FOLDER] [--peers] [--whole]

Violations are labelled texts of DATA_FOLDER in which a keyword of the starter policies stands undisguised. All
their keywords are disguised, by one transformation or by two, and the rest of the text is left alone; a text
counts as found if any keyword is found in it. Harmless lines are the background chats of DATA_FOLDER and the lines
of the gettext catalogues (`*.po`) below a folder: those of Django, if it is installed and no other is given.

`--whole` measures the whole prefilter with its scores in the place of the keywords alone. `--peers` adds what
others do, as far as it is installed (better-profanity, alt-profanity-check). Prints Markdown.
"""

import argparse
import random
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

from benchmarks.prefilter import evasion_texts as texts
from benchmarks.prefilter.evasion_detectors import GUILD, Detector, Ours, peers, whole
from benchmarks.prefilter.evasion_texts import Violation
from benchmarks.prefilter.evasion_transformations import NEW, PLAIN, TRANSFORMATIONS, Transformation, pairs
from policies.starter import starter_policies

SEED = 5
PEER_SAMPLE = 150
"""Violations that the peers are shown: one of them takes 28 ms for each."""


def main() -> None:
    """Print all tables."""
    arguments = _arguments()
    policies = list(starter_policies().values())
    keywords = [(policy.id, word) for policy in policies for word in policy.prefilter.keywords]
    ours = Ours(keywords)
    found = texts.violations(arguments.data, ours.index, GUILD, arguments.violations, random.Random(SEED))
    detector: Detector = whole(policies) if arguments.whole else ours
    print(f"{len(found)} violations, {sum(it.has_phrase for it in found)} with a phrase; seed {SEED}\n")
    _print_single(found, {"ours": detector, "without the new readings": ours.without_new})
    _print_pairs(found, detector)
    if arguments.peers:
        _print_peers(found[:: max(1, len(found) // PEER_SAMPLE)], [word for _, word in keywords], detector)
    _print_harmless(_harmless(arguments), {"ours": detector, "without the new readings": ours.without_new})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--translations", type=Path, help="a folder with gettext catalogues below it")
    parser.add_argument("--violations", type=int, default=500)
    parser.add_argument("--lines", type=int, default=150_000, help="harmless lines at most, half of them English")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--whole", action="store_true")
    return parser.parse_args()


def disguised(violation: Violation, changes: Sequence[Transformation], chance: random.Random) -> str:
    """The text with all its keywords changed."""
    parts = list(violation.parts)
    for place in range(1, len(parts), 2):
        for change in changes:
            parts[place] = change(parts[place].lower(), chance)
    return "".join(parts)


def recall(found: Sequence[Violation], changes: Sequence[Transformation], detector: Detector) -> float:
    """The share of the violations that the detector still finds; of phrases only, where only those change."""
    chance = random.Random(SEED)
    joined = any(change.name == "joined" for change in changes)
    shown = [it for it in found if it.has_phrase] if joined else found
    return fmean(detector(disguised(it, changes, chance)) for it in shown)


def _print_single(found: Sequence[Violation], detectors: Mapping[str, Detector]) -> None:
    print(f"| recall | {' | '.join(detectors)} |\n|---|{'---|' * len(detectors)}")
    figures = {
        it.name: [recall(found, [it], detector) for detector in detectors.values()]
        for it in (PLAIN, *TRANSFORMATIONS)
    }
    for name, row in figures.items():
        _print_row(name, row)
    new = [row for name, row in figures.items() if name.startswith(NEW)]
    old = [row for name, row in figures.items() if not name.startswith(NEW)]
    for name, kind in (("mean: masked, swapped, joined", new), ("mean: the others", old)):
        _print_row(name, [fmean(column) for column in zip(*kind, strict=True)])


def _print_row(name: str, figures: Sequence[float]) -> None:
    print(f"| {name} | {' | '.join(f'{figure:.3f}' for figure in figures)} |")


def _print_pairs(found: Sequence[Violation], detector: Detector) -> None:
    sample = found[:: max(1, len(found) // 200)]
    figures = {(a.name, b.name): recall(sample, (a, b), detector) for a, b in pairs()}
    worst = sorted(figures.items(), key=lambda item: item[1])[:12]
    mean = fmean(figures.values())
    print(f"\n{len(figures)} pairs, {len(sample)} violations each: mean recall {mean:.3f}. The worst:\n")
    print("| pair | recall |\n|---|---|")
    for names, figure in worst:
        _print_row(" + ".join(names), [figure])


def _print_peers(found: Sequence[Violation], words: Sequence[str], detector: Detector) -> None:
    known = {"ours": detector}
    for name, peer in peers(words):
        if peer is None:
            print(f"\n{name} is not installed: it is left out.")
        else:
            known[name] = peer
    print(f"\n{len(found)} violations:\n\n| recall | {' | '.join(known)} |\n|---|{'---|' * len(known)}")
    for change in (PLAIN, *TRANSFORMATIONS):
        _print_row(change.name, [recall(found, [change], peer) for peer in known.values()])


def _harmless(arguments: argparse.Namespace) -> dict[str, list[str]]:
    chance = random.Random(SEED)
    lines = {"English chat": texts.english(arguments.data, arguments.lines // 2, chance)}
    folder = arguments.translations or _django()
    if folder is None:
        print("\nNo catalogues: give a folder with --translations, or install Django. Only English is measured.")
        return lines
    return lines | dict(texts.translations(folder, arguments.lines // 2, chance))


def _django() -> Path | None:
    found = find_spec("django")
    return Path(found.origin).parent if found is not None and found.origin else None


def _print_harmless(lines: Mapping[str, Sequence[str]], detectors: Mapping[str, Callable[[str], bool]]) -> None:
    print(f"\n| harmless lines, % flagged | lines | {' | '.join(detectors)} |\n|---|---|{'---|' * len(detectors)}")
    everything = [line for each in lines.values() for line in each]
    for name, each in ("all", everything), *sorted(lines.items(), key=lambda item: -len(item[1])):
        shares = [f"{fmean(map(detector, each)) * 100:.3f}" for detector in detectors.values()]
        print(f"| {name} | {len(each)} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
