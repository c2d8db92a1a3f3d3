"""The linter's remarks in words: what weakens a policy, and what to write instead."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.language import marked, tr
from policies.remarks import Concern, Remark

Quote = Callable[[str], str]
"""Makes an author's words ready for the place where they are shown."""

_FEELING = marked("name what is said: insults aimed at a member, slurs, links to such pictures")
_WORDS: Mapping[Concern, tuple[str, str]] = MappingProxyType(
    {
        Concern.TOO_LONG: (
            marked("{tokens} tokens are more than {most}: shorter ones are followed better"),
            marked("say each rule in one sentence, or split the policy in two"),
        ),
        Concern.TOO_SHORT: (
            marked("{tokens} tokens are fewer than {fewest}: the model may have to guess"),
            marked("add definitions, allowed cases, or examples that the model reads"),
        ),
        Concern.FEELING: (
            marked("rule {rule} says {word}, which everybody reads differently"),
            _FEELING,
        ),
        Concern.DEGREE: (
            marked("rule {rule} says {word} without saying how much that is"),
            marked("write a number, or what the first message too many looks like"),
        ),
        Concern.HEDGE: (
            marked("rule {rule} says {word}: does it hold or not?"),
            marked("leave the word out, and write the exceptions as allowed cases"),
        ),
        Concern.OPEN_END: (
            marked("rule {rule} says {word}: the rest is left to the model"),
            marked("write down what belongs to it, and stop there"),
        ),
        Concern.RULES_ALIKE: (
            marked("the rules {rule} and {other} say nearly the same"),
            marked("make one rule of them, or say in each what the other is not about"),
        ),
        Concern.RULE_ALLOWED: (
            marked("rule {rule} forbids nearly what allowed case {case} allows, and what is allowed wins"),
            marked("say in the allowed case what makes the difference"),
        ),
        Concern.TERM_TWICE: (
            marked("the term {term} belongs to the rules {rule} and {other}"),
            marked("leave it to one of them"),
        ),
        Concern.UNRATED: (
            marked("rule {rule} says neither how bad it is nor what to do"),
            marked("write how bad it is and what to suggest: high, delete, timeout 1h"),
        ),
        Concern.NO_SUGGESTION: (
            marked("rule {rule} does not say what to do"),
            marked("write what a moderator may want to do: delete, warn, timeout 1h, kick or ban"),
        ),
        Concern.NOTHING_ALLOWED: (
            marked("nothing is written down as allowed: the model will flag what is only close"),
            marked("write what looks alike and is fine: harsh words about a game, quoting in order to report"),
        ),
        Concern.NO_EXAMPLES: (
            marked("there is no example: neither the model nor the first look has seen a message"),
            marked("write two or three messages that break each rule, and some that are allowed"),
        ),
        Concern.NO_ALLOWED_EXAMPLE: (
            marked("all examples break a rule: where allowed begins, nobody has shown"),
            marked("write messages that look alike and are allowed"),
        ),
        Concern.RULE_WITHOUT_EXAMPLE: (
            marked("rule {rule} has no example"),
            marked("write a message that breaks it"),
        ),
        Concern.CONTRADICTION: (
            marked("the example {example} has two verdicts: {verdict} and {other}"),
            marked("keep one of the two"),
        ),
        Concern.REPETITION: (
            marked("the example {example} stands there twice"),
            marked("delete one of the two"),
        ),
        Concern.FITS_ANOTHER: (
            marked("the example {example} is one of rule {verdict}, and holds {term}, a term of rule {other}"),
            marked("choose an example that fits one rule only, or merge the rules"),
        ),
        Concern.NONE_SHOWN: (
            marked("the model reads none of the examples"),
            marked("mark up to six of them: `*` in the form, `show: true` in a file"),
        ),
        Concern.ONE_SIDE_SHOWN: (
            marked("the examples that the model reads are all of one side"),
            marked("mark some that break a rule and some that are allowed"),
        ),
        Concern.MANY_OF_ONE: (
            marked("the model reads {count} examples of {verdict}: one or two of each kind are best"),
            marked("mark fewer of them, and some of another kind"),
        ),
        Concern.WILDCARD_INSIDE: (
            marked("the `*` inside the keyword {keyword} stands for itself, not for any letters"),
            marked("write the word out, its masked spellings are found; or write a pattern: `bad\\w+word`"),
        ),
        Concern.FITS_EMPTY: (
            marked("the pattern {pattern} fits an empty text, too: it may say too much"),
            marked("write `+` for `*` where something must be there"),
        ),
    }
)


def advice(remark: Remark, quote: Quote) -> tuple[str, str]:
    """What is weak, and what to write instead, in the language that is spoken now."""
    message, hint = _WORDS[remark.concern]
    values = {name: value if isinstance(value, int) else quote(value) for name, value in remark.values.items()}
    return tr(message, **values) if values else tr(message), tr(hint)
