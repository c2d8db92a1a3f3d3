"""How the model would be laid out in the memory that is free, and what that costs. Pure functions."""

from dataclasses import dataclass

from bot.doctor.check import Check, fail, ok, warn
from bot.doctor.facts import Facts
from bot.units import format_size
from inference.model_file import ModelFile
from inference.sizing import DRIVER_BYTES, ContextPlan, DoesNotFit, Wishes, plan_context, shape_of


@dataclass(frozen=True, slots=True)
class _Room:
    """Where the model would go. Sizes in bytes."""

    name: str
    """Of the check."""
    free: int
    """Free now."""
    total: int
    """The same if nobody else used it."""
    gpu_layers: int
    stop_others: str
    """What to do where others take too much."""


def check_context(facts: Facts) -> Check | None:
    """Whether model and context fit. Of interest where a model file is known; the stand-in fits anywhere."""
    model, room = facts.model.file, _room(facts)
    if model is None or room is None:
        return None
    try:
        plan = _plan(facts, model, room, room.free)
    except DoesNotFit as misfit:
        return _misfit(facts, model, room, str(misfit))
    message = (
        f"{format_size(plan.total_bytes)} of {format_size(plan.free_bytes)} free: {_costs(plan)}; {_uses(plan)}"
    )
    if plan.shrunk:
        return warn(room.name, f"{message}. There is only {'; '.join(plan.shrunk)}", room.stop_others)
    return ok(room.name, message)


def _room(facts: Facts) -> _Room | None:
    engine, cards = facts.settings.engine, facts.graphics.cards
    layers = -1 if engine.gpu_layers == "auto" else engine.gpu_layers
    if cards and facts.llama.offloads and layers:
        return _Room(
            "GPU memory",
            free=sum(max(0, card.free - DRIVER_BYTES) for card in cards),
            total=sum(max(0, card.total - DRIVER_BYTES) for card in cards),
            gpu_layers=layers,
            stop_others="stop what else uses the GPU (`nvidia-smi` lists it)",
        )
    memory = facts.processor.memory
    if not memory:
        return None
    return _Room("memory", memory, memory, 0, stop_others="stop what else takes memory")


def _plan(facts: Facts, model: ModelFile, room: _Room, free: int) -> ContextPlan:
    engine = facts.settings.engine
    wishes = Wishes(
        width=engine.width,
        prefixes=engine.prefixes,
        step_tokens=engine.step_tokens,
        context=None if engine.context == "auto" else engine.context,
        gpu_layers=room.gpu_layers,
        gpu_memory=engine.gpu_memory,
    )
    return plan_context(shape_of(model), free, wishes)


def _misfit(facts: Facts, model: ModelFile, room: _Room, why: str) -> Check:
    """It is worth a warning only where it would fit if others (perhaps the running bot) were not there."""
    reason, _, ways = why.rpartition(": ")
    try:
        _plan(facts, model, room, room.total)
    except DoesNotFit:
        return fail(room.name, reason, ways)
    return warn(room.name, reason, f"{room.stop_others}; the running bot is one of them")


def _costs(plan: ContextPlan) -> str:
    parts = {"weights": plan.weight_bytes, "context": plan.cache_bytes, "computing": plan.compute_bytes}
    return ", ".join(f"{name} {format_size(size)}" for name, size in parts.items())


def _uses(plan: ContextPlan) -> str:
    window = f" ({plan.window_cells:,} in layers with a window)" if plan.window_cells else ""
    return (
        f"{plan.cells:,} tokens{window}, for {plan.width} messages at once and {plan.prefixes} policies in memory"
    )
