"""What the facts about processor and graphics card mean."""

from bot.doctor.check import Check, fail, ok, warn
from bot.doctor.facts import Facts
from bot.units import format_size

INSTALL_GPU = "run `make install-gpu`"


def check_processor(facts: Facts) -> Check:
    """Without a GPU the CPU does it all; with one, it still tokenises, filters and serves."""
    cpu = facts.processor
    summary = f"{cpu.cores} core{'s' if cpu.cores != 1 else ''}, {cpu.architecture}"
    if cpu.flags and cpu.architecture in ("x86_64", "AMD64") and "avx2" not in cpu.flags:
        return warn("processor", f"{summary}, without AVX2: the model runs slowly", "use a newer machine or a GPU")
    if "avx512f" in cpu.flags:
        summary += ", AVX-512"
    wanted = facts.settings.engine.threads
    if wanted != "auto" and wanted > cpu.cores:
        advice = "lower `engine.threads`, or take it out: threads that share a core crawl"
        return warn("processor", f"{summary}, and {wanted} threads for the model", advice)
    return ok("processor", summary)


def check_llama(facts: Facts) -> Check:
    """llama.cpp is compiled on this machine, so it may fail in ways of its own."""
    if not facts.llama.loads:
        return fail("llama.cpp", f"it cannot be loaded: {facts.llama.reason}", "run `make clean install`")
    return ok("llama.cpp", "loads; built for the GPU" if facts.llama.offloads else "loads; built for the CPU")


def check_gpu(facts: Facts) -> Check:
    """A GPU that lies idle while the CPU toils is the worst of surprises."""
    cards = ", ".join(f"{card.name} ({format_size(card.total)})" for card in facts.graphics.cards)
    present = bool(cards) or facts.graphics.driver
    if present and facts.llama.loads and not facts.llama.offloads:
        message = f"there is a GPU ({cards or 'NVIDIA'}), and llama.cpp was built without it: it would lie idle"
        return fail("GPU", message, INSTALL_GPU)
    if not present and facts.llama.offloads:
        message = "llama.cpp was built for a GPU, and none is to be seen here"
        return warn("GPU", message, "check the driver with `nvidia-smi`; in a container, pass the GPU in")
    if not present:
        return _without_gpu(facts)
    if not cards:
        message = "the driver is there, but `nvidia-smi` names no card"
        return warn("GPU", message, "run `nvidia-smi` and see what it says; install or restart the driver")
    return ok("GPU", cards)


def _without_gpu(facts: Facts) -> Check:
    model, memory = facts.model.file, facts.processor.memory
    if facts.model.choice is None or facts.model.choice.path is None or model is None:
        return ok("GPU", "none; the stand-in needs none")
    if memory and memory < model.weights:
        message = (
            f"none, and the model ({format_size(model.weights)}) does not fit into {format_size(memory)} of memory"
        )
        return fail("GPU", message, "use a machine with a 16 GB GPU, or with more memory")
    return warn("GPU", "none: the model runs on the CPU, many times slower", "use a machine with a 16 GB GPU")
