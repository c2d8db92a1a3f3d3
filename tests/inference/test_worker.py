import io
import threading

import pytest

from inference import wire
from inference.wire import Cancel
from inference.worker import Inbox, listen


def first_of(inbox: Inbox) -> object:
    arrived = inbox.get(timeout=5)
    assert arrived is not None
    return arrived[0]


def test_the_end_of_the_input_closes_the_inbox() -> None:
    inbox = listen(io.BytesIO(wire.line(Cancel(id=1))))
    assert first_of(inbox) == Cancel(id=1)
    assert inbox.get(timeout=5) is None


def test_half_a_line_of_a_killed_parent_closes_the_inbox_and_is_not_quoted(
    capfd: pytest.CaptureFixture[str],
) -> None:
    inbox = listen(io.BytesIO(wire.line(Cancel(id=1)) + b'{"kind":"ask","id":2,"prefix_key":"secret","pre'))
    assert first_of(inbox) == Cancel(id=1)
    assert inbox.get(timeout=5) is None
    for thread in threading.enumerate():
        if thread.name == "inbox":
            thread.join(5)
    said = capfd.readouterr().err
    assert "no message" in said
    assert "secret" not in said
