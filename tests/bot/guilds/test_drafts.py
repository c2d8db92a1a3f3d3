from bot.guilds.drafts import LIFE_SECONDS, MOST_BYTES, MOST_OF_ONE, Draft, DraftKind, Drafts
from bot.guilds.form import Form


class Timer:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def draft(author_id: int = 5, guild_id: int = 7, size: int = 0) -> Draft:
    return Draft(guild_id, author_id, DraftKind.NEW, "blorps", None, form=Form(title="A"), source=b"x" * size)


def test_a_draft_is_there_for_its_author_in_its_server_only() -> None:
    drafts = Drafts(Timer())
    kept = drafts.put(draft())
    assert drafts.get(kept.id, 7, 5) == kept
    assert drafts.get(kept.id, 8, 5) is None
    assert drafts.get(kept.id, 7, 6) is None
    drafts.drop(kept.id)
    assert drafts.get(kept.id, 7, 5) is None


def test_a_draft_lives_as_long_as_somebody_touches_it() -> None:
    timer = Timer()
    drafts = Drafts(timer)
    touched, left = drafts.put(draft()), drafts.put(draft())
    timer.now = LIFE_SECONDS - 1
    assert drafts.get(touched.id, 7, 5)
    timer.now = LIFE_SECONDS + 1
    assert drafts.get(left.id, 7, 5) is None
    assert drafts.get(touched.id, 7, 5)


def test_a_persons_oldest_drafts_make_room() -> None:
    drafts = Drafts(Timer())
    other = drafts.put(draft(author_id=6))
    mine = [drafts.put(draft()) for _ in range(MOST_OF_ONE + 1)]
    assert [drafts.get(each.id, 7, 5) is not None for each in mine] == [False] + [True] * MOST_OF_ONE
    assert drafts.get(other.id, 7, 6)


def test_all_drafts_together_are_bounded_and_the_newest_always_fits() -> None:
    drafts = Drafts(Timer())
    kept = [drafts.put(draft(author_id=number, size=MOST_BYTES // 3)) for number in range(1, 5)]
    assert [drafts.get(each.id, 7, each.author_id) is not None for each in kept] == [False, False, True, True]
    huge = drafts.put(draft(author_id=9, size=MOST_BYTES * 2))
    assert drafts.get(huge.id, 7, 9)


def test_a_guild_that_is_forgotten_leaves_no_draft() -> None:
    drafts = Drafts(Timer())
    gone, kept = drafts.put(draft()), drafts.put(draft(guild_id=8))
    drafts.forget(7)
    assert drafts.get(gone.id, 7, 5) is None
    assert drafts.get(kept.id, 8, 5)


def test_a_changed_draft_has_an_id_of_its_own() -> None:
    first = draft()
    assert first.anew(source=b"y").id != first.id
    assert first.source == b""
