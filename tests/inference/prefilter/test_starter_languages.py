"""The starter policies of every language, through the whole prefilter: what they find, and what they leave be."""

import unicodedata

import pytest

from inference.prefilter.keywords import KeywordIndex
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.suspicion import EvidenceKind
from policies.policy import Policy
from policies.starter import ENGLISH, STARTER_LANGUAGES, starter_policies

GUILD = 1
LEARNED = {EvidenceKind.EXAMPLE, EvidenceKind.RULE, EvidenceKind.SCORE}
LIBRARY = {language: starter_policies(language) for language in STARTER_LANGUAGES}
OTHERS = [language for language in STARTER_LANGUAGES if language != ENGLISH]
NOT_FOLDED = {"ä": "ae", "ö": "oe", "ü": "ue"}
EVERYDAY = {
    "de": (
        "guten morgen zusammen, wie wars gestern noch?",
        "kann mir jemand bei meinem code helfen, der build schlägt fehl",
        "hast du das neue update schon gezogen? 12 gb, dauert ewig",
        "ich bring morgen kuchen mit in die schule",
        "der server hängt schon wieder, ich starte ihn mal neu",
        "welche grafikkarte würdet ihr für 300 euro nehmen?",
        "ich finde dich gut drauf heute, schöner stream",
        "pass auf dich auf und komm gut heim",
        "die mongo läuft nicht mehr seit dem update",
        "meine oma wohnt in der nähe von köln und kocht lauch",
        "das liegt mir im blut, ich spiele seit zehn jahren gitarre",
        "wir haben gewonnen, in einer woche ist finale!",
        "schöne ritzen im boden, da muss fugenmasse rein",
        "mein rücken tut weh vom langen sitzen",
        "hallo olli, der anschlag auf der tastatur ist laut",
        "hab endlich einen 5 sterne charakter gezogen",
        "legt die bombe in der mitte, ich geb deckung",
    ),
    "es": (
        "buenos días a todos, ¿qué tal ayer?",
        "¿alguien me ayuda con el código? no me compila",
        "¿ya bajaste la actualización? pesa 12 gb y tarda un montón",
        "mañana llevo tarta al cole, es mi cumple, cumplo muchos años",
        "el servidor se ha caído otra vez, lo reinicio",
        "¿qué gráfica compraríais por 300 euros?",
        "el lanzamiento se ha retrasado otra semana",
        "este juego es de puta madre, sos un crack boludo",
        "me puse el traje negro para la boda",
        "tengo azúcar en la sangre, dijo el médico que no coma dulces",
        "mi hermano vive en Madrid y trabaja de cocinero",
        "cogí el autobús y llegué en diez minutos",
        "el cono se derritió al sol",
        "me corro un poco para que pases, espera",
        "me comí un arroz con pollo y abrí tres packs de cartas",
        "los nodos del árbol de habilidades necesitan tokens para subir",
        "quedamos en la calle Mayor a las 8, por el camino de los 7 reinos",
        "diez años de historia y de 10 años de experiencia",
        "por fin me salió un personaje de 5 estrellas",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def prefilter() -> Prefilter:
    guilds = {number: list(LIBRARY[language].values()) for number, language in enumerate(STARTER_LANGUAGES)}
    return Prefilter.build(guilds, Knowledge.shipped())


def guild(language: str) -> int:
    return STARTER_LANGUAGES.index(language)


def found(prefilter: Prefilter, language: str, policy: Policy, text: str) -> bool:
    """Whether a keyword, a pattern or a signal of the policy is in the text: copies of examples prove nothing."""
    suspicions = prefilter.inspect(guild(language), text, [policy.id])
    return any(item.kind not in LEARNED for each in suspicions for item in each.evidence)


@pytest.mark.parametrize("language", STARTER_LANGUAGES)
def test_violating_examples_are_found_by_words_and_few_allowed_ones_are(
    prefilter: Prefilter, language: str
) -> None:
    """The allowed ones are look-alikes, so that some are found, too: the judge is there for them."""
    pairs = [(policy, each) for policy in LIBRARY[language].values() for each in policy.examples]
    seen = [each.violates for policy, each in pairs if found(prefilter, language, policy, each.text)]
    violating = sum(each.violates for _, each in pairs)
    assert violating - sum(seen) <= 4
    assert len(seen) - sum(seen) <= 10


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language in OTHERS for text in EVERYDAY[language]]
)
def test_everyday_lines_are_left_alone_by_words(prefilter: Prefilter, language: str, text: str) -> None:
    assert not any(found(prefilter, language, policy, text) for policy in LIBRARY[language].values())


