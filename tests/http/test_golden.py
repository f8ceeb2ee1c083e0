"""Golden items look like any other: a classifier on everything that a reviewer's client can see does not find them."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from statistics import median
from time import perf_counter, sleep, time
from urllib.parse import quote

import numpy as np
import pytest

from moderation.types import Action, Author, Content, Part, Scene
from service.ids import from_stamp, now
from service.keys import Caller
from service.review import archive, golden, veil
from service.review.rulings import Ruling
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role, Scope
from service.settings import Settings
from tests.apart import auc, features, table, told_apart
from tests.http.conftest import running
from tests.small import ABUSE, small_rules

LAST = ["真的很烦", "没意思", "气死我了", "看不下去", "算了吧", "不想说了", "又来了", "什么玩意", "谁信啊", "走了走了"]
BLOCK = {"action": "block", "reasons": [{"category": "abuse_insult"}]}
PASS = {"action": "pass"}


@dataclass
class House:
    """A server with golden items in its queue, two reviewers whom they test, and contents that keep coming."""

    server: object
    random: Random
    ann: object
    bob: object
    key: Caller
    known: set = field(default_factory=set)

    @property
    def service(self):
        return self.server.service

    def content(self):
        """Somebody's words, under an id like those that the tenant gives."""
        id_ = f"{self.random.getrandbits(48):012x}"
        words = "".join(self.random.sample(LAST, 3)) + f"你这傻瓜蛋{self.random.randint(0, 999)}"
        author = Author(id=f"cr-{self.random.randint(1, 40)}")
        return Content(scene=Scene.UGC, parts=(Part("text", words),), at=from_stamp(now()), id=id_, author=author)

    def comes(self, count):
        """Contents that come one by one, as the pipeline sends them."""
        for _ in range(count):
            self.server.within(self.service.moderation.one(self.key, self.content()))
            self.server.within(self.service.desk.mixing.look())
            sleep(self.random.random() * 0.003)

    def rows(self, sql, *values):
        database = sqlite3.connect(self.server.settings.database)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def ask(self, seen, name, method, path, body=None):
        """One request, with its answer and how long that took among what was seen."""
        began = perf_counter()
        reply = self.server.call(method, path, body, key=self.ann)
        seen[name], seen[f"{name} took"] = reply.json, perf_counter() - began
        assert reply.status == 200, reply.body
        return reply.json

    def works(self):
        """Ann takes the next item, looks at it in every way, decides, and looks again; what she saw, with the item."""
        seen, at = {}, time()
        before = self.ask(seen, "before", "GET", "/v1/reviews?limit=50")
        items = self.ask(seen, "claimed", "POST", "/v1/reviews/claim", {"distinct": True})["items"]
        if not items:
            return None
        (item,) = items
        ids = [one["id"] for one in before["items"]]
        seen["place"] = ids.index(item["id"]) if item["id"] in ids else -1
        seen["before"] = {"counts": before["counts"], "waiting": len(ids)}
        path, text = f"/v1/reviews/{item['id']}", item["content"]["parts"][0]["text"]
        self.ask(seen, "full", "GET", path)
        self.ask(seen, "history", "GET", f"/v1/contents/{item['content_id']}")
        self.ask(seen, "search", "GET", f"/v1/search?text={quote(text[:12])}")
        self.ask(seen, "suggestion", "GET", f"{path}/suggestion")
        ruling = BLOCK if self.random.random() < 0.6 else PASS
        self.ask(seen, "decided", "POST", f"{path}/decision", {"token": item["token"], **ruling})
        self.ask(seen, "history after", "GET", f"/v1/contents/{item['content_id']}")
        self.ask(seen, "closed", "GET", "/v1/reviews?state=closed&limit=3")
        self.ask(seen, "after", "GET", "/v1/reviews?limit=1")
        seen["after"] = seen["after"]["counts"]
        return item["id"], features(seen, since=at)

    def helps(self):
        """Bob decides one item too."""
        desk, caller = self.service.desk, Caller("shop", self.bob.id, RIGHTS_OF[Role.REVIEWER])
        for row in self.server.within(desk.claim(caller)):
            self.server.within(desk.decide(caller, row.id, row.token, Ruling(Action.PASS)))


@contextmanager
def house(settings, folder, *, known, seed=5, beat=0.0):
    """A server with so many golden items, decided by somebody else before; of what comes four in ten draw one."""
    lexicons = small_rules(folder / "lexicons", {"safety/abuse.txt": ABUSE})
    own = {"data": folder / "data", "lexicons": lexicons, "golden_share": 0.4, "even_answers": beat}
    with running(settings.model_copy(update=own)) as server:
        service = server.service
        mixing = service.desk.mixing
        mixing._checks = replace(mixing._checks, golden_wait=0.02)
        _, secret = server.within(service.keys.create("shop", scope=Scope.MODERATE))
        key = server.within(service.keys.caller(secret))
        house = House(server, Random(seed), server.hire("ann"), server.hire("bob"), key)
        cid = server.within(service.accounts.create("shop", "cid", Role.REVIEWER, "correct horse battery", by="cli"))
        caller = Caller("shop", cid.id, RIGHTS_OF[Role.REVIEWER])
        contents = [house.content() for _ in range(known)]
        for start in range(0, known, 50):
            server.within(service.moderation.many(key, contents[start : start + 50]))
            for row in server.within(service.desk.claim(caller, limit=50)):
                ruling = Ruling(Action.BLOCK, (Reason("abuse_insult"),))
                server.within(service.desk.decide(caller, row.id, row.token, ruling))
        for one in contents:
            server.within(service.desk.make_golden(Caller("shop", "sue", RIGHTS_OF[Role.SENIOR]), one.id))
        server.within(mixing.look())
        yield house


