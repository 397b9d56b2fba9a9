"""Receivers of notifications as a process of their own: HTTP webhooks and a mail server.

    python -m tests.watch.sink FOLDER

Prints its two ports, then takes what comes. Each thing received is a line of ``received.jsonl``,
written before it is answered. ``answer`` in the folder, where it exists, is the HTTP status of all
answers; ``slow``, the seconds before each.
"""

import json
import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Sink:
    """A running sink: its ports, and what it has received."""

    folder: Path
    http: int
    smtp: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the studio's catalogue names, all but leadership's."""
        mail = "from=watch@example.com&to=team@example.com&mode=insecure"
        webhook = f"json://127.0.0.1:{self.http}"
        return {
            "STUDIO_ON_CALL_URL": f"{webhook}/on_call",
            "STUDIO_ALERTS_URL": f"{webhook}/studio_alerts",
            "STUDIO_ENG_URL": f"{webhook}/studio_eng",
            "STUDIO_ENGINEERING_URL": f"mailto://127.0.0.1:{self.smtp}/?{mail}",
            "STUDIO_JIRA_URL": f"http://127.0.0.1:{self.http}/jira",
        }

    def received(self) -> list[dict[str, Any]]:
        """What came: ``path``, ``body`` and ``key`` of webhooks, ``to`` and ``text`` of mails."""
        path = self.folder / "received.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def titles(self) -> list[str]:
        """Where each message went and what its title was, in order."""
        return [f"{_place(it)}: {_title(it)}" for it in self.received()]

    def forget(self) -> None:
        """Begin anew."""
        for name in ("received.jsonl", "answer", "slow"):
            (self.folder / name).unlink(missing_ok=True)

    def answer(self, status: int) -> None:
        """Answer all that comes with this status."""
        (self.folder / "answer").write_text(str(status))


def _place(received: dict[str, Any]) -> str:
    return str(received["path"])[1:] if "path" in received else "mail"


def _title(received: dict[str, Any]) -> str:
    if "text" in received:
        return str(message_from_string(received["text"])["Subject"])
    body = received["body"]
    if "event_action" in body:  # a pager's
        summary = body["payload"]["summary"] if "payload" in body else body["dedup_key"]
        return f"{body['event_action']} {summary.splitlines()[0]}"
    return str(body["fields"]["summary"] if "fields" in body else body["title"])


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """Run a sink until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.watch.sink", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        http, smtp = process.stdout.readline().split()
        yield Sink(folder, int(http), int(smtp))
    finally:
        process.kill()
        process.communicate()


def _serve(folder: Path) -> None:
    lock = threading.Lock()

    def keep(entry: dict[str, object]) -> None:
        with lock, (folder / "received.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = int(_said(folder, "answer", "200"))
            if status == 200:
                key = self.headers["Idempotency-Key"]
                keep({"path": self.path, "body": json.loads(body), "key": key})
            time.sleep(float(_said(folder, "slow", "0")))
            answer = b'{"requestId": "1"}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            to: list[str] = []
            while line := self.rfile.readline().decode().strip():
                word = line.upper()
                if word.startswith("RCPT TO:"):
                    to.append(line[8:].strip().strip("<>"))
                if word == "DATA":
                    self.wfile.write(b"354 go on\r\n")
                    keep({"to": to, "text": self._text()})
                self.wfile.write(b"221 bye\r\n" if word == "QUIT" else b"250 ok\r\n")
                if word == "QUIT":
                    return

        def _text(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    smtp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)
    threading.Thread(target=smtp.serve_forever, daemon=True).start()
    print(http.server_port, smtp.server_address[1], flush=True)
    http.serve_forever()


def _said(folder: Path, name: str, otherwise: str) -> str:
    try:
        return (folder / name).read_text() or otherwise
    except OSError:
        return otherwise


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
