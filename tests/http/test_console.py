"""The console without a browser: every page answers, under its policy, in both languages; views; static files."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from moderation.detect.terms import REPEATED
from service.http import html, pages_live
from service.http.console import SECTIONS, safe_next
from service.http.html import WORDS
from service.rights import Role
from service.views import MOST_VIEWS

TEMPLATES = Path(html.__file__).with_name("templates")
HOSTILE = "<script>1</script>\u202e"


@pytest.fixture(scope="module")
def admin(server):
    return server.hire("console-admin", Role.ADMIN)


@pytest.fixture(scope="module")
def item(server):
    """The item of a reported content, hostile in all its fields."""
    body = {
        "scene": "ad",
        "text": f"国家级{HOSTILE}",
        "content_id": "console",
        "creator_id": HOSTILE,
        "industry": HOSTILE,
    }
    assert server.call("POST", "/v1/moderations", body).status == 200
    report = {"content_id": "console", "reporter_id": HOSTILE, "reason": "other", "detail": HOSTILE}
    return server.call("POST", "/v1/reports", report).json["review"]


def shown(reply, status=200):
    """The page, which came under a policy without exceptions and holds nothing that runs."""
    assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "report-uri /csp" in policy
    page = reply.body.decode()
    assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|\sstyle=|javascript:", page)
    assert "\u202e" not in page
    return page


PATHS = [place.path for places in SECTIONS.values() for place in places]


@pytest.mark.parametrize("path", [*PATHS, "/contents/console", "/contents?id=console"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_answers_in_both_languages(admin, item, path, lang):
    page = shown(admin.call("GET", path, Cookie=f"lang={lang}; __Host-qingliu={admin.cookies['__Host-qingliu']}"))
    assert ('lang="en"' in page.partition(">")[2][:40]) == (lang == "en")
    assert WORDS[lang]["nav.queue"] in page


def test_an_item_shows_what_hides_and_runs_nothing(admin, item):
    for path in (f"/desk/{item}", f"/items/{item}", f"/?item={item}", "/contents/console", "/search?text=script"):
        page = shown(admin.call("GET", path))
        if "/desk" in path or "contents" in path:
            assert "&lt;script&gt;" in page and "U+202E" in page
    assert "suggestion" in shown(admin.call("GET", f"/items/{item}"))
    shown(admin.call("GET", f"/desk/{item}/suggestion"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_text_says_where_its_marks_end_when_not_all_is_marked(server, admin, lang):
    text = f"{'全网第一的拐杖。' * 60}国家级。"
    told = server.judge(text, content_id="long", scene="ad").json
    assert told["matches_truncated"] > 0 and any(one["text"] == "国家级" for one in told["evidence"])
    report = {"content_id": "long", "reporter_id": "r1", "reason": "other"}
    review = server.call("POST", "/v1/reports", report).json["review"]
    cookie = f"lang={lang}; __Host-qingliu={admin.cookies['__Host-qingliu']}"
    gaps = {"end": (REPEATED - 1) * len("全网第一的拐杖。") + len("全网第一"), "all": len(text)}
    says = [
        WORDS[lang]["item.unmarked"].format(n=told["matches_truncated"]),
        WORDS[lang]["item.marks_end"].format_map(gaps),
    ]
    server.within(server.service.audit.log.checkpoint())
    for path in (f"/desk/{review}", f"/items/{review}", "/contents/long", f"/audit/decisions/{told['id']}"):
        page = shown(admin.call("GET", path, Cookie=cookie))
        assert all(one in page for one in says), path
    tried = admin.call("POST", "/try/verdict", {"scene": "ad", "text": text}, Cookie=cookie)
    assert all(one in shown(tried) for one in says)
    server.judge("全网第一的拐杖。", content_id="short", scene="ad")
    page = shown(admin.call("GET", "/contents/short", Cookie=cookie))
    assert re.search(WORDS[lang]["item.marks_end"].format(end=r"[\d,]+", all=r"[\d,]+"), page) is None


def test_a_finding_within_another_one_shows():
    whole, within, same = ({"part": "text", "start": start, "end": end} for start, end in ((0, 9), (3, 5), (3, 5)))
    shown_as = [
        html.innermost(one.marks, [whole, within, same])
        for one in html.marked("原价今天仓库清空了", "text", [whole, within, same])
    ]
    assert [found is within for found in shown_as] == [False, True, False]


def test_who_only_reads_is_shown_the_queue_and_items_without_acts(server, item):
    auditor = server.hire("console-auditor", Role.AUDITOR)
    queue = shown(auditor.call("GET", "/"))
    assert 'id="rows"' in queue and 'name="holder"' not in queue
    assert f'<a href="/queue" aria-current="page">{WORDS["zh"]["nav.queue"]}' in queue
    assert 'data-act="pass"' not in shown(auditor.call("GET", f"/?item={item}"))


@pytest.mark.parametrize(
    ("path", "section", "place"),
    [
        ("/contents/console", "review", "search"),
        ("/items/{item}", "review", "queue"),
        ("/scripts/none", "rooms", "scripts"),
        ("/exports", "record", "exports"),
    ],
)
def test_every_page_is_marked_in_both_rows_of_the_bar(admin, item, path, section, place):
    reply = admin.call("GET", path.format(item=item), Accept="text/html")
    marked = re.findall(r'<a href="[^"]*" aria-current="(true|page)">([^<]+)', shown(reply, reply.status))
    words = WORDS["zh"]
    assert marked == [("true", words[f"section.{section}"]), ("page", words[f"nav.{place}"])]


def test_a_text_is_judged_and_not_filed(server, admin):
    before = server.within(server.service.desk_reads.last_content())
    page = shown(admin.call("POST", "/try/verdict", {"scene": "ad", "text": "国家级面霜"}))
    assert "<mark" in page
    shown(admin.call("POST", "/try/rewrite", {"scene": "ad", "text": "国家级面霜"}))
    assert admin.call("POST", "/try/verdict", {"scene": "ad"}).problem == "invalid-body"
    assert server.within(server.service.desk_reads.last_content()) == before


def test_what_is_refused_is_told_as_a_page_to_browsers_and_as_a_problem_to_programs(server, admin):
    assert "404" not in shown(admin.call("GET", "/contents/none", Accept="text/html"), 404)
    assert admin.call("GET", "/contents/none").problem == "not-found"
    assert server.call("GET", "/nowhere", key=None, Accept="text/html").status == 404
    auditor = server.hire("console-auditor-2", Role.AUDITOR)
    page = shown(auditor.call("GET", "/people", Accept="text/html"), 403)
    assert "密钥" not in page.partition("<main")[2].partition("</main>")[0] and WORDS["zh"]["role.auditor"] in page


@pytest.mark.parametrize(("path", "status"), [("/quality", 403), ("/nowhere", 404), ("/live/none", 404)])
def test_a_page_that_is_refused_keeps_the_bar_and_leads_back(server, path, status):
    mine = server.hire(f"refused{path.replace('/', '-')}", Role.REVIEWER)
    came = {"Accept": "text/html", "Referer": f"http://127.0.0.1:{server.port}/queue?state=held"}
    page = shown(mine.call("GET", path, **came), status)
    assert '<nav class="places"' in page and 'data-go="q"' in page and 'href="/login"' not in page
    assert 'href="/queue?state=held"' in page and f'content="{mine.csrf}"' in page
    other = shown(mine.call("GET", path, Accept="text/html", Referer="https://else.where/queue"), status)
    assert WORDS["zh"]["app.back"] not in other
    away = server.call("GET", "/nowhere", key=None, Accept="text/html").body.decode()
    assert 'href="/login"' in away and '<nav class="places"' not in away


def test_a_room_that_does_not_exist_is_not_shown(admin):
    assert "没有这个直播间" in shown(admin.call("GET", "/live/none", Accept="text/html"), 404)


@pytest.mark.parametrize(("id_", "why"), [("xyz", "没有这个编号的内容。"), ("", "请填写内容编号。")])
def test_a_wrong_content_number_is_told_beside_its_field(admin, id_, why):
    page = shown(admin.call("GET", f"/contents?id={id_}", Accept="text/html"), 404)
    form = page.partition('action="/contents"')[2].partition("</form>")[0]
    assert why in form and 'aria-invalid="true"' in form


def test_a_search_that_cannot_be_made_says_why(admin):
    assert 'class="error"' in shown(admin.call("GET", "/search?text=%E2%80%AE"))
    assert shown(admin.call("GET", "/search?text=x&from=nonsense&to=9999-12-31"))


def test_views_are_saved_replaced_and_removed(server):
    mine = server.hire("console-viewer", Role.REVIEWER)
    saved = mine.call("POST", "/v1/views", {"name": " 我的 ", "query": "state=held&x=<b>"}).json
    assert saved == {"name": "我的", "query": "state=held&x=%3Cb%3E"}
    mine.call("POST", "/v1/views", {"name": "我的", "query": "scene=ad"})
    assert mine.call("GET", "/v1/views").json["views"] == [{"name": "我的", "query": "scene=ad"}]
    assert "我的" in shown(mine.call("GET", "/queue"))
    other = server.hire("console-viewer-2", Role.REVIEWER)
    assert other.call("GET", "/v1/views").json["views"] == []
    assert mine.call("POST", "/v1/views", {"name": "\u202e", "query": ""}).faults == {"name": "not_printable"}
    for number in range(MOST_VIEWS - 1):
        assert mine.call("POST", "/v1/views", {"name": f"v{number}", "query": ""}).status == 200
    assert mine.call("POST", "/v1/views", {"name": "one more", "query": ""}).faults == {"name": "too_many_views"}
    assert len(mine.call("DELETE", "/v1/views?name=v1").json["views"]) == MOST_VIEWS - 1


def test_static_files_stay_for_ever_under_a_name_that_holds_their_digest(server):
    page = server.call("GET", "/login", key=None).body.decode()
    for path in set(re.findall(r"/static/[\w.]+", page)):
        reply = server.call("GET", path, key=None)
        assert reply.status == 200 and "immutable" in reply.headers["cache-control"]
        assert server.call("GET", path, key=None, If_None_Match=reply.headers["etag"]).status == 304
    assert server.call("GET", "/static/app.css", key=None).status == 404
    assert server.call("GET", "/static/..%2Fhtml.py", key=None).status == 404


def test_reports_of_broken_policy_are_counted(server, admin):
    def counted():
        told = server.call("GET", "/metrics").body.decode()
        return float(re.search(r"^qingliu_csp_reports_total (\S+)", told, re.MULTILINE)[1])

    before = counted()
    assert server.call("POST", "/csp", b"{}", key=None, Content_Type="application/csp-report").status == 200
    assert counted() == before + 1


@pytest.mark.parametrize(
    ("asked", "goes"),
    [("/queue?a=b", "/queue?a=b"), ("//x", "/"), ("/\\x", "/"), ("https://x", "/"), ("", "/"), ("/a\nb", "/")],
)
def test_the_way_back_stays_in_the_house(asked, goes):
    assert safe_next(asked) == goes


IMPORTS = re.compile(r'{% from "[\w.]+" import ([\w, ]+?)(?: with context)? %}')


def idle(template):
    """What a template takes from another and never calls."""
    taken = [name for names in IMPORTS.findall(template) for name in names.split(", ")]
    return [name for name in taken if not re.search(rf"\b{name}\(", template)]


def test_no_template_takes_a_part_that_it_never_calls():
    templates = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")}
    assert sum(bool(IMPORTS.search(text)) for text in templates.values()) >= 20
    assert {name: found for name, text in templates.items() if (found := idle(text))} == {}
    assert idle('{% from "show.html" import plain, when with context %}{{ plain(x) }}') == ["when"]


def test_both_languages_say_the_same_things():
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for name, sentence in WORDS["zh"].items():
        assert set(re.findall(r"{\w+}", sentence)) == set(re.findall(r"{\w+}", WORDS["en"][name])), name


def test_all_that_is_on_file_is_reached_page_by_page_and_what_is_named_at_once(server, admin, monkeypatch):
    monkeypatch.setattr(pages_live, "_MOST_CHOICES", "2")
    proof = {"claims": ["本店面霜销量冠军"], "source": "报告"}
    filed = [server.call("POST", "/v1/proofs", {**proof, "file_sha256": f"{n:064d}"}).json for n in range(3)]
    proofs = [one["id"] for one in filed]
    for n in range(5):
        server.call("POST", "/v1/products", {"product_id": f"cream-{n}", "name": f"面霜{n}"})
    seen, query = [], ""
    while True:
        page = unescape(shown(admin.call("GET", f"/files{query}")))
        seen.append(re.findall(r'<tr id="product-(cream-\d)"', page))
        assert len(re.findall(r'<tr id="[0-9a-f-]{36}"', page)) == 2  # the other list stays where it is
        if not (more := re.search(r'href="/files(\?products=[^"]+)"', page)):
            break
        query = more[1]
    assert seen == [["cream-0", "cream-1"], ["cream-2", "cream-3"], ["cream-4"]]
    page = shown(admin.call("GET", f"/files?proof={proofs[0]}&product=cream-4"))
    assert f'<tr id="{proofs[0]}"' in page and '<tr id="product-cream-4"' in page and '<tr id="product-cream-1"' in page
    assert shown(admin.call("GET", "/files?proof=nothing&product=nothing")).count("<tr id=") == 4


def test_a_page_says_which_parameter_and_which_day_is_wrong(admin, item):
    page = shown(admin.call("GET", "/queue?state=bogus", Accept="text/html"), 422)
    assert "errors" not in page and "state: " in page
    for query, told in (
        ("from=2026-13-45", "「2026-13-45」不是日期。"),
        ("from=2026-05-02&to=2026-05-01", "起始日期晚于结束日期。"),
    ):
        page = shown(admin.call("GET", f"/search?text=console&{query}"))
        assert told in page and 'id="rows"' not in page
    assert "不是日期" in shown(admin.call("GET", "/audit?since=soon"))
    assert "不是日期" not in shown(admin.call("GET", "/search?text=console&from=2026-05-01&to=2026-05-01"))
