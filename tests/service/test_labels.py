"""Labels from people: kept once, told by acts that quote nothing, drawn so that they teach something."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter

import numpy as np
import pytest

from models.card import HEADS
from models.retrain import people
from moderation.errors import LoadErrors
from service.acts import Act
from service.draw import Candidate, candidates, draw
from service.ids import new_id
from service.labels import ENOUGH, Drawn, Judgement, Origin, read
from service.ledger import LedgerError
from service.store import db
from tests.service.test_lexicons import acts


@pytest.fixture
def imported(service, caller):
    """Imports lines: ``await imported({"text": …, "labels": {…}}, …)``."""

    async def run(*lines, tenant="shop", origin=Origin.IMPORT):
        said = read([json.dumps(line).encode() for line in lines], HEADS, file="f.jsonl")
        return await service.labels.import_(said, tenant=tenant, origin=origin, by="k")

    return run


def line(text="一段话", drawn=None, **labels):
    return {"text": text, "labels": labels, "drawn": drawn}


async def test_what_is_said_is_kept_and_counted(service, imported):
    assert await imported(line(fraud=1, spam=0, drawn="random"), line("另一段", fraud=0), line("没人看过")) == (2, 0, 1)
    counts = await service.labels.counts("shop")
    assert (counts.texts, counts.new) == (2, 2)
    assert counts.heads == {"fraud": (1, 1), "spam": (0, 1)}
    assert (counts.origins, counts.drawn) == ({"import": 2}, {"random": 1, "-": 1})
    assert [(row.text, row.head, row.value) for row in await service.labels._reads.labels("shop")] == [
        ("一段话", "fraud", 1),
        ("一段话", "spam", 0),
        ("另一段", "fraud", 0),
    ]


async def test_to_count_labels_no_text_is_read(service, imported, monkeypatch):
    """Sixty thousand texts held up all other requests for a third of a second, each time somebody saw the page."""
    await imported(line(fraud=1, drawn="random"), line("另一段", fraud=1, spam=1))
    await imported(line(fraud=0), origin=Origin.GOLDEN)

    async def whole(*_):
        raise AssertionError("reads all labels with their texts")

    monkeypatch.setattr(type(service.labels._reads), "labels", whole)
    counts = await service.labels.counts("shop")
    assert (counts.texts, counts.heads) == (2, {"fraud": (1, 1), "spam": (1, 0)}), "the newest label of a head counts"
    assert counts.origins == {"import": 2, "golden": 1}
    assert counts.drawn == {"random": 1, "-": 2}


async def test_the_same_file_twice_changes_nothing(service, imported, settings):
    lines = [line(f"第{n}段", fraud=n % 2) for n in range(30)]
    assert (await imported(*lines, *lines))[:2] == (30, 30)
    assert (await imported(*lines))[:2] == (0, 30)
    assert len(acts(settings, "label.added")) == 30


async def test_a_new_answer_stands_beside_the_old_one_and_counts(service, imported):
    await imported(line(fraud=1, spam=0))
    assert (await imported(line(fraud=0, spam=0))).added == 1
    rows = await service.labels._reads.labels()
    assert [(row.head, row.value) for row in rows] == [("fraud", 1), ("spam", 0), ("fraud", 0)]
    assert len({row.content for row in rows}) == 1
    [row] = people((row.text, row.head, row.value) for row in rows)
    assert row.labels == {"fraud": 0, "spam": 0}


async def test_an_act_tells_each_text_and_quotes_none(service, imported, settings):
    await imported(line("保密的一段话", fraud=1, drawn="uncertain"))
    [(subject, body)] = acts(settings, "label.added")
    told = body["facts"]["judgement"]
    assert (body["tenant"], told["id"], told["labels"], told["by"]) == ("shop", subject, {"fraud": 1}, "k")
    assert (told["drawn"], told["origin"], told["version"]) == ("uncertain", "import", 1)
    assert "保密" not in json.dumps(body, ensure_ascii=False)


async def test_text_stands_in_contents_alone_and_erasing_it_there_is_enough(service, imported, settings):
    await imported(line("保密的一段话", fraud=1), line("别的", fraud=0))
    with sqlite3.connect(settings.database) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = [
            name for name in tables for row in database.execute(f"SELECT * FROM {name}") if "保密" in repr(decoded(row))
        ]
        assert holding == ["contents"]
        database.execute("UPDATE contents SET body = x'', salt = x'' WHERE id = 1")
    database.close()
    rows = await service.labels._reads.labels("shop")
    assert [row.text for row in rows] == ["", "别的"]
    assert [row.text for row in people((row.text, row.head, row.value) for row in rows)] == ["别的"]


def decoded(row):
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in row]


async def test_a_label_can_name_the_decision_that_it_is_about(service, caller, content, imported, settings):
    decided = await service.moderation.one(caller, content("好用的面霜", id="c1"))
    said = line("好用的面霜", ad_law=0) | {"decision": decided.id}
    assert (await imported(said)).added == 1
    [row] = await service.labels._reads.labels("shop")
    assert (row.content, row.version) == ("c1", 1)
    with pytest.raises(LoadErrors, match="about another text"):
        await imported(said | {"text": "别的"})
    with pytest.raises(LoadErrors, match="there is no decision"):
        await imported(line("又一段", fraud=1) | {"decision": "nothing"})
    assert len(acts(settings, "label.added")) == 1


async def test_tenants_do_not_share_labels(service, caller, imported):
    await service.keys.create("rival")
    await imported(line(fraud=1))
    await imported(line(fraud=0), tenant="rival")
    assert [(row.tenant, row.value) for row in await service.labels._reads.labels("rival")] == [("rival", 0)]
    assert (await service.labels.counts("shop")).heads == {"fraud": (1, 0)}
    assert (await service.labels.counts("shop")).new == 1
    assert (await service.labels.counts("shop")).lacking == ENOUGH - 2, "retraining learns from all"


async def test_a_desk_adds_labels_within_its_own_transaction(service, caller, content, settings):
    await service.moderation.one(caller, content("好用的面霜", id="c1"))
    judgement = Judgement(
        tenant="shop", content="c1", version=1, labels={"spam": 0}, origin=Origin.REVIEW, by="alice", id=new_id()
    )
    await service.ledger.record(Act("desk.decided", "item", "shop", judgement.facts()), *judgement.writes())
    [row] = await service.labels._reads.labels("shop")
    assert (row.text, row.head, row.value, row.origin, row.by) == ("好用的面霜", "spam", 0, "review", "alice")
    lost = Judgement(tenant="shop", content="c1", version=2, labels={"spam": 1}, origin=Origin.REVIEW, by="a", id="x")
    with pytest.raises(LedgerError):
        await service.ledger.record(Act("desk.decided", "item", "shop", lost.facts()), *lost.writes())
    assert len(acts(settings, "desk.decided")) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "1: is no JSON"),
        ("[]", "expected an object with a text"),
        ('{"text": " ", "labels": {}}', "expected an object with a text"),
        ('{"text": "a"}', "expected labels"),
        ('{"text": "a", "labels": {"fraud": true}}', "expected labels"),
        ('{"text": "a", "labels": {"fraud": 2}}', "expected labels"),
        ('{"text": "a", "labels": {"scam": 1}}', "unknown heads scam"),
        ('{"text": "a", "labels": {}, "drawn": "first"}', "drawn must be one of uncertain"),
        ('{"text": "a", "labels": {}, "decision": 1}', "decision must be"),
        ('{"text": "\\ud800", "labels": {}}', "cannot be kept"),
        (json.dumps({"text": "长" * 20_001, "labels": {}}), "at most 20000"),
    ],
)
def test_a_line_that_is_no_label_is_named_with_the_reason(text, reason):
    with pytest.raises(LoadErrors, match=reason) as refused:
        read([text.encode(), b"", b"{"], HEADS, file="f.jsonl")
    assert [error.line for error in refused.value.errors] == [1, 3]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE labels SET value = 0",
        "DELETE FROM labels",
        "INSERT OR REPLACE INTO labels SELECT * FROM labels",
        "INSERT OR REPLACE INTO labels VALUES (1, 'j', 'fraud', 'shop', 1, 0, 'review', '', 'k', 'now')",
        "INSERT INTO labels VALUES (9, 'j', 'fraud', 'shop', 1, 2, 'review', '', 'k', 'now')",
        "INSERT INTO labels VALUES (9, 'j', 'fraud', 'shop', 1, 1, 'guess', '', 'k', 'now')",
        "INSERT INTO labels VALUES (9, 'j', 'fraud', 'shop', 99, 1, 'review', '', 'k', 'now')",
    ],
)
async def test_labels_are_insert_only_and_of_known_kinds(service, imported, settings, sql):
    await imported(line(fraud=1))
    connection = db.open_writer(settings.database, busy_timeout=5)
    with pytest.raises(sqlite3.IntegrityError, match=r"INSERT-only|CHECK|FOREIGN KEY"):
        connection.execute(sql)
    connection.close()


# Drawing


def pool(number=1000, disputed=100):
    chance = random.Random(1)
    return [
        Candidate(f"d{n}", f"t{n}", chance.random() * 9, chance.random() if n < disputed else 0.0)
        for n in range(number)
    ]


def test_half_is_uncertain_a_third_random_and_a_fifth_disputed():
    found = draw(pool(), 100, random.Random(2))
    by = {drawn: [one for one in found if one.drawn is drawn] for drawn in Drawn}
    assert {drawn: len(ones) for drawn, ones in by.items()} == {
        Drawn.UNCERTAIN: 50,
        Drawn.RANDOM: 30,
        Drawn.DISAGREEMENT: 20,
    }
    assert len({one.text for one in found}) == 100
    doubts = {one.decision: one.doubt for one in pool()}
    assert max(doubts[one.decision] for one in by[Drawn.UNCERTAIN]) < 1
    assert all(int(one.decision[1:]) < 100 for one in by[Drawn.DISAGREEMENT])
    assert found == draw(pool(), 100, random.Random(2)) != draw(pool(), 100, random.Random(3))


def test_the_random_ones_are_drawn_from_everything():
    """Were they drawn from what the others left, they could not tell how often things happen."""
    uncertain = {one.text for one in sorted(pool(100, 0), key=lambda one: one.doubt)[:50]}
    drawn = Counter(
        one.text
        for seed in range(200)
        for one in draw(pool(100, 0), 60, random.Random(seed))[:18]
        if one.drawn is Drawn.RANDOM
    )
    assert 0.4 < sum(drawn[text] for text in uncertain) / sum(drawn.values()) < 0.6


def test_a_group_that_runs_short_is_filled_up_and_no_text_comes_twice():
    few = [*pool(40, 2), *pool(40, 2)]
    found = draw(few, 100, random.Random(1))
    assert len(found) == len({one.text for one in found}) == 40
    assert draw([], 10, random.Random(1)) == []


class Oracle:
    """A model that is sure of what it was told."""

    def __init__(self, card, told):
        self.card, self.told = card, told

    def scores(self, texts):
        return np.array([[self.told.get(text, {}).get(label, 0.01) for label in self.card.labels] for text in texts])


async def test_rules_and_score_are_compared_where_the_scene_hears_the_head(service, caller, content):
    from models.ngram import load  # noqa: PLC0415

    card = load().card
    texts = ["国家级的好面霜", "全网第一的面霜", "普普通通的面霜", "说不准的一款面霜", "好"]
    for text in texts:
        await service.moderation.one(caller, content(text))
    near = card.thresholds["fraud"]
    model = Oracle(card, {texts[0]: {"ad_law": 0.99}, texts[2]: {"ad_law": 0.99}, texts[3]: {"fraud": near}})
    stored = await service.labels._reads.unlabelled("shop", limit=10)
    found = {one.text: one for one in candidates(stored, model, service.rules.engine.ruleset)}
    assert found.keys() == set(texts[:4])
    assert found[texts[0]].dispute == 0 < min(found[texts[1]].dispute, found[texts[2]].dispute)
    assert found[texts[3]].doubt == 0 < found[texts[0]].doubt
    assert list(candidates([], model, service.rules.engine.ruleset)) == []


async def test_what_has_a_label_is_not_drawn_and_a_content_comes_once(service, caller, content, imported):
    first = await service.moderation.one(caller, content("好用的面霜", id="c1"))
    await service.moderation.one(caller, content("好用的面霜", id="c1"))
    await service.moderation.one(caller, content("另一款面霜", id="c2"))
    stored = await service.labels._reads.unlabelled("shop", limit=10)
    assert [one.content.id for one in stored] == ["c2", "c1"]
    assert stored[1].id != first.id
    await imported(line("好用的面霜", fraud=0) | {"decision": first.id})
    assert [one.content.id for one in await service.labels._reads.unlabelled("shop", limit=10)] == ["c2"]
