"""Can two kinds of answers be told apart? Features of any JSON, and a classifier that looks for whatever differs."""

from __future__ import annotations

import re
from datetime import datetime
from zlib import crc32

import numpy as np

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
OURS = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
DIGITS = re.compile(r"\d+")


def features(told, *, since: float) -> dict[str, float]:
    """Everything in a value as numbers: times from ``since`` (POSIX) on, ids by their time and signs, lengths."""
    found: dict[str, float] = {}
    _walk(told, "", since, found)
    return found


def _walk(value, path, since, found):
    match value:
        case dict():
            for name, each in value.items():
                _walk(each, f"{path}.{name}", since, found)
        case list() | tuple():
            found[f"{path}#"] = len(value)
            for place, each in enumerate(value[:4]):
                _walk(each, f"{path}[{place}]", since, found)
            if len(value) > 1:
                _walk(value[-1], f"{path}[-1]", since, found)
        case bool() | int() | float():
            found[path] = float(value)
        case str():
            _word(value, path, since, found)
        case None:
            found[f"{path}?"] = 1.0


def _word(value, path, since, found):
    found[f"{path}~"] = len(value)
    found[f"{path}!"] = crc32(value.encode()) % 9973
    if STAMP.match(value):
        at = datetime.fromisoformat(value).timestamp()
        found[path], found[f"{path}%"] = at - since, at * 1e6 % 1000
    elif OURS.fullmatch(value):
        found[path] = int(value[:8] + value[9:13], 16) / 1000 - since
        found[f"{path}%"] = int(value[15:18], 16)
    elif digits := DIGITS.findall(value):
        found[path] = float(digits[-1][:15])


def table(rows: list[dict[str, float]]) -> tuple[np.ndarray, list[str]]:
    """Rows of features as numbers; what a row lacks is far below everything, and what never varies is left out."""
    names = sorted({name for row in rows for name in row})
    numbers = np.array([[row.get(name, -1e12) for name in names] for row in rows])
    varies = (numbers != numbers[0]).any(axis=0)
    return numbers[:, varies], [name for name, kept in zip(names, varies, strict=True) if kept]


def auc(scores: np.ndarray, golden: np.ndarray) -> float:
    """The chance that one of the kind scores higher than one of the other; a tie is half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        ranks[scores == value] = ranks[scores == value].mean()
    ones = int(golden.sum())
    return float((ranks[golden].sum() - ones * (ones + 1) / 2) / (ones * (len(golden) - ones)))


def told_apart(numbers: np.ndarray, golden: np.ndarray, *, folds: int = 5) -> float:
    """The AUC of boosted stumps on stretches of time that they have not seen.

    Neighbours show each other (the item closed last), and two golden ones seldom follow one another: who had learnt
    from both neighbours of an item would know them, and so guess it. A client knows of none.
    """
    fold = np.arange(len(golden)) * folds // len(golden)
    scores = np.empty(len(golden))
    for number in range(folds):
        seen = fold != number
        predict = boosted(numbers[seen], golden[seen])
        scores[~seen] = predict(numbers[~seen])
    return auc(scores, golden)


def boosted(numbers: np.ndarray, golden: np.ndarray, *, rounds: int = 60, rate: float = 0.3, bins: int = 16):
    """Stumps boosted on the logistic loss; gives what predicts the log odds of rows."""
    cuts = [np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)[1:-1])) for column in numbers.T]
    placed = np.stack([np.searchsorted(cut, column, side="right") for cut, column in zip(cuts, numbers.T, strict=True)])
    base = np.log(golden.mean() / (1 - golden.mean()))
    odds, stumps = np.full(len(golden), base), []
    flat = placed + (np.arange(len(placed)) * bins)[:, None]
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-odds))
        slopes = np.bincount(flat.ravel(), np.tile(golden - chance, len(placed)), len(placed) * bins).reshape(-1, bins)
        weights = np.bincount(flat.ravel(), np.tile(chance * (1 - chance), len(placed)), len(placed) * bins)
        left, heavy = slopes.cumsum(1), weights.reshape(-1, bins).cumsum(1)
        right, light = left[:, -1:] - left, heavy[:, -1:] - heavy
        gain = left**2 / (heavy + 1) + right**2 / (light + 1)
        column, cut = np.unravel_index(gain[:, :-1].argmax(), gain[:, :-1].shape)
        low = rate * left[column, cut] / (heavy[column, cut] + 1)
        high = rate * right[column, cut] / (light[column, cut] + 1)
        odds = odds + np.where(placed[column] <= cut, low, high)
        stumps.append((column, cut, low, high))

    def predict(rows: np.ndarray) -> np.ndarray:
        found = np.full(len(rows), base)
        for column, cut, low, high in stumps:
            found += np.where(np.searchsorted(cuts[column], rows[:, column], side="right") <= cut, low, high)
        return found

    return predict
