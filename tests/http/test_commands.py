"""The commands that run a service, by the real command line: serve, reload, key, demo."""

from __future__ import annotations

import gc
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from errno import ENOSPC
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from typer.testing import CliRunner

from service.cli import demo_day
from service.cli.app import app
from service.cli.serve import set_aside
from service.running import AlreadyRunning, claim, running
from service.settings import unknown_in

open_url = build_opener(ProxyHandler({})).open


@pytest.fixture
def house(tmp_path, lexicons, monkeypatch):
    """A working directory with rules of its own; every setting comes from the environment."""
    shutil.copytree(lexicons, tmp_path / "lexicons")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QINGLIU_LEXICONS", str(tmp_path / "lexicons"))
    monkeypatch.setenv("QINGLIU_EXPERT", "off")
    monkeypatch.delenv("QINGLIU_CHROMIUM", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return tmp_path


def qingliu(*arguments):
    return CliRunner().invoke(app, arguments)


@contextmanager
def started(*arguments):
    """The command in a process of its own; killed at the end if the test did not end it."""
    with Path("log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", *arguments], stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def events():
    """What the command logged until now, but for requests."""
    lines = [json.loads(line) for line in Path("log").read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["event"] != "request"]


def wait_for(event, *, patience=30.0):
    until = time.monotonic() + patience
    while all(line["event"] != event for line in events()):
        assert time.monotonic() < until, events()
        time.sleep(0.05)


def address(house, process):
    """Where a service listens that was started: known once it does, unless its process ends before."""
    while process.poll() is None:
        found = running(house / "data" / "qingliu.pid")
        if found and found.url:
            return found.url
        time.sleep(0.05)
    raise AssertionError(Path("log").read_text(encoding="utf-8"))


def fetch(url, key=None, body=None):
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        with open_url(Request(url, body and json.dumps(body).encode(), headers), timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


def add_term(house, line):
    with (house / "lexicons" / "ad_law" / "absolute_claim.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def test_a_service_from_start_to_end(house):
    with started("serve", "--port", "0") as process:
        while not running(house / "data" / "qingliu.pid"):
            assert process.poll() is None, Path("log").read_text(encoding="utf-8")
            time.sleep(0.01)
        process.send_signal(signal.SIGHUP)  # a reload that is asked for at the start follows it
        url = address(house, process)
        wait_for("rules reloaded")
        made = qingliu("key", "create", "--tenant", "shop", "--json")
        assert made.exit_code == 0, made.output
        key = json.loads(made.stdout)
        judge = f"{url}/v1/moderations"
        text = {"scene": "ad", "text": "本店天下无双"}
        assert fetch(judge, key["secret"], text)[1]["action"] == "pass"

        second = qingliu("serve", "--port", "0")
        assert second.exit_code == 1
        assert str(process.pid) in second.stderr

        before = fetch(f"{url}/readyz")[1]["ruleset"]
        add_term(house, "天下无双 | sevrity: 3")
        refused = qingliu("reload")
        assert refused.exit_code == 1
        assert re.search(r"ad_law/absolute_claim\.txt:\d+: ", refused.output)
        os.kill(process.pid, signal.SIGHUP)
        wait_for("reload refused, the old rules stay")
        assert fetch(f"{url}/readyz")[1]["ruleset"] == before

        terms = house / "lexicons" / "ad_law" / "absolute_claim.txt"
        terms.write_text(terms.read_text(encoding="utf-8").replace(" | sevrity: 3", ""), encoding="utf-8")
        done = qingliu("reload", "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == {"pid": process.pid, "ruleset": fetch(f"{url}/readyz")[1]["ruleset"]}
        assert fetch(judge, key["secret"], text)[1]["action"] == "block"

        assert qingliu("key", "revoke", key["key_id"]).exit_code == 0
        time.sleep(1)
        assert fetch(judge, key["secret"], text)[0] == 401

        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert [line["event"] for line in events()] == [
            "listening",
            "rules reloaded",
            "rules refused",
            "reload refused, the old rules stay",
            "rules reloaded",
            "stopping",
            "stopped",
        ]
        refusal = next(line for line in events() if line["event"] == "rules refused")
        assert refusal["file"] == "ad_law/absolute_claim.txt"
        assert refusal["line"] > 0
        assert "sevrity" in refusal["reason"]
    assert running(house / "data" / "qingliu.pid") is None


def until_told_to_leave(url):
    """Asks one thing after the other on one connection; whether each was answered until an answer said to leave."""
    client = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    with closing(client):
        while True:
            client.request("GET", "/healthz")
            answer = client.getresponse()
            answer.read()
            if answer.getheader("Connection") == "close":
                return answer.status == 200


def test_what_is_under_way_is_answered_before_the_end(house):
    with started("serve", "--port", "0") as process:
        url = address(house, process)
        secret = json.loads(qingliu("key", "create", "--json").stdout)["secret"]
        body = b'{"scene":"ad","text":"x"}'
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
            head = f"POST /v1/moderations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:5])
            with ThreadPoolExecutor(1) as busy:
                asked = busy.submit(until_told_to_leave, url)
                time.sleep(0.3)
                process.send_signal(signal.SIGTERM)
                assert asked.result(20)
            process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            connection.sendall(body[5:])
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"\r\nConnection: close\r\n" in answer
        assert process.wait(20) == 0


def test_a_service_that_cannot_start_says_why(house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        reply = qingliu("serve", "--port", str(port))
        assert reply.exit_code == 1
        assert f"无法在 127.0.0.1:{port} 提供服务：" in reply.output
    unknown = qingliu("serve", "--host", "nowhere.invalid", "--port", "0")
    assert (unknown.exit_code, "提供服务：主机名无法解析" in unknown.output) == (1, True)
    add_term(house, "最")
    broken = qingliu("serve", "--port", "0")
    assert broken.exit_code == 1
    assert "ad_law/absolute_claim.txt:" in broken.output
    assert qingliu("serve", "--port", "70000").exit_code == 1
    with claim(house / "data" / "qingliu.pid"):
        assert qingliu("serve", "--port", "0").exit_code == 1


def test_a_full_disk_is_not_taken_for_an_address_that_cannot_be_had(house, monkeypatch):
    def full(*_, **__):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("service.cli.serve.open_service", full)
    reply = qingliu("serve", "--port", "0")
    assert (reply.exit_code, reply.output) == (1, "无法使用 data，拒绝启动：磁盘已满\n")


def lacking(name):
    def harm(data):
        (data / name).unlink()

    return harm


def newer(data):
    database = sqlite3.connect(data / "qingliu.db")
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()


def damaged(data):
    (data / "qingliu.db").write_bytes(b"no database " * 99)


def short(data):
    (data / "audit.key").write_bytes(b"short")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (newer, "由更新的版本写过"),
        (damaged, "已损坏，请由备份恢复"),
        (lacking("secret"), "请放回备份的密钥"),
        (lacking("audit.key"), "请放回备份的密钥"),
        (short, "audit.key 须为 32 字节"),
    ],
)
def test_data_that_cannot_be_used_are_told_of_in_one_line(house, harm, said):
    assert qingliu("key", "create").exit_code == 0
    assert qingliu("audit", "key").exit_code == 0
    harm(house / "data")
    for command in (("audit", "key"), ("serve", "--port", "0")):
        reply = qingliu(*command)
        assert reply.exit_code == 1, reply.output
        assert said in reply.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (newer, "was written by a newer version"),
        (damaged, "go back to a backup (qingliu restore)"),
        (lacking("secret"), "put back the key that was backed up"),
        (short, "audit.key has to have 32 bytes"),
    ],
)
def test_who_reads_english_is_told_of_it_in_english(house, harm, said):
    assert qingliu("audit", "key").exit_code == 1
    assert qingliu("key", "create").exit_code == 0
    assert qingliu("audit", "key").exit_code == 0
    harm(house / "data")
    reply = qingliu("audit", "key", "--lang", "en")
    assert (reply.exit_code, said in reply.output, reply.output.isascii()) == (1, True, True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "x", "设置有误：port：应为整数"),
        ("SECRET", "x", "设置有误：secret：应为 64 个十六进制数字"),
        ("LEXICONS", "/nowhere", "设置有误：lexicons：没有这个目录"),
        ("REVIEW_DUE", "x", "设置有误：应为 JSON"),
        ("AUDIT_WITNESSES", '["x"]', "audit_witnesses：x"),
    ],
)
def test_a_wrong_setting_is_told_of_in_one_line(house, monkeypatch, name, value, said):
    assert qingliu("key", "create").exit_code == 0
    monkeypatch.setenv(f"QINGLIU_{name}", value)
    reply = qingliu("audit", "key")
    assert reply.exit_code == 1, reply.output
    assert said in reply.output


