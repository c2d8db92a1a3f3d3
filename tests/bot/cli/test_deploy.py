"""The files in deploy/: a unit that systemd takes, and an image without a token in it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.errors import ExitCode
from bot.settings_docs import setting_docs

DEPLOY = Path(__file__).parents[3] / "deploy"


def test_systemd_takes_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed here")
    unit = (DEPLOY / "safeguild.service").read_text("utf-8")
    here = tmp_path / "safeguild.service"
    here.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE))
    done = subprocess.run(
        ["systemd-analyze", "verify", here], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "safeguild" in line]
    assert ours == []


def test_every_variable_in_deploy_is_a_setting():
    variables = {doc.variable for doc in setting_docs()}
    for path in DEPLOY.iterdir():
        found = set(re.findall(r"SAFEGUILD_\w+", path.read_text("utf-8")))
        assert found <= variables, path.name
        assert "SAFEGUILD_DISCORD__TOKEN" not in found, path.name


def test_systemd_does_not_try_again_what_trying_does_not_mend():
    unit = (DEPLOY / "safeguild.service").read_text("utf-8")
    assert f"RestartPreventExitStatus={int(ExitCode.USAGE)}\n" in unit


def test_the_compose_files_name_what_is_there():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    gpu = yaml.safe_load((DEPLOY / "compose.gpu.yaml").read_text("utf-8"))
    service = compose["services"]["safeguild"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    arguments = re.findall(r"^ARG (\w+)", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE)
    assert gpu["services"]["safeguild"]["build"]["args"].keys() <= set(arguments)


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody_special():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--)(.+)$", text, re.MULTILINE)]
    assert all((DEPLOY.parent / name).exists() for names in copied for name in names)
    assert re.search(r"^USER \d+$", text, re.MULTILINE)
    assert "--require-hashes" in text
