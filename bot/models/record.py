"""What is remembered of the model in use: `model.json` in the data folder."""

import hashlib
import json
import os
from pathlib import Path

from pydantic import ValidationError

from bot.errors import EnvironmentProblem
from bot.models.meter import Advance, Meter
from inference.model_file import ModelFile
from policies.frozen import Frozen

IN_USE = "model.json"
"""The model that `safeguild model fetch` or `use` put into use."""
CHECKED = "checked.json"
"""The last model that judged without being recorded: named in the settings, or the stand-in."""
_CHUNK = 8 * 2**20


class ModelRecord(Frozen):
    """One model file that was checked, as it was then."""

    path: str
    """Absolute."""
    size: int
    """Bytes."""
    modified: int
    """Modification time in nanoseconds since 1970."""
    sha256: str
    name: str
    """What the file calls itself."""
    source: str
    """Where it came from: a repository and revision, or "taken from disk"."""

    def is_current(self) -> bool:
        """Whether the file is still the one that was checked, as far as size and time tell."""
        try:
            status = Path(self.path).stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.modified)


def record_of(model: ModelFile, sha256: str, source: str) -> ModelRecord:
    """What to remember of a checked file."""
    path = model.path.resolve()
    return ModelRecord(
        path=str(path),
        size=model.size,
        modified=path.stat().st_mtime_ns,
        sha256=sha256,
        name=model.name,
        source=source,
    )


def load_record(data_folder: Path, name: str = IN_USE) -> ModelRecord | None:
    """The model that is in use, or None.

    Raises:
        EnvironmentProblem: the record cannot be read.
    """
    path = data_folder / name
    try:
        return ModelRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        hint = "remove it, and name the model again with `safeguild model use PATH`"
        raise EnvironmentProblem(f"{path}: the record of a model cannot be read", hint) from None


def save_record(data_folder: Path, record: ModelRecord, name: str = IN_USE) -> None:
    """Make this the model in use. A crash leaves the old record or the new one, never half of one."""
    draft = data_folder / f"{name}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(record.model_dump(), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(data_folder / name)


def known_sha256(data_folder: Path, model: ModelFile, meter: Meter) -> str:
    """The SHA-256 of a model file; it is read through only when it is new or has changed since."""
    path = str(model.path.resolve())
    for name in (IN_USE, CHECKED):
        record = load_record(data_folder, name)
        if record is not None and record.path == path and record.is_current():
            return record.sha256
    digest = sha256_of(model.path, meter.step(f"Reading {model.path.name}", model.size, 0))
    save_record(data_folder, record_of(model, digest, "read when it was first used"), CHECKED)
    return digest


def sha256_of(path: Path, advance: Advance) -> str:
    """SHA-256 (hex) of a file, read once from front to back."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()
