"""The key of the servers that judge: from a variable or a file, checked for its shape, never shown."""

import re
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.judge_settings import ServerSettings
from bot.secret_file import read_secret_file
from bot.settings import PREFIX

VARIABLE = f"{PREFIX}SERVERS__API_KEY"
_ADVICE = (
    f"set {VARIABLE}, or put the key that the servers were started with (`--api-key`) into that file; without a "
    "key, take `servers.api_key_file` out"
)
_SHAPE = re.compile(r"[\x21-\x7e]+")
"""What a header takes."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that can be sent, and what should be put right about its file."""

    secret: SecretStr
    warning: str = ""


def find_api_key(settings: ServerSettings) -> ApiKey | None:
    """The key that is set; None if there is none.

    Raises:
        SettingsError: the file cannot be read, or what is in it or in the variable is no key.
    """
    if settings.api_key is not None:
        return ApiKey(_checked(settings.api_key.get_secret_value(), VARIABLE))
    if settings.api_key_file is None:
        return None
    file = read_secret_file(settings.api_key_file, "key", _ADVICE)
    return ApiKey(_checked(file.text, str(file.path)), file.warning)


def _checked(text: str, source: str) -> SecretStr:
    """What is wrong is not repeated: it may be half a key."""
    key = text.strip()
    if not _SHAPE.fullmatch(key):
        raise SettingsError(f"{source}: this is no key: it is empty, or has spaces or odd characters", _ADVICE)
    return SecretStr(key)
