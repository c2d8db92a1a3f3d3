"""All benchmarks of the prefilter, one after the other; Markdown for RESULTS.md.

    python -m benchmarks.prefilter DATA_FOLDER [--translations FOLDER] [--quick] [what detection and ablation take]

Hours on one core; `--quick` takes minutes and shows whether everything works. What each one measures, and what it
needs to be installed: `python -m benchmarks.prefilter.detection --help`, `… evasion`, `… speed`, `… ablation`.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator


def main() -> None:
    """Run each in a process of its own: what one loads is not in another's memory or times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--translations", metavar="FOLDER")
    parser.add_argument("--quick", action="store_true")
    arguments, others = parser.parse_known_args()
    for name, options in _programs(arguments, others):
        print(f"## {name}\n", flush=True)
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.prefilter.{name}", arguments.data, *options], check=True
        )
        print(flush=True)


def _programs(arguments: argparse.Namespace, others: list[str]) -> Iterator[tuple[str, list[str]]]:
    quick = ["--quick"] if arguments.quick else []
    translations = ["--translations", arguments.translations] if arguments.translations else []
    yield "detection", [*quick, *translations, *others]
    yield "evasion", [*translations, *(["--violations", "30", "--lines", "300"] if arguments.quick else [])]
    yield "speed", quick
    yield "ablation", [*quick, *others]


if __name__ == "__main__":
    main()
