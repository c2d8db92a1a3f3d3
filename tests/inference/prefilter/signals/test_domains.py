import gzip
from importlib import resources

import pytest

from inference.prefilter.signals import domains as module
from inference.prefilter.signals.domains import DomainList, Skipped, UnreadableList


def test_domains_are_read_in_the_ways_in_which_lists_write_them() -> None:
    text = """\
# a comment
! another

evil.com
WWW.Evil-Two.COM   # why
0.0.0.0 evil-three.com
||evil-four.com^
https://evil-five.com/
xn--discrd-zxa.com
bit.ly/AbC
evil.github.io
"""
    listed = DomainList.parse(text)
    assert listed.skipped == ()
    assert listed.entries == {
        *("evil.com", "evil-two.com", "evil-three.com", "evil-four.com", "evil-five.com", "discörd.com"),
        *("bit.ly/abc", "evil.github.io"),
    }


def test_what_would_catch_everybody_is_left_out_and_told() -> None:
    listed = DomainList.parse("evil.com\nco.uk\ngithub.io\ndiscord.com\ncdn.discordapp.com\n")
    assert listed.entries == {"evil.com"}
    assert [skipped.line for skipped in listed.skipped] == [2, 3, 4, 5]
    assert listed.skipped[0] == Skipped(2, "everybody's domains end in it")
    assert listed.skipped[2] == Skipped(4, "it is a well-known domain")


def test_a_few_bad_lines_are_left_out() -> None:
    good = "\n".join(f"evil{number}.com" for number in range(200))
    listed = DomainList.parse(f"{good}\nwhat is this\n")
    assert len(listed.entries) == 200
    assert listed.skipped == (Skipped(201, "it is no domain"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no domain in it"),
        ("# nothing\n\n", "no domain in it"),
        ("<!DOCTYPE html>\n<title>404</title>", "no domain in it (the first is line 1)"),
        ("evil.com\n<p>Sorry</p>\n<p>Not found</p>", "2 of its lines are no domains (the first is line 2)"),
        ("\x00\xff\x17" * 50, "no domain in it"),
    ],
)
def test_a_text_that_is_no_list_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnreadableList) as refused:
        DomainList.parse(text)
    assert said in str(refused.value)


def test_a_list_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DOMAINS", 3)
    with pytest.raises(UnreadableList, match="more than 3"):
        DomainList.parse("\n".join(f"evil{number}.com" for number in range(5)))


@pytest.mark.parametrize(
    ("host", "path", "entry"),
    [
        ("evil.com", "/x", "evil.com"),
        ("a.b.evil.com", "", "evil.com"),
        ("notevil.com", "", None),
        ("evil.com.example", "", None),
        ("com", "", None),
        ("bit.ly", "/AbC?x=1", "bit.ly/abc"),
        ("www.bit.ly", "/abc/", "bit.ly/abc"),
        ("bit.ly", "/abcd", None),
        ("bit.ly", "", None),
        ("good.github.io", "", None),
        ("evil.github.io", "", "evil.github.io"),
    ],
)
def test_a_host_falls_under_its_domain(host: str, path: str, entry: str | None) -> None:
    listed = DomainList.parse("evil.com\nbit.ly/AbC\nevil.github.io\n")
    assert listed.listed(host, path) == entry


def test_lists_that_say_the_same_have_one_digest() -> None:
    one, other = DomainList.parse("b.com\na.com\n"), DomainList.parse("a.com\n# x\nb.com\nb.com\n")
    assert one.digest == other.digest != DomainList.parse("a.com\n").digest


def test_the_shipped_list_is_what_reading_it_gives() -> None:
    """It is loaded without being checked again: this is the check."""
    data = (resources.files("inference.prefilter") / "data" / "phishing_domains.txt.gz").read_bytes()
    parsed = DomainList.parse(gzip.decompress(data).decode())
    assert parsed.entries == DomainList.shipped().entries
    assert parsed.skipped == ()
    assert len(parsed.entries) > 20_000
