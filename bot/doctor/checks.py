"""What the facts mean. Pure functions: facts go in, one result a check comes out."""

from collections.abc import Callable

from bot.doctor.check import Check, fail, ok, warn
from bot.doctor.context import check_context
from bot.doctor.facts import Facts
from bot.doctor.hardware import check_gpu, check_llama, check_processor
from bot.doctor.names import check_names
from bot.doctor.stored import check_stored
from bot.units import format_size
from inference.standin.notice import STANDIN_NOTICE

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with it."""
WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))
"""Versions in which two writing connections can damage the database (sqlite.org, fixed in 3.51.3)."""
SLOW_ENCODER = 25.0
"""Milliseconds for a message from which an encoder holds up a busy server."""
STANDIN_SPACE = 250_000_000
"""What building the stand-in needs for a moment, in bytes."""


def examine(facts: Facts) -> list[Check]:
    """All checks, from the ground up. Where servers judge, this machine's model and GPU are of no interest."""
    own = () if facts.settings.servers.urls else _OF_THE_OWN_MODEL
    results = [result for check in (*_OF_ANY_BOT, *own) if (result := check(facts)) is not None]
    return [check_names(facts.names), *results]


def check_python(facts: Facts) -> Check:
    """Old versions lack what the code is written with."""
    version = ".".join(map(str, facts.python))
    if facts.python[:2] < OLDEST_PYTHON:
        return fail("Python", f"{version} is too old", "install Python 3.11 or newer and run `make install`")
    return ok("Python", version)


def check_sqlite(facts: Facts) -> Check:
    """The version that Python was built with, and its one dangerous bug."""
    version = ".".join(map(str, facts.sqlite))
    if facts.sqlite < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        return fail("SQLite", f"{version} is older than {needed}", "use a newer Python: it brings its own SQLite")
    if WAL_RESET_BUG[0] <= facts.sqlite <= WAL_RESET_BUG[1]:
        return ok("SQLite", f"{version} (its WAL-reset bug needs two writing connections; Safeguild has one)")
    return ok("SQLite", version)


def check_folder(facts: Facts) -> Check:
    """It holds what members wrote: nobody else may read it."""
    folder = facts.folder
    if not folder.writable:
        return fail(
            "data folder",
            f"{folder.path} cannot be written",
            "check who owns it, or set `data_folder` (SAFEGUILD_DATA_FOLDER) to another folder",
        )
    if not folder.exists:
        return ok("data folder", f"{folder.path} will be made on first use")
    if folder.mode & 0o077:
        advice = f"chmod 700 {folder.path}"
        return warn("data folder", f"{folder.path} can be read by other users (mode {folder.mode:o})", advice)
    if not folder.owned:
        return warn(
            "data folder", f"{folder.path} belongs to another user", f"chown it: chown -R $USER {folder.path}"
        )
    return ok("data folder", str(folder.path))


def check_space(facts: Facts) -> Check:
    """The database must never meet a full disk."""
    free, wanted = facts.folder.free, facts.settings.model.keep_free
    if free < STANDIN_SPACE:
        return fail("disk space", f"{format_size(free)} free", "free some space, or move `data_folder`")
    if free < wanted:
        advice = "free some space, or lower `model.keep_free`"
        return warn("disk space", f"{format_size(free)} free, less than {format_size(wanted)}", advice)
    return ok("disk space", f"{format_size(free)} free")


def check_model(facts: Facts) -> Check:
    """Which model would judge, and whether its file is whole."""
    model = facts.model
    if model.problem or model.choice is None:
        return fail("model", model.problem, model.advice)
    if model.choice.path is None:
        return warn(
            "model", f"{STANDIN_NOTICE}; {model.choice.reason}", "get the real one: `safeguild model fetch`"
        )
    if model.file is None:
        return fail("model", f"{model.choice.path} was not read", "run `safeguild model show`")
    message = f"{model.file.name}, {format_size(model.file.size)}, whole; {model.choice.path}"
    if not model.recorded:
        advice = f"have it checked and recorded: safeguild model use {model.choice.path}"
        return warn("model", f"{message}; its SHA-256 is not recorded, or the file has changed since", advice)
    return ok("model", message)


def check_vocabulary(facts: Facts) -> Check:
    """It is taken out of the model and proves itself by its SHA-256."""
    if facts.vocabulary.whole:
        return ok("vocabulary", "o200k, SHA-256 as published")
    if facts.vocabulary.exists:
        return warn("vocabulary", "the kept file is damaged", "nothing to do: it is made anew on first use")
    return ok("vocabulary", "will be taken out of the model on first use")


def check_standin(facts: Facts) -> Check | None:
    """Only of interest where it judges."""
    if facts.model.choice is None or facts.model.choice.path is not None:
        return None
    if facts.standin.exists and not facts.standin.whole:
        return warn("stand-in", "its file is damaged", "nothing to do: it is built anew on first use")
    return ok("stand-in", "built" if facts.standin.exists else "will be built on first use (some seconds)")


def check_encoder(facts: Facts) -> Check | None:
    """Only of interest where one is set. Messages pass the prefilter one by one."""
    encoder = facts.encoder
    if encoder is None:
        return None
    if encoder.problem:
        return fail("encoder", encoder.problem, encoder.advice)
    per_second = 1000 / encoder.milliseconds
    message = f"{encoder.dimensions} dimensions, {encoder.milliseconds:.1f} ms per message"
    if encoder.milliseconds > SLOW_ENCODER:
        advice = "take a smaller model or its int8 export (model_quantized.onnx), or none"
        return warn("encoder", f"{message}: at most {per_second:.0f} messages a second", advice)
    return ok("encoder", message)


def check_texts(facts: Facts) -> Check | None:
    """Only of interest where something is stored."""
    return check_stored(facts.stored) if facts.stored else None


_Look = Callable[[Facts], Check | None]
_OF_ANY_BOT: tuple[_Look, ...] = (
    check_python,
    check_sqlite,
    check_folder,
    check_space,
    check_texts,
    check_encoder,
)
_OF_THE_OWN_MODEL: tuple[_Look, ...] = (
    check_processor,
    check_llama,
    check_gpu,
    check_model,
    check_context,
    check_vocabulary,
    check_standin,
)
