"""How many violations are found when a given share of harmless messages is flagged.

    python -m benchmarks.prefilter.detection DATA_FOLDER [--translations FOLDER]
        [--set NAME=FILE.jsonl[:CATEGORY]=POLICY] [--chat FILE.jsonl]

Recall at 1, 5, 10 and 20% flag rate on labelled sets, against ordinary chat and against look-alikes (the allowed
rows of the same source), for policies with 0 to 300 examples: half violating, half look-alike allowed, at most
half of a set's violating rows. One source is always left out: what is shipped is fitted again without the set that
is measured, and its sample of ordinary chat is without the chat that is measured against.

Then: what share of harmless messages the starter policies flag, by language and by dialect.

DATA_FOLDER holds JSON Lines with `text`, `label` and `category`. FOLDER has gettext catalogues (`*.po`) below it;
those of Django are taken if it is installed. Leaving out trains with scikit-learn, half a minute for each of 20
pairs of a set's source and a chat. Others' systems are measured too where they are installed:
`pip install scikit-learn alt-profanity-check better-profanity`. Prints Markdown.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.prefilter import speakers
from benchmarks.prefilter.detection_tables import print_detection
from benchmarks.prefilter.knowing import LeaveOut
from benchmarks.prefilter.labelled import LabelledSet
from benchmarks.prefilter.measuring import EXAMPLES, Recall, measure
from benchmarks.prefilter.options import Materials, materials, parser
from benchmarks.prefilter.ours import Ours
from benchmarks.prefilter.systems import Keywords, Neighbours, Sentences, System, peers
from inference.prefilter.embedding import StaticEmbedder
from inference.prefilter.scores.background import shipped_lines
from inference.prefilter.sentence_encoder import SentenceEncoder


def main(argv: Sequence[str] | None = None) -> None:
    """Print all tables."""
    arguments = _arguments(argv)
    known = materials(arguments, EXAMPLES)
    encoder = SentenceEncoder.load(arguments.encoder) if arguments.encoder else None
    leave_out = LeaveOut(arguments.data, encoder=encoder, as_shipped=arguments.as_shipped)
    recalls = list(measured(known, leave_out))
    print_detection(known, recalls)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(recall) for recall in recalls]) + "\n")
    lines = 30 if arguments.quick else arguments.speaker_lines
    speakers.print_flag_rates(arguments.data, arguments.translations, leave_out, lines)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--encoder", type=Path, help="the folder of a sentence encoder, as operators may set one")
    made.add_argument("--translations", type=Path, help="a folder with gettext catalogues below it")
    made.add_argument("--speaker-lines", type=int, default=1000, help="lines of each language and dialect")
    made.add_argument("--json", type=Path, help="where to write every single figure")
    return made.parse_args(argv)


def measured(known: Materials, leave_out: LeaveOut) -> Iterator[Recall]:
    """All systems on all sets."""
    embedder = StaticEmbedder.shipped()
    simple: list[System] = [Keywords(), Sentences(embedder), Neighbours(embedder, shipped_lines())]
    compared = [*simple, *peers(known.slow_sample)]
    for labelled in known.sets:
        print(f"{labelled.name} ...", file=sys.stderr, flush=True)
        for system in compared:
            yield from measure(system, labelled, known.chats, known.plan, look_alikes=True)
        yield from ours(labelled, known, leave_out)


def ours(labelled: LabelledSet, known: Materials, leave_out: LeaveOut) -> Iterator[Recall]:
    """Our own system on one set; against each chat as it is without that chat."""
    for left_out in (None, *(chat.name for chat in known.chats)):
        system = Ours(leave_out(labelled.source, left_out))
        chats = [chat for chat in known.chats if chat.name == left_out]
        yield from measure(system, labelled, chats, known.plan, look_alikes=left_out is None)


if __name__ == "__main__":
    main()