def test_a_broken_file_of_settings_is_told_of_in_one_line(house):
    (house / "qingliu.toml").write_text('port = "x\n', encoding="utf-8")
    reply = qingliu("key", "list")
    assert reply.exit_code == 1, reply.output
    assert "设置文件不是合法的 TOML" in reply.output


def test_a_slip_in_the_name_of_a_setting_is_seen():
    told = ["QINGLIU_SEAL_CONTENT", "QINGLIU_PORT", "qingliu_host", "PATH", "QINGLIU_LANG"]
    assert unknown_in(told) == {"QINGLIU_SEAL_CONTENT"}


def test_reload_needs_a_running_service(house):
    reply = qingliu("reload")
    assert reply.exit_code == 1
    assert "没有运行中的服务" in reply.output


def test_a_service_that_is_only_starting_is_not_signalled(house):
    with claim(house / "data" / "qingliu.pid"):
        reply = qingliu("reload")
    assert reply.exit_code == 1
    assert "正在启动" in reply.output


def test_what_is_loaded_to_stay_is_not_collected_again():
    try:
        set_aside()
        began = time.perf_counter()
        gc.collect()
        assert time.perf_counter() - began < 0.005
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


def test_a_dead_services_file_does_not_pass_for_a_service(tmp_path):
    file = tmp_path / "qingliu.pid"
    file.write_text(f"{os.getpid()}\nhttp://127.0.0.1:1\n", encoding="ascii")
    assert running(file) is None
    with claim(file) as note:
        assert running(file).pid == os.getpid()
        note("http://127.0.0.1:2")
        assert running(file).url == "http://127.0.0.1:2"
        with pytest.raises(AlreadyRunning, match=r"127\.0\.0\.1:2"), claim(file):
            pass
    assert running(file) is None


