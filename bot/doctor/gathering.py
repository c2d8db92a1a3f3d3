"""Finding the facts on this machine. Nothing is changed, and nothing fails because something is missing."""

import os
import platform
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

from bot.doctor.facts import EncoderFacts, Facts, Folder, Gpu, Graphics, Kept, LlamaBuild, ModelFacts, Processor
from bot.doctor.names import find_names
from bot.doctor.stored import look_at_stored
from bot.errors import EnvironmentProblem
from bot.knowledge_source import KnowledgeSource
from bot.models.choice import choose_model, open_model_file
from bot.settings import PrefilterSettings, Settings
from inference import vocabulary
from inference.prefilter.scores.background import shipped_lines

_MIB = 2**20
_TRIED_LINES = 50
"""Of ordinary chat, to see how long the prefilter's encoder takes."""
_SECONDS = 30
"""For a question to another program."""


def gather(settings: Settings) -> Facts:
    """Look at everything once."""
    return Facts(
        settings=settings,
        python=sys.version_info[:3],
        sqlite=sqlite3.sqlite_version_info,
        names=find_names(),
        processor=processor(),
        graphics=graphics(),
        llama=llama_build(),
        folder=data_folder(settings.data_folder),
        model=model_facts(settings),
        vocabulary=kept_vocabulary(settings.data_folder / "vocabulary"),
        standin=kept_standin(settings.data_folder / "standin"),
        encoder=encoder_facts(settings.prefilter),
        stored=look_at_stored(settings),
    )


def processor(cpuinfo: Path = Path("/proc/cpuinfo"), meminfo: Path = Path("/proc/meminfo")) -> Processor:
    """The CPU as Linux describes it; elsewhere flags and memory stay unknown."""
    flags = _after(cpuinfo, "flags") or _after(cpuinfo, "Features")
    available = _after(meminfo, "MemAvailable").removesuffix("kB").strip()
    return Processor(
        architecture=platform.machine(),
        flags=frozenset(flags.split()),
        cores=len(os.sched_getaffinity(0)),
        memory=int(available) * 1024 if available.isdigit() else 0,
    )


def _after(path: Path, name: str) -> str:
    """The value of the first line `name : value` of a file."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next(
        (value.strip() for key, _, value in (line.partition(":") for line in lines) if key.strip() == name), ""
    )


def graphics(root: Path = Path("/")) -> Graphics:
    """NVIDIA cards: the ones that `nvidia-smi` names, and whether a driver or device is there at all."""
    signs = (root / "proc/driver/nvidia/version", root / "dev/nvidia0", root / "dev/dxg")
    return Graphics(driver=any(sign.exists() for sign in signs), cards=_cards())


def _cards() -> tuple[Gpu, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603 - found on the operator's own PATH
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(card for card in map(_card, done.stdout.splitlines()) if card is not None)


def _card(line: str) -> Gpu | None:
    name, *sizes = (part.strip() for part in line.rsplit(",", 2))
    if len(sizes) != 2 or not all(size.isdigit() for size in sizes):
        return None
    return Gpu(name, int(sizes[0]) * _MIB, int(sizes[1]) * _MIB)


def llama_build() -> LlamaBuild:
    """Load llama.cpp in a process of its own: a broken build may take its process down."""
    question = "from inference.llama import can_use_gpu; print(can_use_gpu())"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, a fixed question
            [sys.executable, "-P", "-c", question], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return LlamaBuild(loads=False, offloads=False, reason=f"it did not answer within {_SECONDS} s")
    if done.returncode == 0:
        return LlamaBuild(loads=True, offloads=done.stdout.split()[-1:] == ["True"])
    last = done.stderr.strip().splitlines()[-1:] or [f"it ended with code {done.returncode}"]
    return LlamaBuild(loads=False, offloads=False, reason=last[0])


def data_folder(path: Path) -> Folder:
    """The data folder, or, if there is none yet, the nearest folder above in which it would be made."""
    exists = path.is_dir()
    nearest = next((folder for folder in (path, *path.parents) if folder.exists()), Path("/"))
    status = nearest.stat()
    return Folder(
        path=path,
        exists=exists,
        writable=nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
        mode=stat.S_IMODE(status.st_mode) if exists else 0,
        owned=status.st_uid == os.getuid(),
        free=shutil.disk_usage(nearest).free,
    )


def model_facts(settings: Settings) -> ModelFacts:
    """The model that would judge. The stand-in is not built for this."""
    try:
        choice = choose_model(settings)
    except EnvironmentProblem as error:
        return ModelFacts(None, problem=error.message, advice=error.hint)
    if choice.path is None:
        return ModelFacts(choice)
    try:
        return ModelFacts(choice, open_model_file(choice.path), recorded=choice.record is not None)
    except EnvironmentProblem as error:
        return ModelFacts(choice, problem=error.message, advice=error.hint)


def kept_vocabulary(folder: Path) -> Kept:
    """The vocabulary that was taken out of a model."""
    return Kept(exists=(folder / vocabulary.FILE_NAME).exists(), whole=vocabulary.is_kept(folder))


def kept_standin(folder: Path) -> Kept:
    """The stand-in's file."""
    found = sorted(folder.glob("standin-*.gguf"))
    return Kept(exists=bool(found), whole=bool(found) and all(map(_is_model, found)))


def encoder_facts(settings: PrefilterSettings) -> EncoderFacts | None:
    """The prefilter's encoder, and how long it takes for ordinary messages."""
    try:
        encoder = KnowledgeSource.open(settings).encoder
    except EnvironmentProblem as error:
        return EncoderFacts(problem=error.message, advice=error.hint)
    if encoder is None:
        return None
    lines = shipped_lines()
    start = time.perf_counter()
    for line in lines[:: len(lines) // _TRIED_LINES]:
        encoder.embed([line])
    return EncoderFacts(encoder.dimensions, 1000 * (time.perf_counter() - start) / _TRIED_LINES)


def _is_model(path: Path) -> bool:
    try:
        open_model_file(path)
    except EnvironmentProblem:
        return False
    return True
