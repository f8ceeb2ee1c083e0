"""Any Hugging Face sequence classifier in the place of the second stage: its labels speak for heads by a map.

Nothing is downloaded unless that is allowed, no code of the checkpoint is run, and only safetensors are read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.card import HEADS, Card, Stacked
from models.second import BATCH, Both, runtime
from models.tensors import WeightsRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.ngram import Ngram

LONGEST: Final = 256
"""Tokens that are read of a text; the rest is the first stage's."""
_CONFIG: Final = "config.json"
_HUB_ID: Final = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
SHARE: Final = 0.5
"""What either stage's log odds count where a label speaks for a head: nobody has fitted them."""


@dataclass(frozen=True, slots=True)
class CheckpointChoice:
    """A checkpoint: a local folder or a hub id, which of its labels speak for which heads, whether to fetch it."""

    name: str
    labels: Mapping[str, str]
    download: bool = False


class Checkpoint:
    """A loaded classifier: log odds of the heads that its labels speak for, zero for the others."""

    def __init__(self, card: Card, tokenizer: Any, model: Any, columns: Mapping[int, int]) -> None:
        self.card = card
        self._tokenizer, self._model, self._columns = tokenizer, model, columns
        self._single = model.config.num_labels > 1 and model.config.problem_type != "multi_label_classification"

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Log odds, one row a text: texts of about one length are asked together."""
        import torch  # noqa: PLC0415 - heavy, and wanted here only

        found = np.zeros((len(texts), len(HEADS)))
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            asked = self._tokenizer(
                [texts[place] for place in places],
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            )
            with torch.inference_mode():
                odds = self._model(**asked).logits.double()
                if self._single:  # one of many: the odds against all others together
                    odds = torch.logit(odds.softmax(dim=1), eps=1e-9)
            for label, column in self._columns.items():
                found[places, column] = odds[:, label].numpy()
        return found


def sound(asked: CheckpointChoice) -> str:
    """The name of a checkpoint, once all is checked that can be without loading it. Raises as ``load`` does."""
    if runtime("torch") is None:
        raise WeightsRefused(
            f"{asked.name} 需要 torch 与 transformers：pip install 'qingliu[ml]'",
            f"{asked.name}: needs torch and transformers: pip install 'qingliu[ml]'",
        )
    if not asked.labels or not {*asked.labels.values()} <= {*HEADS}:
        heads = ", ".join(HEADS)
        raise WeightsRefused(
            f"{asked.name}：second_labels 须把它的标签对应到模型卡中的标签（{heads}）",
            f"{asked.name}: second_labels must map its labels to heads ({heads})",
        )
    if not _HUB_ID.fullmatch(asked.name) and not (Path(asked.name) / _CONFIG).is_file():
        raise WeightsRefused(
            f"{asked.name} 不是含有 {_CONFIG} 的文件夹，也不是模型库的编号",
            f"{asked.name}: is no folder with a {_CONFIG}, and no hub id",
        )
    return asked.name


def load(first: Ngram, asked: CheckpointChoice) -> Both:
    """A checkpoint beside the first stage, whose thresholds hold.

    Where a label speaks for a head the log odds of both count by half; everything else is the first stage's.

    Raises:
        WeightsRefused: when torch is missing, the checkpoint is not there or not safe, or the labels are not its own.
    """
    sound(asked)
    from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415 - heavy, wanted here only

    safe: dict[str, Any] = {"local_files_only": not asked.download, "trust_remote_code": False}
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(asked.name, **safe)
        model: Any = AutoModelForSequenceClassification.from_pretrained(asked.name, use_safetensors=True, **safe)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        why = str(error).splitlines()[0]
        raise WeightsRefused(f"{asked.name} 无法加载：{why}", f"{asked.name}: cannot be loaded: {why}") from None
    model.train(mode=False)
    columns = _columns(asked, {str(name): int(number) for name, number in model.config.label2id.items()})
    return Both(first, Checkpoint(_card(first, asked, columns), tokenizer, model, columns))


def _columns(asked: CheckpointChoice, known: Mapping[str, int]) -> dict[int, int]:
    """For each of its labels that speaks for a head, the column of the head."""
    if wrong := ", ".join(label for label in asked.labels if label not in known):
        raise WeightsRefused(
            f"{asked.name}：second_labels 中的 {wrong} 不是它的标签（{', '.join(known)}）",
            f"{asked.name}: second_labels must map its labels ({', '.join(known)}), not {wrong}",
        )
    return {known[label]: HEADS.index(head) for label, head in asked.labels.items()}


def _card(first: Ngram, asked: CheckpointChoice, columns: Mapping[int, int]) -> Card:
    stacking = {}
    for column, head in enumerate(HEADS):
        scaling = first.card.calibration[head]
        share = SHARE if column in columns.values() else 1.0
        second = SHARE if column in columns.values() else 0.0
        stacking[head] = Stacked(share * scaling.slope, second, share * scaling.offset)
    return replace(
        first.card,
        name=Path(asked.name).name,
        kind="transformers checkpoint",
        weights=asked.name,
        sha256=_digest(asked),
        beside=first.card.sha256,
        stacking=stacking,
    )


def _digest(asked: CheckpointChoice) -> str:
    """A digest of the checkpoint's files where they lie in a folder, of its name otherwise, and of the label map."""
    digest = sha256(json.dumps([asked.name, dict(asked.labels)], ensure_ascii=False).encode())
    folder = Path(asked.name)
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
