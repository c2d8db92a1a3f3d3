"""Which model judges, and why: the setting, then the recorded model, then the stand-in."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import EnvironmentProblem
from bot.models.record import ModelRecord, load_record
from bot.settings import STAND_IN, Settings
from inference.model_file import ModelFile, ModelFileError, read_model_file


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that would judge."""

    path: Path | None
    """None means the stand-in."""
    reason: str
    """Why this one, for people."""
    record: ModelRecord | None = None
    """What is remembered of this file, when it has not changed since."""


def choose_model(settings: Settings) -> Choice:
    """Which model would judge. The file is not opened.

    Raises:
        EnvironmentProblem: the record of the model in use cannot be read.
    """
    wanted = settings.model.path
    if wanted == Path(STAND_IN):
        return Choice(None, f"the setting `model.path` asks for the {STAND_IN}")
    record = load_record(settings.data_folder)
    if wanted is not None:
        known = record if record and Path(record.path) == wanted.resolve() and record.is_current() else None
        return Choice(wanted, "the setting `model.path` names it", known)
    if record is not None:
        reason = f"it was recorded as the model in use ({record.source})"
        return Choice(Path(record.path), reason, record if record.is_current() else None)
    return Choice(None, "no model is set and none was fetched")


def open_model_file(path: Path) -> ModelFile:
    """Read and check a model file's head.

    Raises:
        EnvironmentProblem: there is no such file, it is damaged, cut short, or of another kind.
    """
    try:
        return read_model_file(path)
    except ModelFileError as error:
        raise EnvironmentProblem(str(error), error.hint) from None
    except FileNotFoundError:
        hint = "`safeguild model fetch` downloads one; `safeguild model use PATH` takes one from disk"
        raise EnvironmentProblem(f"there is no model file {path}", hint) from None
    except OSError as error:
        raise EnvironmentProblem(f"{path} cannot be read: {error.strerror}") from None
