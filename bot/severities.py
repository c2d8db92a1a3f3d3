"""How bad a violation of a rule is, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.language import marked, tr_in
from policies.policy import Severity

_WORDS: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.LOW: marked("low", context="severity"),
        Severity.MEDIUM: marked("medium", context="severity"),
        Severity.HIGH: marked("high", context="severity"),
        Severity.CRITICAL: marked("critical", context="severity"),
    }
)


def severity_word(severity: Severity) -> str:
    """ "high", in the language that is spoken now."""
    return tr_in("severity", _WORDS[severity])
