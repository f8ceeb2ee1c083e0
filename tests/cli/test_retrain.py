"""Learning from people, end to end: labels of a new kind, retrain, comparison, promotion, rollback, with the gain."""

from __future__ import annotations

import json
import re
import sqlite3

import orjson
import pytest

from models.card import HEADS
from models.ngram import load
from tests.cli.conftest import REPOSITORY
from tests.models.a_new_scam import labelled, lines, unseen
from tests.small import migrated

EXPERT = REPOSITORY / "tests" / "cases" / "expert"
COMPARED = [
    "--templates",
    EXPERT / "eval_templates.toml",
    "--frozen",
    EXPERT / "ordinary_dev.jsonl",
    "--frozen",
    EXPERT / "antibias_dev.jsonl",
]
FRAUD = HEADS.index("fraud")


@pytest.fixture
def house(inside, tmp_path):
    """Runs a command on a data directory that has one tenant."""
    data = migrated(tmp_path / "data" / "qingliu.db").parent
    assert inside("key", "create", "--tenant", "shop", "--data", data).returncode == 0

    def run(*words, **env):
        where = ("--store", data) if words[0] == "retrain" else ("--data", data)
        tenant = ("--tenant", "shop") if words[0] == "labels" else ()
        return inside(*words, *where, *tenant, QINGLIU_EXPERT="ngram", **env)

    return run


def found(model, texts: dict[str, dict[str, int]]) -> tuple[float, float]:
    """Recall of the new fraud, and the share of its innocent twins that is flagged as fraud."""
    flagged = model.scores(list(texts))[:, FRAUD] >= model.card.thresholds["fraud"]
    fraud = [labels["fraud"] == 1 for labels in texts.values()]
    hits = sum(flag for flag, is_ in zip(flagged, fraud, strict=True) if is_)
    return hits / sum(fraud), (sum(flagged) - hits) / (len(fraud) - sum(fraud))


