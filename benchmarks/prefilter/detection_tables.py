"""The tables of detection."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from benchmarks.prefilter.measuring import LOOK_ALIKES, Recall
from benchmarks.prefilter.metrics import mean, spread
from benchmarks.prefilter.options import Materials
from benchmarks.prefilter.ours import NAME
from benchmarks.prefilter.splits import Split
from benchmarks.prefilter.tables import section, share, table

_CHAT = "chat"
_MAIN_RATE = 0.10
_AIMS = {(_CHAT, 0): 0.80, (_CHAT, 30): 0.95, (LOOK_ALIKES, 30): 0.65, (LOOK_ALIKES, 300): 0.75}


def print_detection(known: Materials, recalls: Sequence[Recall]) -> None:
    """All tables, the mean over the sets first."""
    section("Headline", f"{_about(known)}\n\n{headline_table(known, recalls)}")
    section("Recall, mean over the sets", systems_table(known, recalls))
    for flag_rate in known.plan.flag_rates:
        section(f"{NAME}: recall at {flag_rate:.0%} by set", sets_table(known, recalls, flag_rate))
    section(f"{NAME}: recall at {_MAIN_RATE:.0%} by chat, mean over the sets", chats_table(known, recalls))


def headline_table(known: Materials, recalls: Sequence[Recall]) -> str:
    """Recall at 10%, beside what we aim at."""
    mine = [it for it in recalls if (it.system, it.flag_rate) == (NAME, _MAIN_RATE)]
    by_cell = _by(mine, lambda it: (_kind(it), it.examples))
    return table(
        [f"{NAME}, recall at {_MAIN_RATE:.0%}, mean over the sets", "measured", "aim"],
        [
            [f"against {kind}, {examples} examples", _varied(by_cell[kind, examples]), f"at least {share(aim)}"]
            for (kind, examples), aim in _AIMS.items()
            if examples in known.plan.examples
        ],
    )


def systems_table(known: Materials, recalls: Sequence[Recall]) -> str:
    """A row for each system and number of examples: recall at all rates, and how it varies over the draws."""
    rates = known.plan.flag_rates
    kinds = (_CHAT, LOOK_ALIKES)
    heads = ["system", "examples", *(f"{kind} R@{rate:.0%}" for kind in kinds for rate in rates)]
    by_cell = _by(recalls, lambda it: (it.system, it.examples, _kind(it), it.flag_rate))
    systems = dict.fromkeys(it.system for it in recalls)
    rows = [
        [system, f"{examples}", *(_varied(by_cell[system, examples, kind, r]) for kind in kinds for r in rates)]
        for system in systems
        for examples in known.plan.examples
        if by_cell[system, examples, _CHAT, rates[0]]
    ]
    return table(heads, rows)


def sets_table(known: Materials, recalls: Sequence[Recall], flag_rate: float) -> str:
    """A row for each set: recall against chat and against look-alikes for all numbers of examples."""
    kinds = (_CHAT, LOOK_ALIKES)
    mine = [it for it in recalls if it.system == NAME and it.flag_rate == flag_rate]
    by_cell = _by(mine, lambda it: (it.labelled, it.examples, _kind(it)))
    by_mean = _by(mine, lambda it: (it.examples, _kind(it)))
    columns = [(examples, kind) for kind in kinds for examples in known.plan.examples]
    rows = [
        [each.name, *(share(_figure(by_cell[each.name, *column])) for column in columns)] for each in known.sets
    ]
    rows.append(["**mean**", *(share(_figure(by_mean[column])) for column in columns)])
    return table(["set", *(f"{kind}, {examples}" for examples, kind in columns)], rows)


def chats_table(known: Materials, recalls: Sequence[Recall]) -> str:
    """A row for each chat."""
    mine = [it for it in recalls if it.system == NAME and it.flag_rate == _MAIN_RATE]
    by_cell = _by(mine, lambda it: (it.against, it.examples))
    rows = [
        [chat.name, *(share(_figure(by_cell[chat.name, examples])) for examples in known.plan.examples)]
        for chat in known.chats
    ]
    return table(["chat", *(f"{examples} examples" for examples in known.plan.examples)], rows)


def headline(recalls: Iterable[Recall], examples: int, *, against_chat: bool) -> float:
    """Our recall at 10%: the mean over sets, draws and chats."""
    kind = _CHAT if against_chat else LOOK_ALIKES
    wanted = (NAME, examples, _MAIN_RATE, kind)
    return _figure([it for it in recalls if (it.system, it.examples, it.flag_rate, _kind(it)) == wanted])


def _about(known: Materials) -> str:
    """What the figures are over, and which sets have too few rows."""
    chats = ", ".join(chat.name for chat in known.chats)
    draws = f"{len(known.plan.seeds)} draws of examples and of measured rows"
    lines = [
        f"{len(known.sets)} sets; the chats are {chats}; {draws}.",
        "± is the standard deviation over the draws of the mean over the sets.",
        "A recall against chat is the mean of those against each chat.",
        "The embedder has read lines of the known chats, without labels, and is not made anew.",
        "alt-profanity-check was trained on Davidson's set: its figures there flatter.",
    ]
    if known.as_shipped:
        lines.append("**Nothing is left out**: what is shipped was trained on some of the sets.")
    most = max(known.plan.examples)
    for each in known.sets:
        half = len(Split.draw(each, most, 0).taught_violating)
        if half < most // 2:
            lines.append(f"{each.name} has {len(each.violating)} violating rows: at most {2 * half} examples.")
    return "\n".join(lines)


def _kind(recall: Recall) -> str:
    return LOOK_ALIKES if recall.against == LOOK_ALIKES else _CHAT


def _by(recalls: Iterable[Recall], key: Callable[[Recall], Hashable]) -> dict[Hashable, list[Recall]]:
    cells: dict[Hashable, list[Recall]] = defaultdict(list)
    for recall in recalls:
        cells[key(recall)].append(recall)
    return cells


def _figure(recalls: Sequence[Recall]) -> float:
    """The mean over the sets of each set's mean over chats and draws."""
    by_set = _by(recalls, lambda it: it.labelled)
    return mean([mean([it.recall for it in each]) for each in by_set.values()])


def _varied(recalls: Sequence[Recall]) -> str:
    figure = _figure(recalls)
    if figure != figure:
        return "-"
    draws = [_figure(each) for each in _by(recalls, lambda it: it.seed).values()]
    return f"{share(figure)} ±{share(spread(draws))}" if len(draws) > 1 else share(figure)
