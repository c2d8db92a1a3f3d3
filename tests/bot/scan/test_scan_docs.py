import json
from pathlib import Path

from bot.scan.cases_file import case_line
from tests.bot.scan.test_scan_report import case_with

DOCS = Path(__file__).parents[3] / "docs" / "scan.md"


def test_every_key_of_a_line_of_cases_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    case = json.loads(case_line(case_with("you loser")))
    finding = case["findings"][0]
    keys = [*case, *finding, *finding["evidence"][0], *finding["verdict"]]
    assert [key for key in keys if f"`{key}`" not in text] == []
