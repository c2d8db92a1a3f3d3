"""The program behind `make live`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bot.errors import ExitCode, OperatorError
from tools.live.folder import fresh, note_address
from tools.live.session import PORT, Session, session

_WELCOME = """
Safeguild, live: a little Discord on this machine, with the real bot in it.

  Open  {address}

  Write something as mallory, then be ada, the moderator, and decide.
  The page suggests what to try.

  Nothing leaves this machine, and no Discord account is needed.
  {judge}
  Every start begins anew. The bot's log: {log}
  No browser on this machine? Run this on yours, then open the address there:
  ssh -N -L {port}:127.0.0.1:{port} USER@THIS-MACHINE

  Ctrl-C ends everything.
"""
_STAND_IN = "The stand-in for the model only looks for listed words."


def main() -> int:
    """Run until Ctrl-C. Returns the exit code."""
    options = _options()
    try:
        with fresh(options.folder.resolve()) as folder:
            asyncio.run(_run(folder, options.port, options.model))
    except OperatorError as problem:
        _say(f"make live cannot start: {problem.message}; {problem.hint}", sys.stderr)
        return problem.exit_code
    except OSError as problem:
        _say(f"make live cannot start: {problem}", sys.stderr)
        return ExitCode.ENVIRONMENT
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.live", description="Try Safeguild without a Discord account."
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("live-data"), help="data folder; emptied at every start"
    )
    parser.add_argument("--port", type=int, default=PORT, help="of the page; the next free one is taken")
    parser.add_argument("--model", help="a GGUF file of gpt-oss-safeguard, in place of the stand-in")
    return parser.parse_args()


async def _run(folder: Path, port: int, model: str | None) -> None:
    with _stop_signals() as stop:
        async with session(folder, port=port, model=model) as live:
            note_address(folder, live.address)
            judge = f"The model is {model}." if model else _STAND_IN
            log = live.keeper.process.log_file
            shown = log.relative_to(Path.cwd()) if log.is_relative_to(Path.cwd()) else log
            _say(_WELCOME.format(address=live.address, judge=judge, log=shown, port=live.port))
            telling = asyncio.create_task(_tell_of_bot(live))
            await stop.wait()
            telling.cancel()
            _say("\nEnding the bot …")
    _say("Ended.")


async def _tell_of_bot(live: Session) -> None:
    """One line when the bot is ready, and its error whenever it ends by itself."""
    told: str | None = None
    ready = False
    while True:
        health = live.observer.health
        if health.connected and health.model_ready and not ready:
            ready = True
            _say("  The bot is connected and ready.")
        if health.error != told:
            told = health.error
            if told:
                _say(told, sys.stderr)
        await asyncio.sleep(0.2)


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C, SIGTERM or the end of the terminal sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _say(text: str, stream: TextIO | None = None) -> None:
    out = stream if stream is not None else sys.stdout
    out.write(f"{text}\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
