import pytest


def test_check_says_what_the_lists_hold_and_what_is_wrong(inside, place, monkeypatch):
    file = place.work / "mine.txt"
    good = "\n".join(f"evil{number}.com" for number in range(150))
    file.write_text(f"{good}\ndiscord.com\nwhat is this\n")
    monkeypatch.setenv("SAFEGUILD_DOMAINS__FILE", str(file))
    ended = inside("domains", "check")
    assert ended.code == 0
    assert f"{file}: 150 domains, 2 lines left out" in ended.out
    assert "line 151 is left out: it is a well-known domain" in ended.err


def test_check_ends_with_one_when_a_list_cannot_be_used(inside, place, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_DOMAINS__FILE", str(place.work / "none.txt"))
    ended = inside("domains", "check")
    assert ended.code == 1
    assert "there is no list of domains" in ended.err
    assert "hint: write one domain on each line" in ended.err


def test_update_without_an_address_says_what_to_set(inside):
    ended = inside("domains", "update")
    assert ended.code == 2
    assert "set `domains.url`" in ended.err


@pytest.mark.parametrize(
    "url", ["http://lists.example/x", "ftp://lists.example", "https://me:secret@lists.example"]
)
def test_an_address_that_could_be_tampered_with_is_refused(inside, monkeypatch, url):
    monkeypatch.setenv("SAFEGUILD_DOMAINS__URL", url)
    ended = inside("domains", "check")
    assert ended.code == 2
    assert "begins with https://" in ended.err
