"""Taking a model file that is on the disk already."""

from pathlib import Path

from bot.models.choice import open_model_file
from bot.models.meter import Meter
from bot.models.record import ModelRecord, record_of, sha256_of


def take_model(path: Path, meter: Meter) -> ModelRecord:
    """Check a model file and return what to remember of it. The file stays where it is.

    Raises:
        EnvironmentProblem: there is no such file, it is damaged, cut short, or of another kind.
    """
    model = open_model_file(path)
    digest = sha256_of(path, meter.step(f"Reading {path.name}", model.size, 0))
    return record_of(model, digest, "taken from disk")
