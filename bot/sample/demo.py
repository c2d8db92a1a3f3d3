"""Sets up the demo's folder: the sample's policies are copied once, so that people can edit them and try again."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from policies.starter import starter_text

DEMO_POLICIES = ("doxxing", "harassment", "scams", "spam")
"""Starter policies that the sample is scanned with."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What a scan of the sample needs."""

    exports: tuple[Path, ...]
    policies: Path
    """The folder with the demo's own copies."""
    copied: tuple[str, ...]
    """Policies that were copied just now; the others were there already, edited or not."""

    @property
    def notice(self) -> str:
        """What to tell before the scan."""
        if self.copied:
            return (
                f"The demo's policies are in {self.policies}: edit one (its `terms`, say) and run the demo again."
            )
        return f"Scanning with your copies of the demo's policies in {self.policies}."


def prepare_demo(folder: Path) -> Demo:
    """Copy the policies that are missing in `folder`/policies; what is there stays as it is.

    Raises:
        OSError: the folder cannot be written.
    """
    policies = folder / "policies"
    policies.mkdir(parents=True, exist_ok=True)
    missing = [name for name in DEMO_POLICIES if not (policies / f"{name}.yaml").exists()]
    for name in missing:
        (policies / f"{name}.yaml").write_text(starter_text(name), encoding="utf-8")
    return Demo(sample_exports(), policies, tuple(missing))


def sample_exports() -> tuple[Path, ...]:
    """The sample's files, one per channel. The package is always installed as files, never zipped."""
    folder = Path(str(files("bot.sample") / "exports"))
    return tuple(sorted(folder.glob("*.json")))