def test_a_thousand_labels_of_a_new_kind_make_a_better_model_that_can_be_taken_back(house, tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_text(lines(999), encoding="utf-8")
    assert "已记录 999 条" in house("labels", "import", file).stdout.decode()
    refused = house("retrain", *COMPARED)
    assert (refused.returncode, "只有 999 条" in refused.stderr.decode()) == (1, True)
    file.write_text(lines(1000), encoding="utf-8")
    assert "已记录 1 条文本的标注；999 条此前已有" in house("labels", "import", file).stdout.decode()
    assert orjson.loads(house("labels", "count", "--json").stdout)["new"] == 1000

    alone = house("retrain", "--lang", "en")
    assert (alone.returncode, "too few frozen texts to compare abuse" in alone.stderr.decode()) == (1, True)
    done = house("retrain", *COMPARED, "--own", "3000", "--lang", "en")
    assert done.returncode == 0, done.stderr.decode()
    [digest] = re.findall("qingliu model promote ([0-9a-f]{12})", done.stdout.decode())
    [model] = orjson.loads(house("model", "list", "--json").stdout)["models"]
    report = model["report"]
    assert model["sha256"].startswith(digest) and model["proposed"] and not report["worse"] and report["p"] < 0.05
    assert report["heads"]["fraud"]["candidate"] > report["heads"]["fraud"]["active"] + 0.1

    database = sqlite3.connect(tmp_path / "data" / "qingliu.db")
    [(body,)] = database.execute("SELECT body FROM acts WHERE kind = 'model.trained'").fetchall()
    database.close()
    facts = json.loads(body)["facts"]
    assert (facts["proposed"], facts["p"] < 500, facts["gain"] > 50) == (True, True, True)
    again = house("retrain", *COMPARED)
    assert (again.returncode, "只有 0 条" in again.stderr.decode()) == (1, True)
    assert f"现行权重：{digest}" in house("model", "promote", digest).stdout.decode()
    assert orjson.loads(house("model", "list", "--json").stdout)["active"] == model["sha256"]
    shipped, new = load(), load(tmp_path / "data" / "models" / model["sha256"])
    before, after = found(shipped, unseen()), found(new, unseen())
    assert before[0] < 0.5 and after[0] > before[0] + 0.4  # of frames that nobody imported
    assert "active weights: default" in house("model", "rollback", "--lang", "en").stdout.decode()
    assert "✓" in house("model", "list").stdout.decode()
    assert load(tmp_path / "data" / "models" / model["sha256"]).card.sha256 == model["sha256"]


def test_a_training_that_is_no_better_is_told_and_kept_out(house, tmp_path):
    """Labels that say what the weights say already teach nothing."""
    shipped = load()
    agreed = {
        text: {head: int(flag) for head, flag in zip(HEADS, row, strict=True)}
        for text, row in zip(
            labelled(1100),
            shipped.scores(list(labelled(1100))) >= [shipped.card.thresholds[head] for head in HEADS],
            strict=True,
        )
    }
    file = tmp_path / "labels.jsonl"
    rows = ({"text": text, "labels": labels} for text, labels in agreed.items())
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    house("labels", "import", file)
    done = house("retrain", *COMPARED, "--own", "100")
    assert "不建议启用" in done.stdout.decode(), done.stderr.decode()
    [model] = orjson.loads(house("model", "list", "--json").stdout)["models"]
    refused = house("model", "promote", model["sha256"])
    assert refused.returncode == 1
    assert re.search("不能启用：[0-9a-f]{12} 并不优于 [0-9a-f]{12}", refused.stderr.decode())
    assert list((tmp_path / "data" / "models").iterdir()) == []
    assert house("model", "promote", "nothing").returncode == 1
    assert "没有可恢复的权重" in house("model", "rollback").stderr.decode()


def test_lines_that_are_wrong_are_named_and_nothing_is_recorded(house, tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_text(
        '{"text": "一段话", "labels": {"fraud": 1}}\n{"text": "b", "labels": {"scam": 1}}\n{', encoding="utf-8"
    )
    done = house("labels", "import", file, "--lang", "en")
    told = done.stderr.decode()
    assert (done.returncode, "labels.jsonl:2: unknown heads scam" in told, "labels.jsonl:3: is no JSON" in told) == (
        1,
        True,
        True,
    )
    assert "2 errors: nothing was changed" in told
    assert orjson.loads(house("labels", "list", "--json").stdout) == []


def test_labels_are_listed_with_their_text(house, tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_text('{"text": "一段话", "labels": {"fraud": 1}, "drawn": "random"}\n', encoding="utf-8")
    house("labels", "import", file, "--origin", "golden")
    assert "一段话" in house("labels", "list").stdout.decode()
    [row] = orjson.loads(house("labels", "list", "--json").stdout)
    assert (row["text"], row["head"], row["value"], row["origin"], row["drawn"]) == (
        "一段话",
        "fraud",
        1,
        "golden",
        "random",
    )
    assert "golden 1" in house("labels", "count").stdout.decode()


def test_an_unknown_tenant_is_said(inside, tmp_path):
    assert inside("key", "create", "--data", tmp_path / "data").returncode == 0
    done = inside("labels", "count", "--tenant", "nobody", "--data", tmp_path / "data", "--lang", "en")
    assert (done.returncode, "no tenant nobody" in done.stderr.decode()) == (1, True)


async def test_drawn_texts_go_out_and_their_labels_come_back(house, tmp_path, rules):
    from moderation.types import Content, Part, Scene  # noqa: PLC0415
    from service.ids import from_stamp, now  # noqa: PLC0415
    from service.settings import Settings  # noqa: PLC0415
    from service.wiring import open_service  # noqa: PLC0415

    async with open_service(Settings(data=tmp_path / "data", lexicons=rules)) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        texts = list(labelled(60))
        contents = [Content(scene=Scene.UGC, parts=(Part("text", text),), at=from_stamp(now())) for text in texts]
        await service.moderation.many(caller, contents)
    import asyncio  # noqa: PLC0415

    target = tmp_path / "drawn.jsonl"
    done = await asyncio.to_thread(house, "labels", "draw", "-n", "20", "-o", target, "--lang", "en")
    assert "20 drawn: random 6" in done.stderr.decode()
    drawn = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert {row["drawn"] for row in drawn} <= {"uncertain", "random", "disagreement"}
    assert {row["text"] for row in drawn} <= set(texts) and all(row["labels"] == {} for row in drawn)
    drawn[0]["labels"] = {"fraud": 1}
    target.write_text("".join(json.dumps(row) + "\n" for row in drawn), encoding="utf-8")
    told = orjson.loads((await asyncio.to_thread(house, "labels", "import", target, "--json")).stdout)
    assert (told["added"], told["unanswered"]) == (1, 19)
    database = sqlite3.connect(tmp_path / "data" / "qingliu.db")
    assert database.execute("SELECT count(*) FROM contents").fetchone() == (60,)
    database.close()
