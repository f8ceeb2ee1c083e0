"""Weights and cards: what is refused, and with which reason."""

from __future__ import annotations

import json
import pickle
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.card import HEADS
from models.ngram import load
from models.tensors import WeightsRefused, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.card import Card

    Trained = tuple[Path, Card]


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    for kind in ("cards", "weights"):
        (tmp_path / kind).mkdir()
        for path in (trained[0] / kind).iterdir():
            (tmp_path / kind / path.name).write_bytes(path.read_bytes())
    return tmp_path


class Trap:
    """Unpickling it would raise something that no loader expects."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exit, ("the pickle was loaded",))


def rewrite(folder: Path, data: bytes) -> None:
    """New weights, and a card that vouches for them."""
    (folder / "weights" / "ngram.safetensors").write_bytes(data)
    edit(folder, sha256=sha256(data).hexdigest())


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "cards" / "ngram.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def arrays(folder: Path) -> dict[str, Any]:
    return dict(unpack((folder / "weights" / "ngram.safetensors").read_bytes()))


def poisoned(folder: Path) -> bytes:
    held = arrays(folder)
    held["scale"] = np.array([*held["scale"][:-1], np.nan])
    return pack(held)


def shrunk(folder: Path) -> bytes:
    held = arrays(folder)
    held["weights"] = held["weights"][:100]
    return pack(held)


def swapped(folder: Path) -> bytes:
    held = arrays(folder)
    held["weights"] = held["weights"][:, ::-1]
    return pack(held)


def contradicting(folder: Path) -> bytes:
    data = (folder / "weights" / "ngram.safetensors").read_bytes()
    return data.replace(b'"shape":[14]', b'"shape":[15]', 1)


def whole(folder: Path) -> bytes:
    return (folder / "weights" / "ngram.safetensors").read_bytes()


HOSTILE: list[tuple[Callable[[Path], bytes], str]] = [
    (lambda _folder: pickle.dumps(Trap()), "pickle"),
    (lambda _folder: b"PK\x03\x04" + bytes(100), "torch archive"),
    (lambda _folder: b"", "cut short"),
    (lambda folder: whole(folder)[:-1], "cut short"),
    (lambda folder: whole(folder)[:9], "cut short"),
    (lambda folder: whole(folder) + b"x", "does not know"),
    (lambda _folder: (1 << 62).to_bytes(8, "little") + bytes(100), "cut short"),
    (lambda _folder: (100).to_bytes(8, "little") + b"\xff" * 100, "cannot be read"),
    (lambda _folder: pack({"weights": np.zeros((2, 8), np.int8)}), "expected weights, scale"),
    (poisoned, "no number"),
    (shrunk, "expected int8"),
    (swapped, "the card says"),
    (contradicting, "contradicts itself"),
]


@pytest.mark.parametrize(("make", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_weights_are_refused_with_the_reason(folder: Path, make: Callable[[Path], bytes], reason: str) -> None:
    rewrite(folder, make(folder))
    with pytest.raises(WeightsRefused, match=reason) as refused:
        load(folder)
    assert "ngram.safetensors" in str(refused.value)
    assert refused.value.told.zh.startswith("ngram.safetensors") and refused.value.told.zh != refused.value.told.en


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"labels": ["abuse"]}, "labels abuse; expected abuse, porn"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"schema": "other/9"}, "schema 'other/9', expected"),
        ({"weights": "../../secret"}, "plain file name"),
        ({"weights": "absent.safetensors"}, "cannot be read"),
        ({"thresholds": {}}, "every head"),
        ({"golden": []}, "no golden"),
        ({"golden": [{"text": "a", "logits": [0] * len(HEADS)}]}, "the card says"),
        ({"calibration": {}}, "every head"),
        ({"surprise": 1}, "unknown entries surprise"),
        ({"bits": "many"}, "is no card"),
    ],
)
def test_a_wrong_card_is_refused_with_the_reason(folder: Path, changes: dict[str, Any], reason: str) -> None:
    edit(folder, **changes)
    with pytest.raises(WeightsRefused, match=reason):
        load(folder)


def test_a_threshold_that_is_no_number_is_refused(folder: Path) -> None:
    told = json.loads((folder / "cards" / "ngram.json").read_text(encoding="utf-8"))
    edit(folder, thresholds=told["thresholds"] | {"abuse": float("nan")})
    with pytest.raises(WeightsRefused, match="no number"):
        load(folder)


def test_a_missing_or_broken_card_is_refused(folder: Path) -> None:
    path = folder / "cards" / "ngram.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(WeightsRefused, match="is no card"):
        load(folder)
    path.unlink()
    with pytest.raises(WeightsRefused, match="cannot be read"):
        load(folder)


def test_what_is_whole_is_loaded(folder: Path, trained: Trained) -> None:
    assert load(folder).card == trained[1]


def test_what_is_packed_is_unpacked() -> None:
    held = {
        "a": np.arange(6, dtype=np.int8).reshape(2, 3),
        "b": np.array([1.5, -2.0]),
        "c": np.zeros((0, 4), np.uint16),
    }
    found = unpack(pack(held))
    assert found.keys() == held.keys()
    assert all((found[name] == held[name]).all() and found[name].dtype == held[name].dtype for name in held)
