"""A tenant's own lexicon over HTTP, and by the command line beside the server."""

from __future__ import annotations

import time

import orjson
import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.http.lexicon import MOST_BODY
from service.rights import Scope

HEADER = "@{kind}\n@owner t\n@source t\n@licence x\n@reviewed 2026-11-22\n{line}\n"


def file(line, *, name="own.txt", kind="category political_placeholder"):
    return {"name": name, "text": HEADER.format(kind=kind, line=line)}


@pytest.fixture
def house(server, request):
    """A tenant of the test's own: ``house("POST", path, body)`` calls with its admin key."""
    tenant = f"t-{abs(hash(request.node.name)):x}"
    _, key = server.within(server.service.keys.create(tenant, scope=Scope.ADMIN))

    def call(method, path, body=None, **headers):
        return server.call(method, path, body, key=key, **headers)

    call.tenant = tenant
    call.judge = lambda text: call("POST", "/v1/moderations", {"scene": "ugc", "text": text}).json
    return call


def test_a_lexicon_is_filed_listed_read_activated_and_taken_back(house, server):
    filed = house("POST", "/v1/lexicon", {"files": [file("某某词")], "note": "新品"}).json
    assert (filed["version"], filed["terms"], filed["note"], filed["active"]) == (1, 1, "新品", False)
    assert house.judge("某某词")["action"] == "pass"
    active = house("POST", "/v1/lexicon/activations", {"version": 1}).json
    told = house.judge("某某词")
    assert (told["action"], told["ruleset"]) == ("block", active["ruleset"])
    assert active == {
        "active": 1,
        "ruleset": f"{server.service.rules.engine.ruleset.fingerprint}+{filed['sha256'][:16]}",
    }
    assert told["evidence"][0]["rule"].startswith("own.political_placeholder.")
    assert told["evidence"][0]["why"].startswith("租户自有词库：")
    second = house("POST", "/v1/lexicon", {"files": [file("别的词")], "activate": True}).json
    assert (second["version"], second["active"]) == (2, True)
    assert (house.judge("某某词")["action"], house.judge("别的词")["action"]) == ("pass", "block")
    listed = house("GET", "/v1/lexicon").json
    assert (listed["active"], [(v["version"], v["active"]) for v in listed["versions"]]) == (2, [(2, True), (1, False)])
    assert house("GET", "/v1/lexicon/versions/1").json == {"version": 1, "files": [file("某某词")]}
    house("POST", "/v1/lexicon/activations", {"version": 1})
    assert house.judge("某某词")["action"] == "block"
    house("POST", "/v1/lexicon/activations", {"version": 0})
    assert house.judge("某某词")["ruleset"] == server.service.rules.engine.ruleset.fingerprint


def test_an_allow_file_forgives_what_all_ban(house):
    allowed = file("国家级玫瑰谷", name="allow.txt", kind="allow *")
    house("POST", "/v1/lexicon", {"files": [allowed], "activate": True})
    told = house("POST", "/v1/moderations", {"scene": "ad", "text": "欢迎来国家级玫瑰谷"}).json
    assert (told["action"], told["exemptions"][0]["reason"]) == ("pass", "租户自有词库：属于允许词的一部分")


def test_another_tenant_neither_sees_nor_feels_it(house, server):
    house("POST", "/v1/lexicon", {"files": [file("某某词")], "activate": True})
    _, other = server.within(server.service.keys.create("stranger", scope=Scope.ADMIN))
    assert server.call("GET", "/v1/lexicon", key=other).json["versions"] == []
    assert server.call("GET", "/v1/lexicon/versions/1", key=other).status == 404
    reply = server.call("POST", "/v1/lexicon/activations", {"version": 1}, key=other)
    assert (reply.problem, reply.faults) == ("invalid-body", {"version": "unknown_version"})
    assert server.judge("某某词", scene="ugc").json["action"] == "pass"


