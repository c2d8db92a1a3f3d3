# ruff: noqa: RUF001 - letters that look alike are what is tested
import pytest

from inference.prefilter.signals.hosts import plain_host, registrable
from inference.prefilter.signals.links import MAX_LINKS, links_in


def hosts(text: str) -> list[str]:
    return [link.host for link in links_in(text).found]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("look https://evil.com/abc?x=1", "evil.com"),
        ("look evil.com/abc", "evil.com"),
        ("(evil.com)", "evil.com"),
        ("go to evil.com.", "evil.com"),
        ("HTTPS://EVIL.COM.:8443/x", "evil.com"),
        ("<https://evil.com>", "evil.com"),
        ("||https://evil.com||", "evil.com"),
        ("**evil.com**", "evil.com"),
        ("[free nitro](https://evil.com/x)", "evil.com"),
        ("[free nitro](<https://evil.com/x>)", "evil.com"),
        ("https://evil%2Ecom/x", "evil.com"),
        ("https://%65vil.com", "evil.com"),
        ("ｅｖｉｌ．ｃｏｍ", "evil.com"),
        ("evil。com", "evil.com"),
        ("ev\u200bil.c\u2060om/x", "evil.com"),
        ("𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "evil.com"),
        ("ⓔⓥⓘⓛ.com", "evil.com"),
        ("evil[.]com/x", "evil.com"),
        ("evil(.)com", "evil.com"),
        ("evil[dot]com", "evil.com"),
        ("hxxps[:]//evil[.]com", "evil.com"),
        ("https:\\\\evil.com\\x", "evil.com"),
        ("https://discord.com@evil.com/x", "evil.com"),
        ("https://a@b@evil.com", "evil.com"),
        ("htt\u200bps://evil.com/x", "evil.com"),
        ("next=evil.com", "evil.com"),
        ("ev" + "\u200b" * 1500 + "il.com", "evil.com"),
        ("https://discord.com,login@evil.com", "evil.com"),
        ("https://xn--discrd-zxa.com", "discörd.com"),
        ("https://DISCÖRD.com", "discörd.com"),
        ("xn--h1alffa9f.xn--p1ai/x", "россия.рф"),
    ],
)
def test_a_link_is_seen_however_it_is_written(text: str, host: str) -> None:
    assert hosts(text) == [host]


@pytest.mark.parametrize(
    "text",
    [
        *("well. that was it...", "v1.2.3", "10.0.0.1", "and so on.Then he left", "e.g.this", "a.b.c.d", "...."),
        *(
            "john.doe@mail.com",
            "/home/me/evil.com",
            "https://",
            "http://localhost/x",
            "evil.invalidtld",
            "foo.bar_baz",
        ),
    ],
)
def test_what_is_no_link_is_none(text: str) -> None:
    assert hosts(text) == []


def test_a_redirect_is_seen_together_with_where_it_leads() -> None:
    assert hosts("https://www.google.com/url?q=https://evil.com/x") == ["www.google.com", "evil.com"]
    assert hosts("https://a.com,https://b.com") == ["a.com", "b.com"]


def test_the_span_is_the_whole_address_as_it_was_written() -> None:
    text = "hey ev\u200bil[.]com/abc, look"
    (link,) = links_in(text).found
    assert text[link.start : link.end] == "ev\u200bil[.]com/abc,"
    assert link.path == "/abc,"


@pytest.mark.parametrize(
    ("text", "posed"),
    [
        ("[https://discord.com/gift](https://evil.com/x)", "discord.com"),
        ("[https://www.discord.com](<https://evil.com/x>)", "discord.com"),
        ("[www.discord.com](https://evil.com)", "discord.com"),
        ("[see https://discord.com now](https://evil.com)", "discord.com"),
        ("https://discord.com@evil.com", "discord.com"),
        ("https://discord.com:443@evil.com/x", "discord.com"),
        ("[discord](https://evil.com)", None),
        ("[node.js](https://nodejs.org)", None),
        ("[https://docs.python.org](https://www.python.org/x)", None),
        ("[https://discord.com] (https://evil.com)", None),
        ("https://me:secret@evil.com", None),
    ],
)
def test_a_link_that_shows_another_address_than_it_leads_to_is_told(text: str, posed: str | None) -> None:
    links = {link.host: link for link in links_in(text).found}
    assert [link.posed for host, link in links.items() if host.endswith(("evil.com", "python.org", "nodejs.org"))][
        -1
    ] == posed


def test_each_address_is_told_once_and_only_so_many() -> None:
    assert len(links_in("evil.com/a " * 9).found) == 1
    assert links_in("evil.com/a " * 300).more is not None
    many = links_in(" ".join(f"host{number}.com" for number in range(200)))
    assert len(many.found) == MAX_LINKS
    assert many.more is not None
    assert many.more.host == f"host{MAX_LINKS}.com"


@pytest.mark.parametrize("written", ["", ".", "localhost", "a" * 300 + ".com", "\ud800.com"[:0]])
def test_what_can_be_no_host_is_none(written: str) -> None:
    assert plain_host(written) is None


@pytest.mark.parametrize(
    ("host", "owned"),
    [
        ("www.discord.com", "discord.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("evil.github.io", "evil.github.io"),
        ("co.uk", None),
        ("evil.invalidtld", None),
    ],
)
def test_a_host_has_a_part_that_somebody_registered(host: str, owned: str | None) -> None:
    assert registrable(host) == owned
