"""Reading the settings: a TOML file and environment variables, which win. Done once; nothing is read at import."""

import os
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import SettingsError
from bot.settings import PREFIX, STAND_IN, Settings
from bot.settings_docs import CONFIG_VARIABLE, FILE_NAME, SettingDoc, setting_docs

_A_LIST = {"servers.urls": 'write a list of addresses: `["http://127.0.0.1:8080"]`'}
_MAY_HOLD_SECRETS = (
    "discord",
    "discord.token",
    "servers",
    "servers.api_key",
    "servers.urls",
    "store",
    "store.key",
)
_SECRETS = (("token", "discord", "token"), ("key", "servers", "api_key"), ("key", "store", "key"))
"""What each is, its section, its name."""
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Where systemd puts the credentials of a service."""


def load_settings(config: Path | None = None) -> Settings:
    """Read the settings from a file and the environment, once.

    Without `config`, `safeguild.toml` in the working directory is read if it is there.

    Raises:
        SettingsError: a file that cannot be read, an unknown name, a value that makes no sense.
    """
    path = config or Path(FILE_NAME)
    table = _read_table(path) if config or path.exists() else {}
    _refuse_secrets(table, path)
    _refuse_unknown_variables(os.environ)
    try:
        return Settings(**_anchored(table, path.resolve().parent))
    except ValidationError as error:
        raise _explained(error.errors()[0], path) from None


def credential(name: str) -> Path | None:
    """The file of this bare name that systemd handed over (`LoadCredential=`), if it did."""
    folder = os.environ.get(CREDENTIALS_VARIABLE)
    if not folder or Path(name).name != name:
        return None
    path = Path(folder) / name
    return path if path.is_file() else None


def _read_table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such settings file") from None
    except OSError as error:
        raise SettingsError(
            f"{path}: the settings cannot be read: {error.strerror}",
            "check its owner and permissions; it must be readable for the user who runs safeguild",
        ) from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: the settings are no UTF-8 text ({error.reason})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}", "the file is written in TOML: https://toml.io") from None


def _refuse_secrets(table: dict[str, Any], path: Path) -> None:
    """Settings files are copied, shown and committed; whoever has the token is the bot."""
    for what, name, key in _SECRETS:
        if isinstance(section := table.get(name), dict) and key in section:
            raise SettingsError(
                f"{path}: the {what} must not stand in the settings file",
                f"take it out; set the environment variable {PREFIX}{name.upper()}__{key.upper()}, or name a file "
                f"that holds only the {what} with `{name}.{key}_file`. If others could read the file, make a new "
                f"{what}",
            )


def _anchored(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Relative paths in the file start at the file's own folder, wherever the command is run."""

    def anchor(value: object) -> object:
        if not isinstance(value, str) or value == STAND_IN:
            return value
        return credential(value) or folder / Path(value).expanduser()

    anchored = {**table}
    if "data_folder" in table:
        anchored["data_folder"] = anchor(table["data_folder"])
    for name, key in (
        ("model", "path"),
        ("discord", "token_file"),
        ("servers", "api_key_file"),
        ("store", "key_file"),
        ("domains", "file"),
        ("prefilter", "encoder"),
    ):
        if isinstance(section := table.get(name), dict) and key in section:
            anchored[name] = {**section, key: anchor(section[key])}
    return anchored


def _refuse_unknown_variables(names: Iterable[str]) -> None:
    known = [doc.variable for doc in setting_docs()]
    for name in names:
        if name.startswith(PREFIX) and name not in (*known, CONFIG_VARIABLE):
            raise SettingsError(
                f"environment variable {name}: there is no such setting", _did_you_mean(name, known)
            )


def _explained(error: ErrorDetails, path: Path) -> SettingsError:
    """The first thing that is wrong, with where it stands and what to write instead."""
    name, doc = _setting_at(error["loc"])
    if error["type"] == "extra_forbidden":
        known = [known.name for known in setting_docs()]
        known = [*known, *{name.split(".")[0] for name in known if "." in name}] if "." not in name else known
        return SettingsError(f"{path}: there is no setting `{name}`", _did_you_mean(name, known))
    where = f"environment variable {doc.variable}" if doc and doc.variable in os.environ else f"{path}: {name}"
    shown = f", not {error['input']!r}" if _may_be_shown(name, error["input"]) else ""
    return SettingsError(f"{where}: {_reason(error, name)}{shown}", doc.description if doc else "")


def _may_be_shown(name: str, value: object) -> bool:
    """Whatever stands where a secret might be is not repeated."""
    return isinstance(value, str | int | float) and name not in _MAY_HOLD_SECRETS


def _reason(error: ErrorDetails, name: str) -> str:
    """What pydantic found, in words that name no Python type."""
    words = {
        "int_parsing": "write a whole number",
        "int_type": "write a whole number",
        "path_type": "write a path, in quotation marks",
        "string_type": "write a text, in quotation marks",
        "tuple_type": _A_LIST.get(name, "write a list of ids: `[1234567890]`"),
        "model_type": f"write a section of its own: `[{name}]`",
    }
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return words.get(error["type"], message[0].lower() + message[1:])


def _setting_at(place: tuple[int | str, ...]) -> tuple[str, SettingDoc | None]:
    """Which setting an error is about; pydantic's place may go on inside the value."""
    docs = {doc.name: doc for doc in setting_docs()}
    for length in range(len(place), 0, -1):
        name = ".".join(str(part) for part in place[:length])
        if name in docs:
            return name, docs[name]
    return ".".join(str(part) for part in place), None


def _did_you_mean(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else "`safeguild settings` lists them all"
