"""``qingliu user`` beside a running service: what it changes holds there for the very next request."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.rights import Role
from tests.http.conftest import PASSWORD, Browser
from tests.small import cheap_passwords


@pytest.fixture
def beside(serving, monkeypatch):
    """A running service, and the command on its data."""
    with serving() as server, cheap_passwords():

        def qingliu(*arguments, **more):
            return CliRunner().invoke(app, ["user", *arguments, "--data", str(server.settings.data)], **more)

        yield server, qingliu


def test_a_random_password_is_shown_once_and_signs_in(beside):
    server, qingliu = beside
    made = qingliu("create", "Li", "--tenant", "shop", "--role", "senior")
    assert made.exit_code == 0, made.output
    password = made.stdout.split()[-1]
    listed = json.loads(qingliu("list", "--tenant", "shop", "--json").stdout)
    assert [(user["name"], user["role"], user["disabled_at"]) for user in listed] == [("li", "senior", None)]
    li = Browser(server, "shop", listed[0]["id"], "li").sign_in(password)
    assert li.call("GET", "/v1/sessions/current").json["user"]["role"] == "senior"
    table = qingliu("list", "--tenant", "shop").stdout
    assert "senior" in table and password not in table


def test_what_is_changed_ends_sessions_at_once(beside):
    server, qingliu = beside
    li = server.hire("li", Role.REVIEWER)
    for arguments in (["role", "li", "senior"], ["disable", "li"], ["password", "li", "--password", PASSWORD]):
        done = qingliu(*arguments, "--tenant", "shop", "--json")
        assert done.exit_code == 0, done.output
        assert "password" not in json.loads(done.stdout)
        assert li.call("GET", "/v1/sessions/current").status == 401
        assert qingliu("enable", "LI", "--tenant", "shop", "--lang", "en").stdout.endswith("state: active\n")
        li.sign_in()
    assert li.call("GET", "/v1/sessions/current").json["user"]["role"] == "senior"


def test_a_password_is_read_from_a_pipe(beside):
    server, qingliu = beside
    made = qingliu("create", "li", "--tenant", "shop", "--password", "-", "--json", input=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert "password" not in told
    Browser(server, "shop", told["id"], "li").sign_in()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "an"], "已有用户 an"),
        (["create", "a b"], "用户名：1 到 64 个字符"),
        (["create", "bo", "--password", "short"], "密码：至少 12 个字符"),
        (["create", "bo", "--password", "short", "--lang", "en"], "the password: must have at least 12 characters"),
        (["disable", "nobody"], "没有用户 nobody"),
        (["role", "an\u200b", "senior"], "用户名"),
    ],
)
def test_what_cannot_be_done_says_why(beside, arguments, said):
    _, qingliu = beside
    assert qingliu("create", "an", "--tenant", "shop").exit_code == 0
    reply = qingliu(*arguments, "--tenant", "shop")
    assert reply.exit_code == 1
    assert said in reply.output


def test_a_tenant_that_may_not_be_one_is_refused(beside):
    _, qingliu = beside
    reply = qingliu("create", "an", "--tenant", "Not A Tenant")
    assert reply.exit_code == 1 and "tenant" in reply.output
    reply = qingliu("create", "an", "--tenant", "shpo")
    assert reply.exit_code == 1 and "没有租户 shpo（见 qingliu key create）" in reply.output
    assert qingliu("create", "an").exit_code == 0


def test_the_last_admin_may_be_disabled_by_the_operator(beside):
    server, qingliu = beside
    server.hire("boss", Role.ADMIN)
    assert qingliu("disable", "boss", "--tenant", "shop").exit_code == 0