def test_what_is_wrong_is_named_by_file_and_line(house):
    reply = house(
        "POST", "/v1/lexicon", {"files": [file("好词"), file("某某 | x: 1", name="b.txt")]}, Accept_Language="en"
    )
    assert (reply.status, reply.problem) == (422, "invalid-body")
    [error] = reply.json["errors"]
    assert (error["loc"], error["type"]) == (["files", 1, "text", 6], "lexicon_line")
    assert error["msg"].startswith("b.txt:6: unknown option 'x'")
    reply = house("POST", "/v1/lexicon", {"files": [file("某某 | x: 1", name="b.txt")]})
    assert reply.json["errors"][0]["msg"].startswith("b.txt 第 6 行：未知的选项“x”；已知的有 anchor")
    assert house("GET", "/v1/lexicon").json["versions"] == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"files": "missing"}),
        ({"files": []}, {"files": "too_short"}),
        ({"files": [file("某某词"), file("别的词")]}, {"files": "file_names"}),
        ({"files": [file("某某词", name="../x.txt")]}, {"files.0.text.1": "lexicon_line"}),
        ({"files": [file("某某词\0")]}, {"files.0.text": "nul"}),
        ({"files": [file("某某词")], "note": "a\nb"}, {"note": "not_printable"}),
        ({"files": [file("某某词")], "note": "x" * 201}, {"note": "string_too_long"}),
        ({"files": [file("某某词")], "more": 1}, {"more": "extra_forbidden"}),
        ({"files": [file("啊" * 700_000)]}, {"files.0.text.1": "lexicon_line"}),
    ],
)
def test_a_body_that_is_no_lexicon_names_its_fields(house, body, faults):
    reply = house("POST", "/v1/lexicon", body)
    assert (reply.status, reply.faults) == (422, faults)
    assert "{" not in "".join(error["msg"] for error in reply.json["errors"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [({"version": 7}, "unknown_version"), ({"version": -1}, "greater_than_equal"), ({"version": "1"}, "int_type"),
     ({"version": 2**31}, "less_than_equal")],
)  # fmt: skip
def test_a_version_that_is_none_is_refused(house, body, kind):
    reply = house("POST", "/v1/lexicon/activations", body)
    assert (reply.status, reply.faults) == (422, {"version": kind})
    assert "{" not in reply.json["errors"][0]["msg"]


@pytest.mark.parametrize("version", ["0", "x", "-1", "99999999999999999999", "%E4%B8%80", "01", "5", "%D9%A1"])
def test_a_version_that_is_none_is_not_found(house, version):
    assert house("GET", f"/v1/lexicon/versions/{version}").status == 404


def test_a_body_beyond_all_lexicons_is_not_read(house):
    assert house("POST", "/v1/lexicon", b"x" * (MOST_BODY + 1)).status == 413


@pytest.fixture
def beside(server):
    """Runs the command line on the running server's data: ``beside("list", "--json")``."""

    def run(*words):
        command = ["tenant", "lexicon", *map(str, words), "--data", str(server.settings.data)]
        return CliRunner().invoke(app, command, env={"QINGLIU_LEXICONS": str(server.settings.lexicons)})

    return run


def test_one_command_brings_an_old_version_back_while_the_server_runs(house, beside, tmp_path):
    for word in ("某某词", "别的词"):
        path = tmp_path / "own.txt"
        path.write_text(file(word)["text"], encoding="utf-8")
        done = beside("put", path, "--tenant", house.tenant, "--activate", "--json")
        assert done.exit_code == 0, done.stderr
    assert orjson.loads(done.stdout)["version"] == 2
    time.sleep(1)
    assert (house.judge("某某词")["action"], house.judge("别的词")["action"]) == ("pass", "block")
    done = beside("rollback", "--tenant", house.tenant)
    assert (done.exit_code, done.stdout.strip()) == (0, f"租户 {house.tenant} 现用版本 1")
    time.sleep(1)
    assert (house.judge("某某词")["action"], house.judge("别的词")["action"]) == ("block", "pass")
    listed = house("GET", "/v1/lexicon").json
    assert (listed["active"], {version["by"] for version in listed["versions"]}) == (1, {"cli"})


def test_the_command_line_tells_what_is_wrong_and_changes_nothing(house, beside, tmp_path):
    path = tmp_path / "own.txt"
    path.write_text(file("某")["text"], encoding="utf-8")
    done = beside("put", path, "--tenant", house.tenant)
    assert (done.exit_code, done.stderr.splitlines()[0][:10]) == (1, "own.txt:6:")
    for words, said, code in (
        (("activate", 3, "--tenant", house.tenant), "没有这个版本", 1),
        (("list", "--tenant", "nobody"), "没有租户", 1),
        (("put", tmp_path / "none.txt", "--tenant", house.tenant), "无法读取", 2),
    ):
        done = beside(*words)
        assert (done.exit_code, said in done.stderr) == (code, True)
    done = beside("list", "--tenant", house.tenant, "--json")
    assert orjson.loads(done.stdout) == {"tenant": house.tenant, "active": 0, "versions": []}
