"""Opening contexts: what is planned is what llama.cpp allocates, or less where that is not to be had."""

import ctypes
import re
import subprocess
import sys

import llama_cpp
import pytest

from inference.llama import ModelError, open_context, open_model
from inference.llama import model as model_module
from inference.model_file import read_model_file
from inference.sizing import ContextPlan, Wishes, plan_context, shape_of
from tests.inference.llama.conftest import tiny_plan
from tests.inference.llama.driving import decode, resident_bytes
from tests.inference.llama.tiny_model import VOCABULARY, WIDTH, WINDOW

MIB = 1 << 20


@pytest.fixture
def said(monkeypatch):
    """All that llama.cpp says, line by line."""
    lines: list[str] = []

    @llama_cpp.llama_log_callback
    def note(_level: int, text: bytes, _data: ctypes.c_void_p) -> None:
        lines.append(text.decode())

    monkeypatch.setattr(model_module, "_log_errors_only", note)
    yield lines
    monkeypatch.undo()
    model_module._quiet()


def allocated(said: list[str], what: str) -> int:
    """Bytes, as llama.cpp prints them: MiB with two digits."""
    found = [float(number) for number in re.findall(what + r" += +([\d.]+) MiB", "".join(said))]
    return round(sum(found) * MIB)


@pytest.mark.parametrize(
    ("width", "prefixes", "context", "step_tokens"), [(1, 1, 512, 32), (8, 3, 8192, 512), (64, 16, 32_768, 64)]
)
def test_caches_are_as_large_as_planned_and_the_estimate_of_the_rest_is_near(
    tiny_model, said, width, prefixes, context, step_tokens
):
    plan = tiny_plan(tiny_model, width=width, prefixes=prefixes, context=context, step_tokens=step_tokens)
    with open_model(tiny_model) as model, open_context(model, plan, threads=1) as opened:
        assert opened.plan == plan
        decode(opened, *((slot, (1, 2), 0) for slot in range(min(width, step_tokens // 2))))
    assert abs(allocated(said, "KV buffer size") - plan.cache_bytes) < 0.02 * MIB
    compute = allocated(said, "compute buffer size")
    assert 0.9 * compute - MIB / 4 < plan.compute_bytes < 1.5 * compute + MIB / 4
    assert f"= {plan.window_cells} cells" in "".join(said)


def test_the_standin_is_planned_as_it_is_allocated(standin_model, said):
    shape = shape_of(read_model_file(standin_model))
    plan = plan_context(shape, 8 << 30, Wishes(width=4, prefixes=4, step_tokens=256))
    with open_model(standin_model) as model, open_context(model, plan, threads=1):
        pass
    assert abs(allocated(said, "KV buffer size") - plan.cache_bytes) < 0.02 * MIB
    compute = allocated(said, "compute buffer size")
    assert 0.9 * compute < plan.compute_bytes < 1.5 * compute


WITH_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from inference.llama import ModelError, open_context, open_model
from inference.model_file import read_model_file
from inference.sizing import Wishes, plan_context, shape_of
path, context, spare = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
wishes = Wishes(width=96, prefixes=160, step_tokens=512, context=context or None)
plan = plan_context(shape_of(read_model_file(path)), 1 << 40, wishes)
with open_model(path) as model:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (used + spare, used + spare))
    try:
        with open_context(model, plan, threads=1) as opened:
            print(plan.cells, opened.plan.cells, *opened.plan.shrunk, sep="|")
    except ModelError as error:
        print("error", error, sep="|")
"""


def run_with_little_memory(path, *, context: int, spare: int) -> list[str]:
    command = [sys.executable, "-c", WITH_LITTLE_MEMORY, str(path), str(context), str(spare)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()[-1].split("|")


def test_what_llama_cpp_cannot_allocate_is_tried_again_with_less(tiny_model):
    planned, opened, *shrunk = run_with_little_memory(tiny_model, context=0, spare=550 * MIB)
    assert int(opened) < int(planned)
    assert shrunk[0].startswith(f"room for {int(opened):,} tokens instead of ")


def test_a_fixed_context_that_cannot_be_allocated_says_what_to_do(tiny_model):
    kind, message = run_with_little_memory(tiny_model, context=500_000, spare=250 * MIB)
    assert kind == "error"
    assert "lower `engine.context`" in message


def test_so_little_memory_that_nothing_fits_is_an_error_and_no_end_of_trying(tiny_model):
    kind, message = run_with_little_memory(tiny_model, context=0, spare=2 * MIB)
    assert kind == "error"
    assert "close other programs" in message


def test_a_file_that_is_no_model_of_ours_is_refused(tmp_path, make_gguf):
    (tmp_path / "text.gguf").write_text("no model")
    with pytest.raises(ModelError, match="cannot be loaded"), open_model(tmp_path / "text.gguf"):
        pass
    with pytest.raises(ModelError, match="there is no model file"), open_model(tmp_path / "none.gguf"):
        pass


def test_a_model_file_tells_what_stays_in_main_memory_and_what_comes_last(tiny_model):
    shape = shape_of(read_model_file(tiny_model))
    assert shape.head == shape.embedding == VOCABULARY * WIDTH * 4
    assert (shape.window, shape.window_blocks(), shape.vocabulary) == (WINDOW, 2, VOCABULARY)


def test_a_context_that_was_left_gives_its_memory_back(tiny_model):
    plan = tiny_plan(tiny_model, context=65_536)
    resident = []
    with open_model(tiny_model) as model:
        for _ in range(12):
            with open_context(model, plan, threads=1):
                pass
            resident.append(resident_bytes())
    assert plan.cache_bytes > 32 * MIB
    assert resident[-1] - resident[1] < plan.cache_bytes


def test_a_plan_is_written_down_and_read_again(tiny_model):
    plan = tiny_plan(tiny_model)
    assert ContextPlan.model_validate_json(plan.model_dump_json()) == plan
