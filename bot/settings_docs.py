"""Every setting with its name, its default and what it does: for people, and to notice what is no setting."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.settings import PREFIX, Settings
from bot.units import format_duration

FILE_NAME = "safeguild.toml"
"""Read from the working directory when no other file is named."""
CONFIG_VARIABLE = "SAFEGUILD_CONFIG"
"""Names the settings file, like `--config`."""


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """One setting as the documentation and `safeguild settings` show it."""

    name: str
    """As in the file: `model.path`."""
    variable: str
    default: str
    description: str


def setting_docs() -> list[SettingDoc]:
    """Every setting, in the order of the file."""
    return [
        SettingDoc(".".join(path), _variable(path), _default(field), field.description or "")
        for path, field in _fields(Settings, ())
    ]


def shown_value(settings: Settings, name: str) -> str:
    """The value of a setting by its name (`model.path`), as people write it."""
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part)
    return _shown(value)


def settings_page() -> str:
    """docs/settings.md."""
    rows = [
        f"| `{doc.name}` | `{doc.variable}` | {_code(doc.default)} | {doc.description} |" for doc in setting_docs()
    ]
    return "\n".join([_PAGE_HEAD, *rows, ""])


_PAGE_HEAD = f"""\
# Settings

Settings are read from `{FILE_NAME}` in the working directory, or from the file that `--config` or
`{CONFIG_VARIABLE}` names. An environment variable wins over the file. An unknown name is an error. Relative paths
in the file start at the file's own folder. `safeguild settings` shows what is in force.

```toml
data_folder = "/var/lib/safeguild"

[discord]
token_file = "/etc/safeguild/token"

[model]
path = "/srv/models/gpt-oss-safeguard-20b-MXFP4.gguf"

[engine]
width = 16
```

| in the file | environment variable | default | what it does |
|---|---|---|---|"""


def _code(text: str) -> str:
    return text if " " in text else f"`{text}`"


def _fields(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _fields(kind, (*above, name))
        else:
            yield (*above, name), field


def _variable(path: tuple[str, ...]) -> str:
    return PREFIX + "__".join(path).upper()


def _default(field: FieldInfo) -> str:
    return "the user's data folder" if field.default_factory is not None else _shown(field.default)


def _shown(value: object) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, int) and value >= 10**9:
        return f"{value / 10**9:g} GB"
    if isinstance(value, SecretStr):
        return "set (not shown)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value in (None, "") else str(value)
