"""``qingliu simulate rooms``: lines with their truth, judged in process, sent to a server; wrong options refused."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from service.cli import simulate
from service.cli.app import app
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.engine import Engine

RUN = CliRunner()


def rooms(*options: str) -> list[dict[str, Any]]:
    done = RUN.invoke(app, ["simulate", "rooms", *options])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_play_is_lines_of_messages_with_their_truth() -> None:
    lines = rooms("--kind", "raid", "--kind", "ordinary", "--rooms", "2", "--minutes", "3", "--seed", "4")
    assert {line["room"] for line in lines} == {"sim-raid-0", "sim-ordinary-1"}
    assert {line["truth"]["what"] for line in lines if line["truth"]} <= {"raid", "flood"}
    times = [line["message"]["at"] for line in lines]
    assert times == sorted(times)


def test_a_play_is_judged_where_it_stands(shipped: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "open_engine", lambda *_: (shipped, None))
    lines = rooms("--kind", "overclaim", "--minutes", "4", "--judge")
    assert any(line.get("corrections") for line in lines)
    steps = [step for line in lines for step in line.get("steps", ())]
    assert any(step["advice"] == "warn_host" and step["reasons"] for step in steps)


class _Service(BaseHTTPRequestHandler):
    """Answers as the service does, and keeps what it was sent."""

    got: list[tuple[str, dict[str, Any], str | None]]
    status = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path, body, self.headers["Authorization"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps({"verdicts": len(body["messages"])}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(_Service, "got", [], raising=False)
    monkeypatch.setattr(_Service, "status", 200)
    service = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = Thread(target=service.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{service.server_port}"
    service.shutdown()
    thread.join()
    service.server_close()


def test_a_play_is_sent_to_a_server_in_order(server: str) -> None:
    answers = rooms("--kind", "ordinary", "--minutes", "1", "--server", server, "--key", "k1")
    sent = [message for _, body, _ in _Service.got for message in body["messages"]]
    assert sum(answer["verdicts"] for answer in answers) == len(sent) > 100
    assert [message["id"] for message in sent] == [f"sim-ordinary-0-{number}" for number in range(len(sent))]
    assert {(path, key) for path, _, key in _Service.got} == {("/v1/rooms/sim-ordinary-0/messages", "Bearer k1")}


def test_a_refusal_ends_the_play(server: str) -> None:
    _Service.status = 503
    done = RUN.invoke(app, ["simulate", "rooms", "--minutes", "0.2", "--server", server])
    assert done.exit_code == 1
    assert "503" in done.stderr


def test_a_server_that_is_no_address_is_refused() -> None:
    done = RUN.invoke(app, ["simulate", "rooms", "--minutes", "0.2", "--server", "somewhere"])
    assert done.exit_code == 2
    assert "--server" in done.stderr


def test_a_play_keeps_the_time_that_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(simulate, "sleep", waits.append)
    rooms("--kind", "ordinary", "--minutes", "0.2", "--speed", "0.5")
    assert waits
    assert max(waits) == pytest.approx(24, abs=2.5)


def test_the_help_names_the_port_that_a_service_listens_on():
    told = RUN.invoke(app, ["simulate", "rooms", "--help"]).stdout
    told = "".join(told.replace("│", "").split())
    assert f"http://127.0.0.1:{Settings.model_fields['port'].default}" in told


def test_a_grammar_that_cannot_be_read_is_named_with_the_reason(inside, tmp_path):
    wrong = tmp_path / "gram.toml"
    for data, told in (("[slots]\nodd = ['天']".encode("gbk"), "不是 UTF-8 编码"), (b"a = ", "不是合法的 TOML")):
        wrong.write_bytes(data)
        done = inside("simulate", "rooms", "--grammar", wrong)
        assert done.returncode == 2 and str(wrong) in done.stderr.decode() and told in done.stderr.decode()
        assert "codec" not in done.stderr.decode()
