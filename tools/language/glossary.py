"""Which words the catalogues use, so that one thing is called the same everywhere. It stands at their head."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.language import Language


@dataclass(frozen=True, slots=True)
class Term:
    """How one thing is called."""

    english: str
    said: str
    never: str = ""
    """A regular expression for what it was called elsewhere, or would be easily."""


@dataclass(frozen=True, slots=True)
class Glossary:
    """How one language is spoken."""

    manner: str
    """How people are addressed, and how nobody's gender is guessed."""
    marks: str
    """Around what is quoted: the opening and the closing one."""
    terms: tuple[Term, ...]


GLOSSARIES: Mapping[Language, Glossary] = MappingProxyType(
    {
        Language.GERMAN: Glossary(
            "Say du. Name groups and roles, not a man: Mitglied, die Moderation, die Administration, wer ...",
            "„“",
            (
                Term("you", "du", r"\b(bitten|können|möchten|haben|müssen|wollen) Sie\b"),
                Term("author (of a message)", "Mitglied", r"\b(Autor|Verfasser|Absender)"),
                Term("member", "Mitglied", r"\bNutzer|\bUser\b"),
                Term("moderators", "die Moderation, das Moderationsteam", r"\bModerator"),
                Term("administrators", "die Administration", r"\bAdministrator(en|in|s)\b|\bAdmins?\b"),
                Term("operator", "wer den Bot betreibt", r"\bBetreiber"),
                Term("policy", "Richtlinie", r"\bPolic(y|ies)\b"),
                Term("case", "Fall", r"\bVorgang"),
                Term("verdict", "Urteil", r"\bVerdikt"),
                Term("violation", "Verstoß", r"\bVerletzung"),
                Term("flagged", "aufgefallen", r"\bgeflaggt|\bmarkiert"),
                Term("notice (to a member)", "Benachrichtigung", r"\bMitteilung"),
                Term("appeal", "Einspruch", r"\bWiderspruch|\bAnfechtung"),
                Term("queue", "Warteschlange", r"\bQueue\b"),
                Term("keyword, pattern", "Stichwort, Muster", r"\bSchlüsselw"),
                Term("precision, recall", "Genauigkeit, Trefferquote", r"\bPräzision\b|\bRecall\b"),
                Term("timeout, kick, ban", "Timeout, kicken, bannen", r"\bAuszeit|\bSperre\b|\brauswerfen"),
                Term("server", "Server", r"\bGilde"),
            ),
        ),
        Language.SPANISH: Glossary(
            "Say tú. Name groups and roles, not a man: miembro, el equipo de moderación, quien ...",
            "“”",  # the RAE prefers «», but Discord and most of those who write there use these
            (
                Term("you", "tú", r"\busted(es)?\b|\bvosotr"),
                Term("author (of a message)", "miembro", r"\bautor(a|es|as)?\b|\bremitente"),
                Term("member", "miembro", r"(?<!ID de )\busuari"),
                Term("moderators", "el equipo de moderación", r"\bmoderador"),
                Term(
                    "administrators", "la administración", r"\b(el|un|los|unos) administrador|\bal administrador"
                ),
                Term("owner", "quien posee el servidor", r"\bpropietari|\bdueñ"),
                Term("operator", "quien opera el bot", r"\b(el|un|del|al) operador\b"),
                Term("policy", "política", r"\bdirectri(z|ces)\b"),
                Term("case", "caso", r"\bexpediente"),
                Term("verdict", "veredicto", r"\bsentencia"),
                Term("violation", "infracción", r"\bviolaci"),
                Term("flagged", "marcado", r"\bseñalad"),
                Term("notice (to a member)", "aviso", r"\bnotificaci"),
                Term("appeal", "apelación", r"\brecurso\b|\brecurrir"),
                Term("report", "reporte, reportar", r"\bqueja"),
                Term("precision, recall", "precisión, exhaustividad", r"\bsensibilidad\b"),
                Term("timeout, kick, ban", "aislar, expulsar, banear", r"\bsilenciar|\bprohibir"),
                Term("server", "servidor", r"\bgremio"),
                Term("file", "archivo", r"\bfichero"),
            ),
        ),
    }
)


def as_comment(glossary: Glossary) -> str:
    """The glossary as lines of a catalogue's head."""
    marks = f"quotation marks: {glossary.marks[0]}...{glossary.marks[1]}"
    lines = [glossary.manner, marks, *(f"{term.english}: {term.said}" for term in glossary.terms)]
    return "".join(f"# {line}\n" for line in lines)
