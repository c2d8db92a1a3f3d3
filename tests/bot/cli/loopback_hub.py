"""A hub on 127.0.0.1 that speaks what a download needs of the Hugging Face protocol, and breaks on request."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

REPOSITORY = "keepers/tiny-GGUF"
FILE = "tiny.gguf"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the hub offers, how it misbehaves, and what it was asked."""

    content: bytes
    endpoint: str = ""
    files: tuple[str, ...] = (FILE,)
    stated: str | None = None
    """The SHA-256 that it states; the true one if None, none at all if empty."""
    cut_after: list[int] = field(default_factory=list)
    """Each download takes the first of these and breaks off after so many bytes."""
    stall_after: int | None = None
    """The next download stops sending after so many bytes, and holds the connection."""
    ignores_ranges: bool = False
    status: int = 200
    """What every request is answered with, instead of the file."""
    is_a_hub: bool = True
    """Whether it names the commit, as only a hub does."""
    stalled: threading.Event = field(default_factory=threading.Event)
    """Set when a download has stalled."""
    paths: list[str] = field(default_factory=list)
    """Everything that was asked for."""
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of every download that began."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@contextmanager
def loopback_hub(content: bytes) -> Iterator[Hub]:
    """Serve until the block ends."""
    hub = Hub(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self.answer(send_body=False)

    def do_GET(self) -> None:
        self.answer(send_body=True)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def answer(self, *, send_body: bool) -> None:
        path = urlsplit(self.path).path
        self.hub.paths.append(path)
        if self.hub.status != 200:
            self.reply(self.hub.status, {}, b"", send_body=send_body)
        elif path.startswith("/storage/"):
            self.send_file(send_body=send_body)
        elif path.startswith(f"/api/models/{REPOSITORY}/tree/"):
            entries = [{"type": "file", "path": name, "size": 1, "oid": COMMIT} for name in self.hub.files]
            self.reply(200, {"Content-Type": "application/json"}, json.dumps(entries).encode(), send_body=True)
        elif path in {f"/{REPOSITORY}/resolve/{at}/{FILE}" for at in ("main", COMMIT)} and FILE in self.hub.files:
            self.redirect_to_storage(send_body=send_body)
        else:
            self.refuse(path, send_body=send_body)

    def refuse(self, path: str, *, send_body: bool) -> None:
        here = path.startswith(f"/{REPOSITORY}/")
        code = "EntryNotFound" if here and "/main/" in path else "RevisionNotFound" if here else "RepoNotFound"
        self.reply(404, {"X-Error-Code": code, "X-Error-Message": code}, b"", send_body=send_body)

    def redirect_to_storage(self, *, send_body: bool) -> None:
        """Large files lie on another host; `localhost` is another name for this one."""
        hub = self.hub
        stated = hub.sha256 if hub.stated is None else hub.stated
        headers = {
            "Location": hub.endpoint.replace("127.0.0.1", "localhost") + f"/storage/{FILE}",
            "X-Linked-Size": str(len(hub.content)),
            "ETag": '"not-the-sum"',
        }
        headers |= {"X-Repo-Commit": COMMIT} if hub.is_a_hub else {}
        headers |= {"X-Linked-Etag": f'"{stated}"'} if stated else {}
        self.reply(302, headers, b"", send_body=send_body)

    def send_file(self, *, send_body: bool) -> None:
        hub = self.hub
        wanted = self.headers.get("Range")
        hub.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and not hub.ignores_ranges else 0
        headers = {"ETag": f'"{hub.sha256}"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}"
        self.reply(206 if start else 200, headers, hub.content[start:], send_body=send_body)

    def stall(self, body: bytes) -> None:
        """Until the other side gives up."""
        self.wfile.write(body[: self.hub.stall_after])
        self.hub.stall_after = None
        self.hub.stalled.set()
        self.connection.settimeout(30)
        self.rfile.read(1)
        self.close_connection = True

    def reply(self, status: int, headers: dict[str, str], body: bytes, *, send_body: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if send_body and self.hub.stall_after is not None and self.path.startswith("/storage/"):
            self.stall(body)
            return
        cut = self.hub.cut_after.pop(0) if self.hub.cut_after and self.path.startswith("/storage/") else None
        if send_body:
            self.wfile.write(body[:cut])
        self.close_connection = cut is not None
