"""`make live` as a person meets it: the real bot, the page, the terminal."""

import asyncio
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

from tests.journeys.process import ROOT
from tests.tools.live.conftest import OpenPage, Page
from tools.live.session import session


def custom_id(card: dict, label: str) -> str:
    buttons = [button for row in card["components"] for button in row["components"]]
    return next(button["custom_id"] for button in buttons if button["label"] == label)


def shown(card: dict) -> str:
    (embed,) = card["embeds"]
    return "\n".join([embed["title"], embed["description"], *(field["value"] for field in embed["fields"])])


def other(page: Page) -> str:
    """A message of kara's."""
    return next(each["id"] for each in page.messages.values() if each["author"]["username"] == "kara")


def pictures_in(answers: list[dict]) -> list[str]:
    """{message}/{file} of every picture."""
    messages = [message for answer in answers for message in answer["messages"]]
    files = [(message["id"], file) for message in messages for file in message["attachments"]]
    return [f"{message}/{file['id']}" for message, file in files if file["filename"].endswith(".png")]


async def test_an_insult_becomes_a_card_and_a_press_of_delete_deletes_it(live_folder: Path, open_page: OpenPage):
    async with session(live_folder, port=0) as live:
        page: Page = await open_page(live.address)
        await page.until(lambda: page.answers_for("olga"), "the setup by the owner", 60)
        await page.until(lambda: page.latest["health"]["model_ready"], "the model", 60)
        mallory, ada = page.person("mallory")["id"], page.person("ada")["id"]
        general, review = page.channel("general"), page.channel("review")

        said = await page.do("say", person=mallory, channel=general, content="what an absolute loser")
        (card,) = await page.until(page.cards, "the card")
        assert "what an absolute loser" in shown(card)

        await page.do("press", person=ada, message=card["id"], custom_id=custom_id(card, "Reasoning"))
        (answer,) = await page.until(
            lambda: [each for each in page.answers_for("ada") if each["state"] == "done" and each["messages"]],
            "reasons",
        )
        await page.do("dismiss", person=ada, message=answer["messages"][0]["id"])
        await page.until(lambda: not any(each["messages"] for each in page.answers_for("ada")), "dismissal")

        await page.do("press", person=ada, message=card["id"], custom_id=custom_id(card, "Delete"))
        await page.until(lambda: said["message"] not in page.messages, "the deletion")
        await page.until(lambda: "**Deleted**" in shown(page.messages[card["id"]]), "the card's change")

        choices = await page.do(
            "complete",
            person=ada,
            channel=review,
            words="policy show",
            options={"policy": "har"},
            focused="policy",
        )
        assert choices["choices"] == [{"name": "Harassment (harassment)", "value": "harassment"}]
        await page.do("use", person=ada, channel=review, words="policy show", options={"policy": "harassment"})
        (told,) = await page.until(
            lambda: [m for each in page.answers_for("ada") for m in each["messages"] if m["attachments"]],
            "the policy",
        )
        file = f"{live.address}files/{told['id']}/{told['attachments'][0]['id']}"
        async with page.http.get(file) as saved:
            assert "title: Harassment" in await saved.text()
            assert saved.content_type == "text/plain"

        form = (await page.do("apply", person=mallory, message=other(page), name="Report to moderators"))["form"]
        (reason,) = [part["component"]["custom_id"] for part in form["parts"] if part["component"]["type"] == 4]
        await page.do(
            "fill", person=mallory, interaction=form["interaction"], values={reason: "not kind", "about": []}
        )
        await page.until(lambda: "Thank you" in str(page.answers_for("mallory")), "thanks")

        await page.do("use", person=ada, channel=review, words="stats", options={})
        charts = await page.until(lambda: pictures_in(page.answers_for("ada")), "the charts")
        async with page.http.get(f"{live.address}files/{charts[0]}") as chart:
            assert (chart.content_type, (await chart.read())[:4]) == ("image/png", b"\x89PNG")

        await page.do("trouble/kill")
        await page.until(lambda: page.latest["health"]["bot"] == "killed", "the kill")
        await page.until(lambda: page.latest["health"]["bot"] == "starting", "the new start")
    assert not live.keeper.process.is_running
    assert live.scene.discord.pings == []
    live.scene.discord.raise_deviations()


async def test_a_bot_that_fails_to_start_is_shown_with_its_error_and_can_be_started_again(
    tmp_path: Path, open_page: OpenPage
):
    async with session(tmp_path, port=0, model="/nowhere/model.gguf") as live:
        page = await open_page(live.address)
        error = await page.until(lambda: page.latest["health"]["error"], "the error", 60)
        assert page.latest["health"]["bot"] == "ended"
        assert "/nowhere/model.gguf" in error
        starts = live.keeper.starts
        await page.do("trouble/start")
        await page.until(lambda: live.keeper.starts > starts, "the second start")


async def line_with(stream: asyncio.StreamReader, wanted: str) -> str:
    async with asyncio.timeout(60):
        while line := (await stream.readline()).decode():
            if wanted in line:
                return line.strip()
    raise AssertionError(f"the program ended without saying {wanted!r}")


async def program(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.live", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def test_the_program_takes_the_next_free_port_runs_once_per_folder_and_ends_at_ctrl_c(tmp_path: Path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        first = await program("--folder", str(tmp_path / "data"), "--port", str(port))
        assert first.stdout is not None
        address = (await line_with(first.stdout, "Open  ")).removeprefix("Open  ")
        assert port < int(address.rsplit(":", 1)[1].strip("/")) < port + 20
        second = await program("--folder", str(tmp_path / "data"))
        told = (await second.communicate())[0].decode()
        assert second.returncode == 3
        assert f"it runs already: open {address}" in told
        first.send_signal(signal.SIGINT)
        assert "Ended." in await line_with(first.stdout, "Ended.")
        assert await first.wait() == 0
