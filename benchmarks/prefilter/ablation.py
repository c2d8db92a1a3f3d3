"""What each part of the prefilter contributes: one is switched off at a time.

    python -m benchmarks.prefilter.ablation DATA_FOLDER [--parts WORD ...]

The four figures are recall at a 10% flag rate, mean over the sets: against chat with 0 and 30 examples, against
look-alikes with 30 and 300. As in the benchmark of detection, the general models are trained without the set that
is measured, for each part that they read on what is left; the sample of ordinary chat is without the chat that is
measured against. That is about 20 trainings of half a minute. Needs scikit-learn. Prints Markdown.
"""

import sys
from collections.abc import Iterator, Sequence

from benchmarks.prefilter.ablation_parts import PARTS, Part, without_constants
from benchmarks.prefilter.detection_tables import headline
from benchmarks.prefilter.knowing import LeaveOut
from benchmarks.prefilter.measuring import Recall, measure
from benchmarks.prefilter.options import Materials, materials, parser
from benchmarks.prefilter.ours import Ours
from benchmarks.prefilter.tables import section, share, table

EXAMPLES = (0, 30, 300)
_FIGURES = ((0, True), (30, True), (30, False), (300, False))
"""Numbers of examples, and whether against chat."""


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    made = parser(__doc__)
    made.add_argument(
        "--parts", nargs="+", default=[], metavar="WORD", help="only parts whose name holds one of these"
    )
    arguments = made.parse_args(argv)
    known = materials(arguments, EXAMPLES)
    whole = figures(PARTS[0], known)
    rows = [[PARTS[0].name, *(share(figure) for figure in whole)]]
    for part in PARTS[1:]:
        if not arguments.parts or any(word in part.name for word in arguments.parts):
            found = figures(part, known)
            changes = (_changed(figure, before) for figure, before in zip(found, whole, strict=True))
            rows.append([f"without {part.name}", *changes])
    heads = (
        f"{'chat' if chat else 'look-alikes'}, {min(examples, max(known.plan.examples))} examples"
        for examples, chat in _FIGURES
    )
    note = f"{len(known.sets)} sets, {len(known.plan.seeds)} draws. In brackets: the change when the part is off."
    section("What each part contributes", f"{note}\n\n{table(['recall at 10%', *heads], rows)}")


def figures(part: Part, known: Materials) -> list[float]:
    """The four headline figures without a part."""
    print(f"without {part.name} ...", file=sys.stderr, flush=True)
    with without_constants(part):
        recalls = list(_recalls(part, known))
    most = max(known.plan.examples)
    return [headline(recalls, min(examples, most), against_chat=chat) for examples, chat in _FIGURES]


def _recalls(part: Part, known: Materials) -> Iterator[Recall]:
    leave_out = LeaveOut(known.data, part.featuriser(), as_shipped=known.as_shipped)
    for labelled in map(part.changed, known.sets):
        for left_out in (None, *(chat.name for chat in known.chats)):
            system = Ours(part.without_general_models(leave_out.for_chat(labelled.source, left_out)))
            chats = [chat for chat in known.chats if chat.name == left_out]
            yield from measure(system, labelled, chats, known.plan, look_alikes=left_out is None)


def _changed(figure: float, before: float) -> str:
    return f"{share(figure)} ({figure - before:+.3f})"


if __name__ == "__main__":
    main()