def test_keys_are_made_listed_and_revoked(house):
    made = qingliu("key", "create", "--tenant", "shop", "--label", "网站")
    assert made.exit_code == 0, made.output
    secret = made.stdout.split()[-1]
    assert secret.startswith("ql_")
    listed = json.loads(qingliu("key", "list", "--json").stdout)
    assert [(key["tenant"], key["label"], key["revoked_at"]) for key in listed] == [("shop", "网站", None)]
    table = qingliu("key", "list").stdout
    assert "网站" in table
    assert secret not in table
    assert json.loads(qingliu("key", "revoke", listed[0]["key_id"], "--json").stdout)["revoked"] is True
    again = qingliu("key", "revoke", listed[0]["key_id"])
    assert again.exit_code == 1
    assert json.loads(qingliu("key", "list", "--json").stdout)[0]["revoked_at"]
    assert qingliu("key", "create", "--tenant", "Not A Tenant").exit_code == 1
    slip = qingliu("key", "create", "--tenant", "shpo")
    assert (slip.exit_code, "没有租户 shpo（最接近的：shop）" in slip.output) == (1, True)
    assert qingliu("key", "create", "--tenant", "rival", "--new").exit_code == 0
    assert qingliu("key", "create", "--tenant", "rival").exit_code == 0
    tenants = {key["tenant"] for key in json.loads(qingliu("key", "list", "--json").stdout)}
    assert tenants == {"shop", "rival"}


def test_a_demo_without_serving_prints_its_summary_and_ends(house):
    reply = qingliu("demo", "--no-serve")
    assert reply.exit_code == 0, reply.output
    assert re.search(r"合计\s+│\s+4\d\d ", reply.output)
    assert "出错 0 条" in reply.output
    assert "live_speech" in reply.output
    again = qingliu("demo", "--no-serve")
    assert again.exit_code == 0, again.output
    assert qingliu("demo", "--reset").exit_code == 0
    assert not (house / "data" / "demo").exists()


async def test_the_people_of_a_demo_leave_appeals_to_people(monkeypatch):
    asked = []

    async def noted(_client, *given):
        asked.append(given)
        return {"items": [], "id": ""}

    async def nothing(*_given):
        return []

    for name in ("ask", "post", "file", "signed_in"):
        monkeypatch.setattr(demo_day._Client, name, noted)
    monkeypatch.setattr(demo_day._Client, "live", nothing)
    monkeypatch.setattr(demo_day, "aired", nothing)
    await demo_day.worked(demo_day.Desk("", "", "demo", ()), [])
    claims = [given[2] for given in asked if "claim" in given]
    assert claims[-1]["kinds"] == ["content", "report", "complaint"]


def test_a_demo_serves_until_interrupted(house):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started("demo", "--port", str(port)) as process:
        seen = ""
        while "qingliu demo --reset" not in seen:
            line = process.stdout.readline()
            assert line, Path("log").read_text(encoding="utf-8")
            seen += line
        curl = seen[seen.index("curl ") : seen.index("日志在")]
        url, secret, body = re.search(r"(http\S+) .*Bearer (ql_\S+)'.*-d '(.+?)'", curl, re.DOTALL).groups()
        status, told = fetch(url, secret, json.loads(body))
        assert (status, told["action"]) == (200, "block")
        assert qingliu("demo", "--reset").exit_code == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert qingliu("demo", "--reset").exit_code == 0
