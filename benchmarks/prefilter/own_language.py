"""What the starter policies of a language flag of harmless lines in it, beside what the English ones flag there.

    python -m benchmarks.prefilter.own_language [--translations FOLDER] [--show]

FOLDER has gettext catalogues (`LANGUAGE/LC_MESSAGES/*.po`) below it; those of Django are taken if it is installed.
All their lines are read; those of a language's countries (`es_AR`) count as the language's. Each language is held
against two sets of starter policies at their cold thresholds: the English ones, and its own. `--show` prints what
exact matches flag. Prints Markdown.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.prefilter.catalogues import by_language
from benchmarks.prefilter.speakers import LEARNED, installed_catalogues
from benchmarks.prefilter.tables import table
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from policies.policy import Policy
from policies.starter import ENGLISH, STARTER_LANGUAGES, starter_policies

_GUILD = 1
_ALL = 10**9
_SEED = 17


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    made = argparse.ArgumentParser(prog="own_language", description=(__doc__ or "").split("\n", 1)[0])
    made.add_argument("--translations", type=Path, help="a folder with gettext catalogues below it")
    made.add_argument("--show", action="store_true", help="print what exact matches flag")
    arguments = made.parse_args(argv)
    folder = arguments.translations or installed_catalogues()
    if folder is None:
        made.error("no catalogues: give a folder with --translations, or install Django")
    print(language_table(lines_by_language(folder), show=arguments.show))


def lines_by_language(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """The lines of each language that has starter policies, each once; English is left out."""
    found = by_language(folder, _ALL, _SEED)
    return {
        code: tuple(sorted({line for name in found if name.split("_")[0] == code for line in found[name]}))
        for code in STARTER_LANGUAGES
        if code != ENGLISH
    }


def language_table(lines: Mapping[str, Sequence[str]], *, show: bool = False) -> str:
    """A row for each language and set of policies."""
    rows = []
    for code, texts in lines.items():
        for name, policies in _sets(code).items():
            rows.append([code, f"{len(texts)}", name, *_shares(policies, texts, show=show)])
    return table(["language", "lines", "starter policies", "exact matches", "by the score alone"], rows)


def _sets(code: str) -> Mapping[str, list[Policy]]:
    return {"English": list(starter_policies().values()), "its own": list(starter_policies(code).values())}


def _shares(policies: list[Policy], texts: Sequence[str], *, show: bool) -> list[str]:
    prefilter = Prefilter.build({_GUILD: policies}, Knowledge.shipped())
    exact, learned = 0, 0
    for text in texts:
        evidence = [item for each in prefilter.inspect(_GUILD, text) for item in each.evidence]
        found = [item.name for item in evidence if item.kind not in LEARNED]
        exact, learned = exact + bool(found), learned + bool(evidence and not found)
        if show and found:
            print(f"{text!r}: {', '.join(found)}")
    return [f"{100 * count / max(1, len(texts)):.1f}%" for count in (exact, learned)]


if __name__ == "__main__":
    main()