def watched(house, items):
    """What Ann saw of so many items, and which of them were golden."""
    seen = []
    while len(seen) < items:
        house.comes(house.random.choice((1, 1, 2)))
        if house.random.random() < 0.3:
            house.helps()
        if told := house.works():
            seen.append(told)
    copies = {review for (review,) in house.rows("SELECT review FROM golden_copies")}
    numbers, names = table([each for _, each in seen])
    return numbers, names, np.array([review in copies for review, _ in seen])


def strongest(numbers, names, marks):
    """The features that tell most, for a message."""
    found = sorted((abs(auc(column, marks) - 0.5), name) for column, name in zip(numbers.T, names, strict=True))
    return [(name, round(told, 3)) for told, name in found[-5:]]


def medians(house, count):
    """How long answers to decisions took, of so many golden items and so many others: medians in seconds."""
    took = {True: [], False: []}
    desk, ann = house.service.desk, Caller("shop", house.ann.id, RIGHTS_OF[Role.REVIEWER])
    while min(map(len, took.values())) < count:
        house.comes(1)
        for row in house.server.within(desk.claim(ann)):
            seen = {}
            house.ask(seen, "decided", "POST", f"/v1/reviews/{row.id}/decision", {"token": row.token, **PASS})
            copies = house.rows("SELECT 1 FROM golden_copies WHERE review = ?", row.id)
            took[bool(copies)].append(seen["decided took"])
    return median(took[True]), median(took[False])


BEAT = 0.1


@pytest.mark.parametrize("beat", [BEAT, 0.0], ids=["on the beat", "at once"])
def test_what_the_work_on_a_golden_item_takes_shows_in_no_answer(settings, tmp_path, monkeypatch, beat):
    """The planted delay is many times what the work differs by; answers that do not wait for a beat show it."""
    answer = golden.answer

    def slowly(*given):
        sleep(0.03)
        return answer(*given)

    monkeypatch.setattr(golden, "answer", slowly)
    with house(settings, tmp_path, known=12, beat=beat) as own:
        ours, others = medians(own, 5)
    if beat:
        assert ours // BEAT == others // BEAT >= 1
        assert abs(ours - others) < 0.02
    else:
        assert ours - others > 0.02


@pytest.mark.parametrize("reads", [archive.MOST_READS, 1], ids=["read on", "read once"])
def test_what_is_left_out_of_a_list_leaves_no_gap(settings, tmp_path, monkeypatch, reads):
    """A page that is short because of copies that somebody answered tells when they came."""
    monkeypatch.setattr(archive, "MOST_READS", reads)
    lengths, path = [], "/v1/reviews?state=closed&limit=3"
    with house(settings, tmp_path, known=12) as own:
        own.comes(20)
        own.server.within(own.service.desk.mixing.come())
        for _ in range(30):
            own.helps()
        answered = own.rows(
            "SELECT 1 FROM golden_copies AS g JOIN reviews AS r ON r.id = g.review AND r.state = 'closed'"
        )
        cursor = ""
        while cursor is not None:
            page = own.ask({}, "closed", "GET", path + cursor)
            lengths.append(len(page["items"]))
            cursor = page["next"] and f"&cursor={page['next']}"
    assert answered
    assert (set(lengths[:-1]) == {3}) is (reads > 1)


def test_a_client_cannot_tell_golden_items_from_others(settings, tmp_path):
    """By anything but time: these answers wait for no beat. So many items that chance alone is far below the bound."""
    with house(settings, tmp_path, known=75) as own:
        numbers, names, marks = watched(own, 120)
    untimed = [not name.endswith(" took") for name in names]
    names = [name for name, kept in zip(names, untimed, strict=True) if kept]
    assert 20 <= marks.sum() <= 75
    assert told_apart(numbers[:, untimed], marks) <= 0.8, strongest(numbers[:, untimed], names, marks)


@pytest.mark.slow
def test_a_client_that_looks_at_everything_has_an_auc_of_55_percent_at_most(settings, tmp_path):
    with house(settings, tmp_path, known=500, beat=Settings.model_fields["even_answers"].default) as own:
        numbers, names, marks = watched(own, 1000)
    assert marks.sum() >= 200
    assert told_apart(numbers, marks) <= 0.55, strongest(numbers, names, marks)


@pytest.mark.slow
@pytest.mark.parametrize("sabotage", ["acts tell", "names tell"])
def test_a_copy_that_differs_in_one_field_is_told(settings, tmp_path, monkeypatch, sabotage):
    if sabotage == "acts tell":
        monkeypatch.setattr(veil, "_AS_ANY", {})
    else:
        monkeypatch.setattr(golden, "like", lambda recent, random, loose=0: f"{random.randrange(10**12):012}")
    with house(settings, tmp_path, known=60) as own:
        numbers, _, marks = watched(own, 120)
    assert told_apart(numbers, marks) >= 0.8
