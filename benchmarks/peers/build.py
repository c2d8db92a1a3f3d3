"""Builds what the benchmarks compare with: llama.cpp's own programs and the bindings' example server.

    python -m benchmarks.peers.build WORK [--sdist FILE] [--cuda ARCHITECTURE] [--jobs N]

Everything comes from the source package of llama-cpp-python in the version that is installed here, so that every
system runs the same kernels. It is unpacked in WORK, and llama-server, llama-batched-bench and libllama are
compiled there (5 to 15 minutes; the next time only what changed). The example server gets a virtual environment of
its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

DISTRIBUTION = "llama-cpp-python"
PROGRAMS = ("llama-server", "llama-batched-bench")
EXAMPLE_REQUIREMENTS = (
    "diskcache",
    "fastapi",
    "jinja2",
    "numpy",
    "openai",
    "pydantic",
    "safetensors",
    "typing-extensions",
    "uvicorn",
    "websockets",
)
"""What the example server names at its top, with what the bindings need, without the bindings themselves."""
CMAKE_OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "BUILD_SHARED_LIBS": "ON",
    "LLAMA_CURL": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_APP": "OFF",
}
"""The bindings' wheel sets the first two, too; the others leave out what is not needed. GGML_NATIVE stays ON, as
in the wheel."""
NO_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
"""On hosts with AMX, llama.cpp's AMX kernels crash with Q8_0 weights. Without them every system, ours as well, can
use the repacked weights that llama.cpp has for AVX."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the built parts lie."""

    work: Path
    cuda: str = ""
    """The GPU architecture that was built for; empty for the CPU."""

    @property
    def source(self) -> Path:
        """The unpacked source package."""
        return self.work / f"llama_cpp_python-{version(DISTRIBUTION)}"

    @property
    def build(self) -> Path:
        return self.work / (f"build-cuda-{self.cuda}" if self.cuda else "build-cpu")

    @property
    def libraries(self) -> Path:
        """The folder of libllama: every system is told to take it from here."""
        return self.build / "bin"

    @property
    def example_server(self) -> Path:
        return self.source / "examples" / "server" / "server.py"

    @property
    def example_python(self) -> Path:
        return self.work / "example-server" / "bin" / "python"

    def program(self, name: str) -> Path:
        return self.libraries / name

    @property
    def missing(self) -> tuple[Path, ...]:
        """What has not been built yet."""
        parts = (*map(self.program, PROGRAMS), self.example_server, self.example_python)
        return tuple(part for part in parts if not part.exists())


def build(peers: Peers, sdist: Path | None, jobs: int) -> None:
    """Build whatever is missing.

    Raises:
        subprocess.CalledProcessError: pip or CMake failed; they have said why.
        ValueError: the given file is not the source package of the installed version.
    """
    peers.work.mkdir(parents=True, exist_ok=True)
    if not peers.example_server.exists():
        _unpack(sdist or _download(peers.work), peers)
    _compile(peers, jobs)
    if not peers.example_python.exists():
        _install_example_requirements(peers)


def _download(work: Path) -> Path:
    """The source package, by the ordinary client of whatever registry this machine uses."""
    pinned = f"{DISTRIBUTION}=={version(DISTRIBUTION)}"
    # pip prepares the metadata of what it downloads, which needs the build requirements but compiles nothing.
    _run(
        [sys.executable, "-m", "pip", "download", "--no-binary", ":all:", "--no-deps", "--dest", str(work), pinned]
    )
    (found,) = work.glob(f"llama_cpp_python-{version(DISTRIBUTION)}.tar.gz")
    return found


def _unpack(sdist: Path, peers: Peers) -> None:
    with tarfile.open(sdist) as archive:
        if f"{peers.source.name}/pyproject.toml" not in archive.getnames():
            raise ValueError(f"{sdist} is not the source package {peers.source.name}, the version installed here")
        archive.extractall(peers.work, filter="data")


def _compile(peers: Peers, jobs: int) -> None:
    options = dict(CMAKE_OPTIONS)
    if _has_amx():
        options |= {"CMAKE_C_FLAGS": NO_AMX, "CMAKE_CXX_FLAGS": NO_AMX}
    if peers.cuda:
        options |= {"GGML_CUDA": "ON", "CMAKE_CUDA_ARCHITECTURES": peers.cuda}
    configure = ["cmake", "-S", str(peers.source / "vendor" / "llama.cpp"), "-B", str(peers.build)]
    if shutil.which("ninja"):
        configure += ["-G", "Ninja"]
    _run([*configure, *(f"-D{name}={value}" for name, value in options.items())])
    _run(["cmake", "--build", str(peers.build), "--parallel", str(jobs), "--target", *PROGRAMS])


def _has_amx() -> bool:
    try:
        return "amx_int8" in Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux: there is no AMX on any machine that llama.cpp supports there
        return False


def _install_example_requirements(peers: Peers) -> None:
    venv.create(peers.example_python.parents[1], with_pip=True)
    pip = [str(peers.example_python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, *EXAMPLE_REQUIREMENTS])


def _run(command: list[str]) -> None:
    print("+", " ".join(command), flush=True)
    subprocess.run(command, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for everything that is built (2 GB)")
    parser.add_argument("--sdist", type=Path, help="the source package, if it is here already")
    parser.add_argument(
        "--cuda", default="", help="build for this GPU architecture, such as 90; default: CPU only"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    peers = Peers(arguments.work.resolve(), arguments.cuda)
    build(peers, arguments.sdist, arguments.jobs)
    print(f"built in {peers.libraries}")


if __name__ == "__main__":
    main()
