"""The log of acts as auditors read it: every kind and every fact has a word, and no code or cut-off value is shown."""

from __future__ import annotations

import re

import pytest

from service import acts
from service.http.html import WORDS
from service.http.told_acts import SORTS
from service.plan import Happening
from service.review.states import Step
from service.rights import Role
from tests.http.test_console import shown

KINDS = sorted(
    {
        told
        for name, told in vars(acts).items()
        if name.isupper() and isinstance(told, str) and re.fullmatch(r"[a-z]+\.[a-z_]+", told)
    }
    | {step.act for step in Step}
)
TOLD = re.compile(r'<span class="fact">(.*?)</span>', re.DOTALL)


@pytest.fixture(scope="module")
def auditor(server):
    return server.hire("acts-auditor", Role.AUDITOR)


def test_events_of_rooms_are_told_in_words(server, auditor):
    facts = {"advice": "warn_host", "level": "amber", "on": True}
    ruled = {"message": "m", "decision": "d", "action": "pass", "by": "deadline"}
    for kind, told in (("advice", facts), ("ruling", ruled)):
        server.within(server.service.rooms.tell("shop", "acts-room", Happening(kind, told)))
    page = shown(auditor.call("GET", "/audit?kind=room.event&named=acts-room"))
    rows = re.sub(r"<[^>]+>", "", page.partition("<tbody>")[2].partition("</tbody>")[0])
    assert "超时处理" in rows and "处置 通过" in rows and "建议 应提醒主播" in rows and "级别 中" in rows
    assert not re.search(r"\b(advice|ruling|amber|deadline|told)\b", rows)


@pytest.fixture(scope="module")
def busy(server):
    """A house where something of most sorts happened."""
    server.judge("全网第一", content_id="told/1", creator_id="told")
    report = {"content_id": "told/1", "reporter_id": "r", "reason": "absolute_claim"}
    assert server.call("POST", "/v1/reports", report).status == 200
    senior = server.hire("acts-senior", Role.SENIOR)
    item = next(
        one
        for one in senior.call("POST", "/v1/reviews/claim", {"limit": 50}).json["items"]
        if one["content_id"] == "told/1"
    )
    block = {"token": item["token"], "action": "block", "reasons": [{"category": "absolute_claim"}]}
    assert senior.call("POST", f"/v1/reviews/{item['id']}/decision", block).status == 200
    return senior


def test_there_is_a_word_for_every_kind_and_a_filter_for_every_sort():
    for lang in WORDS:
        assert [kind for kind in KINDS if f"act.{kind}" not in WORDS[lang]] == []
        assert [sort for sort in SORTS if f"acts.{sort}" not in WORDS[lang]] == []
    assert {f"{kind.partition('.')[0]}.*" for kind in KINDS} == set(SORTS)


def test_the_log_is_told_in_words(server, auditor, busy):
    page = shown(auditor.call("GET", "/audit"))
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    facts = [re.sub(r"<[^>]+>", "", one) for one in TOLD.findall(rows)]
    assert "场景 广告" in facts and "种类 举报" in facts and "理由 绝对化用语" in facts
    assert [one for one in facts if re.match(r"[a-z_]+ ", one)] == [], "a fact without a name"
    assert f">{busy.name}</bdi>" in rows and f">{busy.id}<" not in rows
    superseded = next(row for row in rows.split("<tr>") if WORDS["zh"]["act.decision.superseded"] in row)
    by = superseded.split("<td>")[3].partition("</td>")[0]
    assert not re.search(r"[0-9a-f]{8}-", by) and "被此决定取代" in superseded


def test_a_narrowed_log_names_what_it_is_narrowed_to(auditor, busy):
    page = shown(auditor.call("GET", "/audit?kind=report.filed"))
    assert 'value="report.filed" selected>收到举报或投诉<' in page
    assert 'value="measure.*"' in page and WORDS["zh"]["acts.measure.*"] in page


def test_a_key_is_called_by_its_label_and_never_like_a_person(server, auditor, busy):
    key, secret = server.within(server.service.keys.create("shop", label=busy.name))
    filed = server.call("POST", "/v1/scripts", {"title": "专场", "text": "大家好"}, key=secret).json
    called = f"密钥「{busy.name}」"
    log = shown(auditor.call("GET", "/audit?kind=script.*")).partition("<tbody>")[2]
    assert f'title="{key}"' in log and f">{called}</bdi>" in log and f">{key}<" not in log
    script = shown(auditor.call("GET", f"/scripts/{filed['script_id']}"))
    assert f">{called}</bdi>" in script and key not in script


def test_a_kind_that_no_act_has_is_told_and_no_empty_list(auditor):
    for kind in ("decison.auto", "decisions.*", "decision"):
        refused = auditor.call("GET", f"/v1/acts?kind={kind}")
        assert refused.status == 422
        assert [error["loc"] for error in refused.json["errors"]] == [["kind"]]
    assert auditor.call("GET", "/v1/acts?kind=decision.*").status == 200
