import io
import threading

import pytest

from inference import wire
from inference.wire import Cancel
from inference.worker import listen


def test_the_end_of_the_input_closes_the_inbox() -> None:
    inbox = listen(io.BytesIO(wire.line(Cancel(id=1))))
    assert inbox.get(timeout=5) == Cancel(id=1)
    assert inbox.get(timeout=5) is None


def test_half_a_line_of_a_killed_parent_closes_the_inbox_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    inbox = listen(io.BytesIO(wire.line(Cancel(id=1)) + b'{"kind":"ask","id":2,"pre'))
    assert inbox.get(timeout=5) == Cancel(id=1)
    assert inbox.get(timeout=5) is None
    for thread in threading.enumerate():
        if thread.name == "inbox":
            thread.join(5)