@pytest.mark.parametrize("language", OTHERS)
def test_the_learned_scores_of_twelve_policies_leave_most_everyday_lines_alone(
    prefilter: Prefilter, language: str
) -> None:
    """Each may flag up to 1% of ordinary chat. Without ordinary lines of the language they flagged nearly all."""
    flagged = [text for text in EVERYDAY[language] if prefilter.inspect(guild(language), text)]
    assert len(flagged) <= len(EVERYDAY[language]) / 4


@pytest.mark.parametrize(
    ("language", "policy_id", "text"),
    [
        ("de", "harassment", "du hur3nsohn"),
        ("de", "harassment", "h*rensohn"),
        ("de", "harassment", "hurnesohn"),
        ("de", "harassment", "w 1 x x e r"),
        ("de", "self-harm", "haengdichauf"),
        ("de", "threats", "ich t0te dich"),
        ("de", "threats", "ICH TOETE DICH"),
        ("es", "harassment", "h1jo de put4"),
        ("es", "harassment", "g*lipollas"),
        ("es", "harassment", "hijo de p*ta"),
        ("es", "self-harm", "m a t a t e"),
        ("es", "self-harm", "mátaaaate"),
        ("es", "threats", "tevoyamatar"),
        ("es", "hate", "mar1c0n"),
    ],
)
def test_disguised_words_are_found_in_every_language(
    prefilter: Prefilter, language: str, policy_id: str, text: str
) -> None:
    assert found(prefilter, language, LIBRARY[language][policy_id], text)


@pytest.mark.parametrize("policy_id", LIBRARY["de"])
def test_german_keywords_are_found_without_umlauts(policy_id: str) -> None:
    policy = LIBRARY["de"][policy_id]
    for keyword in policy.prefilter.keywords:
        written = unicodedata.normalize("NFC", keyword.strip("*"))
        assert hits(policy, written), keyword
        assert hits(policy, transcribed(written)), f"{keyword}: add it as {transcribed(keyword)}"
        assert hits(policy, written.translate(str.maketrans("äöü", "aou")).replace("ß", "ss")), keyword


@pytest.mark.parametrize("policy_id", LIBRARY["es"])
def test_spanish_keywords_are_found_without_accents_and_between_inverted_marks(policy_id: str) -> None:
    policy = LIBRARY["es"][policy_id]
    for keyword in policy.prefilter.keywords:
        written = keyword.strip("*")
        bare = "".join(each for each in unicodedata.normalize("NFD", written) if not unicodedata.combining(each))
        for spelling in (written, bare, f"¡¡{written}!!", f"¿{bare}?", f"{bare}?", written.upper()):
            assert hits(policy, spelling), spelling


def transcribed(keyword: str) -> str:
    for letter, letters in NOT_FOLDED.items():
        keyword = keyword.replace(letter, letters)
    return keyword.replace("ß", "ss")


def hits(policy: Policy, text: str) -> bool:
    index = KeywordIndex.build(
        {GUILD: [(policy.id, each) for each in policy.prefilter.keywords]}, Normaliser.shipped()
    )
    return bool(index.find(GUILD, Normaliser.shipped().read(text)))
