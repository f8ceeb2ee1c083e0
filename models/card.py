"""The card of a model: what it was trained on, how good it is, what it must answer. The loader believes nothing else.

A card is a JSON file under ``cards/``; the weights that it names lie under ``weights/`` beside that folder.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models.tensors import WeightsRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA: Final = "qingliu-card/1"
HOME: Final = Path(__file__).parent
HEADS: Final = (
    *("abuse", "porn", "gambling", "fraud", "diversion", "illicit", "spam", "ad_law"),
    *("violence", "self_harm", "minors", "privacy", "rumor", "negative"),
)
"""Abuse and hate; porn; gambling; fraud; luring away and paid reviews; forbidden goods and services; spam; advertising
law; violence and terror; self-harm; harm to minors; leaks of personal data; rumours; negative mood."""

_OF_ONE_STAGE: Final = ("sizes", "beside", "stacking", "stacking_long", "band")
REVIEWED: Final = HEADS[:-1]
"""The heads that may ask for review. A bad mood is worth knowing and breaks no rule."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A text and the integer logits that the weights must give for it, one a head."""

    text: str
    logits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling of one head: probability = 1 / (1 + exp(-(slope · logit / 1000 + offset)))."""

    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class Stacked:
    """Both stages in one head: a probability of log odds first · (the first's) + second · (the second's) + offset."""

    first: float
    second: float
    offset: float


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of a model. ``thresholds`` are calibrated probabilities at which a head asks for review.

    A first stage is uncertain of a text with a score within ``band`` of its threshold: a second one should read it too.
    A second stage has ``sizes`` of its parts, ``stacking`` with the first stage of sha256 ``beside``, of short texts
    and of long ones (``second.lengthy``), and thresholds for both together. Without ``stacking_long`` all are short.
    """

    name: str
    kind: str
    weights: str
    sha256: str
    bits: int
    labels: tuple[str, ...]
    calibration: Mapping[str, Calibration]
    thresholds: Mapping[str, float]
    golden: tuple[Golden, ...]
    data: Sequence[Mapping[str, Any]]
    metrics: Mapping[str, Any]
    reproduce: str
    limits: str
    schema: str = SCHEMA
    sizes: Mapping[str, int] = field(default_factory=dict)
    beside: str = ""
    stacking: Mapping[str, Stacked] = field(default_factory=dict)
    stacking_long: Mapping[str, Stacked] = field(default_factory=dict)
    band: float = 0.0


def write_card(card: Card, path: Path) -> None:
    """Writes the card as JSON that a person can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {name: value for name, value in asdict(card).items() if value or name not in _OF_ONE_STAGE}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_card(path: Path, *, older: bool = False) -> Card:
    """The card in a file. An ``older`` one may lack heads: such a model can teach, and answers nobody.

    Raises:
        WeightsRefused: when it is missing, no card, of another schema, or has labels that this program does not know.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        card = _card(told)
    except OSError as error:
        raise WeightsRefused(
            f"模型卡无法读取：{path.name}", f"{path.name}: the card cannot be read: {error.strerror}"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsRefused(f"{path.name} 不是模型卡：{error!r}", f"{path.name}: is no card: {error!r}") from None
    if card.schema != SCHEMA:
        raise WeightsRefused(
            f"{path.name}：格式为 {card.schema!r}，应为 {SCHEMA!r}",
            f"{path.name}: schema {card.schema!r}, expected {SCHEMA!r}",
        )
    if card.labels != tuple(head for head in HEADS if head in card.labels or not older):
        raise WeightsRefused(
            f"{path.name}：标签为 {'、'.join(card.labels)}，应为 {'、'.join(HEADS)}",
            f"{path.name}: labels {', '.join(card.labels)}; expected {', '.join(HEADS)}",
        )
    if Path(card.weights).name != card.weights:
        raise WeightsRefused(
            f"{path.name}：权重应为单个文件名，不能是 {card.weights!r}",
            f"{path.name}: weights must be a plain file name, not {card.weights!r}",
        )
    stackings = [card.stacking, card.stacking_long] if card.stacking_long else [card.stacking]
    if card.beside and any(stacking.keys() != set(card.labels) for stacking in stackings):
        raise WeightsRefused(
            f"{path.name}：stacking 须列出且只列出全部标签", f"{path.name}: stacking must name every head and no other"
        )
    if card.calibration.keys() != set(card.labels) or card.thresholds.keys() != set(card.labels):
        raise WeightsRefused(
            f"{path.name}：calibration 与 thresholds 须列出且只列出全部标签",
            f"{path.name}: calibration and thresholds must name every head and no other",
        )
    if not all(map(math.isfinite, _numbers(card))):
        raise WeightsRefused(
            f"{path.name}：calibration、stacking、thresholds 或 band 中有不是数字的值",
            f"{path.name}: calibration, stacking, thresholds or band hold something that is no number",
        )
    if not card.golden:
        raise WeightsRefused(
            f"{path.name}：没有用来核对权重的 golden 值",
            f"{path.name}: has no golden logits to check the weights against",
        )
    return card


def _numbers(card: Card) -> list[float]:
    scaled = [number for told in card.calibration.values() for number in (told.slope, told.offset)]
    stacked = [*card.stacking.values(), *card.stacking_long.values()]
    return [
        *card.thresholds.values(),
        card.band,
        *scaled,
        *(number for told in stacked for number in (told.first, told.second, told.offset)),
    ]


def read_weights(card: Card, folder: Path) -> bytes:
    """The bytes of the card's weights in ``folder``. Raises ``WeightsRefused`` when their digest is another."""
    path = folder / card.weights
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsRefused(f"权重无法读取：{path.name}", f"{path.name}: cannot be read: {error.strerror}") from None
    if (found := sha256(data).hexdigest()) != card.sha256:
        raise WeightsRefused(
            f"{path.name} 与模型卡不符：SHA-256 为 {found[:16]}…，模型卡记为 {card.sha256[:16]}…",
            f"{path.name}: sha256 {found[:16]}…, the card says {card.sha256[:16]}…",
        )
    return data


def _card(told: dict[str, Any]) -> Card:
    unknown = told.keys() - {known.name for known in fields(Card)}
    if unknown:
        raise ValueError(f"unknown entries {', '.join(sorted(unknown))}")
    told["labels"] = tuple(map(str, told["labels"]))
    told["calibration"] = {
        head: Calibration(float(scaling["slope"]), float(scaling["offset"]))
        for head, scaling in told["calibration"].items()
    }
    told["thresholds"] = {head: float(threshold) for head, threshold in told["thresholds"].items()}
    told["golden"] = tuple(Golden(str(row["text"]), tuple(map(int, row["logits"]))) for row in told["golden"])
    told["bits"], told["band"] = int(told["bits"]), float(told.get("band", 0))
    told["sizes"] = {str(name): int(size) for name, size in told.get("sizes", {}).items()}
    told["stacking"], told["stacking_long"] = _stacking(told, "stacking"), _stacking(told, "stacking_long")
    return Card(**told)


def _stacking(told: Mapping[str, Any], name: str) -> dict[str, Stacked]:
    return {
        head: Stacked(float(row["first"]), float(row["second"]), float(row["offset"]))
        for head, row in told.get(name, {}).items()
    }
