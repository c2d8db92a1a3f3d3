"""Charts: drawn in a process of their own, whatever policies are called."""

import os
import struct
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.figures import painting
from bot.figures.charts import INCHES, draw, shown
from bot.figures.painting import Painter
from bot.figures.plots import Lines, Name, Nothing, Sheet
from bot.figures.sheets import Told, decided, flagged, sheets, waits
from bot.figures.spoken import count_axis, duration, duration_axis, share_axis
from bot.language import Language, speaking
from bot.records.figures import WaitDay
from bot.records.waits import Waits
from tests.bot.figures.telling import LAST, NOW, figures, nothing

HOSTILE = {"harassment": "Harassment $\\frac{1}{0}$ & $x", "spam": "迷惑\N{ZERO WIDTH SPACE}行為\n" * 9}


def told(days: int = 30) -> Told:
    return Told(figures(days), HOSTILE, NOW)


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


class TestNames:
    @pytest.mark.parametrize("text", ["Harassment", "Спам и реклама", "Ελληνικά", "Gewalt & Größe", "50 $ or $$"])
    def test_what_the_font_can_draw_is_drawn(self, text: str) -> None:
        assert shown(Name(text=text, instead="id")) == text

    @pytest.mark.parametrize(
        "text", ["迷惑行為", "스팸", "หยาบคาย", "אלימות", "تحرش", "Spam \U0001f980", "", "\n"]
    )
    def test_what_it_cannot_draw_gives_way_to_the_id(self, text: str) -> None:
        assert shown(Name(text=text, instead="the-id")) == "the-id"

    def test_a_long_one_is_cut(self) -> None:
        assert shown(Name(text="word " * 40, instead="id")) == "word word word word wor…"


class TestPictures:
    @pytest.mark.parametrize("days", [1, 7, 90])
    async def test_they_are_drawn_for_a_phone(self, tmp_path: Path, days: int) -> None:
        pictures = await Painter(tmp_path / "kept").paint(sheets(told(days)))
        assert [each.name for each in pictures] == [
            "safeguild-flagged.png",
            "safeguild-decided.png",
            "safeguild-waiting.png",
        ]
        for each in pictures:
            width, height = size(each.data)
            assert width == INCHES * 120
            assert 400 < height < 3000
            assert len(each.data) < 1_000_000

    def test_nothing_to_draw_is_said(self) -> None:
        empty = Told(nothing(), {}, NOW)
        for sheet in sheets(empty):
            assert {type(plot) for plot in sheet.plots} == {Nothing}
            assert size(draw(sheet))

    async def test_the_drawing_process_gets_no_secret(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SAFEGUILD_DISCORD__TOKEN", "secret")
        assert "secret" not in Painter(tmp_path)._environment().values()

    @pytest.mark.parametrize("module", ["bot.figures.gone", "this"])
    async def test_without_pictures_the_numbers_are_still_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
    ) -> None:
        monkeypatch.setattr(painting, "MODULE", module)
        assert len(await Painter(tmp_path).paint([flagged(told())])) <= 1

    async def test_one_that_hangs_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(painting, "MODULE", "http.server")
        monkeypatch.setattr(painting, "SECONDS", 0.5)
        assert await Painter(tmp_path).paint([flagged(told())]) == []
        assert not any("http.server" in command for command in _children())


def _children() -> list[str]:
    own = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_text(errors="replace") for pid in own]


class TestWhatTheyTell:
    def test_pictures_say_in_words_what_they_show(self) -> None:
        assert flagged(told()).alt.startswith("Oct 24 to Nov 22: Flagged messages, by policy: Harassment")
        assert "half within 58 minutes, 9 in 10 within 48 hours" in decided(told()).alt
        assert "80 of 85 (87% to 97%)" in decided(told()).alt
        assert "Share of the model's work spent on reasoning: 60%" in waits(told()).alt
        assert all(len(sheet.alt) <= 1000 for sheet in sheets(told()))

    def test_days_without_decisions_are_gaps_and_no_zeros(self) -> None:
        few = replace(figures(7), waits=(WaitDay(LAST, "", Waits({50: 1})),))
        plot = decided(Told(few, {}, NOW)).plots[0]
        assert isinstance(plot, Lines)
        assert plot.lines[0].values[:-1] == (None,) * 6
        assert plot.lines[0].values[-1] is not None

    def test_they_speak_the_language_that_is_spoken(self) -> None:
        with speaking(Language.GERMAN):
            assert "22. Nov." in flagged(told()).alt

    def test_sheets_are_only_data(self) -> None:
        sheet = decided(told())
        assert Sheet.model_validate_json(sheet.model_dump_json(), strict=False) == sheet


class TestScales:
    @pytest.mark.parametrize("most", [0.0, 0.003, 0.05, 0.31, 1.0])
    def test_shares_fit_on_their_scale(self, most: float) -> None:
        axis = share_axis([most, None])
        assert axis.most >= most
        assert 3 <= len({text for _, text in axis.ticks}) == len(axis.ticks)

    @pytest.mark.parametrize("most", [0, 1, 7, 12_345])
    def test_numbers_fit_on_theirs(self, most: int) -> None:
        axis = count_axis([float(most)])
        assert axis.most >= most
        assert all(at == int(at) for at, _ in axis.ticks)

    @pytest.mark.parametrize("seconds", [[1.0], [1.0, 1e7], [59.0, 61.0], [7200.0]])
    def test_durations_fit_on_theirs(self, seconds: list[float]) -> None:
        axis = duration_axis([None, *seconds])
        assert axis.least <= min(seconds)
        assert axis.most >= max(seconds)
        assert axis.ticks

    def test_durations_are_said_in_a_unit_that_fits(self) -> None:
        assert duration(timedelta(hours=1)) == "1 hour"
        assert duration(timedelta(minutes=90)) == "90 minutes"
        assert duration(timedelta(days=3)) == "3 days"
