"""The text expert behind the interface: scores in answers, and figures for whoever watches."""

from __future__ import annotations

from moderation.render import REASONS
from service.rights import Role

ABUSIVE = "像你这种货色，倒贴钱都没人愿意多看一眼"


def test_an_answer_tells_the_score_and_the_metrics_count_it(serving):
    with serving(expert="ngram") as server:
        reply = server.judge(ABUSIVE, scene="ugc")
        assert reply.status == 200
        (item,) = reply.json["evidence"]
        assert (reply.json["action"], reply.json["degraded"], reply.json["missing"]) == ("review", False, [])
        assert (item["source"], item["category"], item["weight"]) == ("text", "abuse_insult", 60)
        assert "请人工复核" in item["why"]
        again = server.call("GET", f"/v1/moderations/{reply.json['id']}")
        assert again.json["evidence"] == [item]
        english = server.call("GET", f"/v1/moderations/{reply.json['id']}", Accept_Language="en")
        assert "a person must decide" in english.json["evidence"][0]["why"]
        page = server.call("GET", "/metrics", key=None).body.decode()
        assert "qingliu_expert_seconds_count 1.0" in page
        assert "qingliu_expert_waiting 0.0" in page
        admin = server.hire("doubt", Role.ADMIN)
        tried = admin.call("POST", "/try/rewrite", {"scene": "ugc", "text": ABUSIVE}).body.decode()
        assert REASONS["for_people"][0] in tried
        server.within(server.service.hearing.close())
        blind = server.judge("面霜", scene="ad").json
        assert (blind["action"], blind["degraded"]) == ("review", True)
        assert blind["missing"] == [{"source": "text", "why": "absent"}]
        page = server.call("GET", "/metrics", key=None).body.decode()
        assert 'qingliu_expert_missing_total{why="absent"} 1.0' in page
        assert 'qingliu_verdicts_total{action="review",degraded="true",scene="ad"} 1.0' in page
