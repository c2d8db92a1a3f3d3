"""How what members wrote is kept: the key that it is sealed with, and for how long at the most."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from bot.setting_kinds import Count, Section


class StoreSettings(Section):
    """The database."""

    key: SecretStr | None = Field(
        None,
        description="The key that what members wrote is sealed with on the disk. It comes from this environment "
        "variable or from `store.key_file`, never from the settings file, and it is never shown or logged. "
        "`safeguild key new` prints a fresh one. While it is being changed: the new one, a comma, the old one.",
    )
    key_file: Path | None = Field(
        None,
        description="A file that holds the key and nothing else, readable by its owner only. A bare name is "
        "looked for in `$CREDENTIALS_DIRECTORY` first, where systemd puts credentials. When neither is set, the "
        "key is made on first use, in the file `safeguild.key` in the data folder: whoever has the whole disk has "
        "it too. [privacy.md](privacy.md) says more.",
    )
    keep_days_at_most: Count = Field(
        365,
        ge=1,
        le=365,
        description="For how many days servers may keep what members wrote. Each server sets its own days, 30 if "
        "it sets none; where they are more than this, this holds.",
    )
    forget_after_days: Count = Field(
        400,
        ge=1,
        le=36_500,
        description="After how many days a case is deleted altogether: who decided what about whom. What was "
        "written is gone long before. Counts that name nobody stay.",
    )

    @model_validator(mode="after")
    def _forgotten_after_it_is_erased(self) -> Self:
        if self.forget_after_days < self.keep_days_at_most:
            raise ValueError(
                f"`forget_after_days` ({self.forget_after_days}) must not be less than `keep_days_at_most` "
                f"({self.keep_days_at_most})"
            )
        return self
