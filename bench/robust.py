"""What disguises cost the text expert as it is served: each text as it stands and restored, the larger score counts.

``python -m bench.robust tests/cases/expert/eval_templates.toml [--alone]``: frames that training never sees, filled,
plain and in every disguise; ``--alone`` leaves the restoring out. Judged as user content.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bench.accuracy import DAY
from models import ngram
from models.robust import filled, robustness
from moderation.load import load_engine
from moderation.types import Content, Part, Scene
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ngram import Ngram
    from moderation.engine import Engine


class Served:
    """A model as the service asks it."""

    def __init__(self, model: Ngram, engine: Engine) -> None:
        self.card = model.card
        self._model, self._engine = model, engine

    def scores(self, texts: Sequence[str]) -> Any:
        """For each text the larger score of its wordings, a column a head."""
        found = np.zeros((len(texts), len(self.card.labels)))
        for row, text in zip(found, texts, strict=True):
            case = self._engine.examine(Content(scene=Scene.UGC, parts=(Part("text", text),), at=DAY))
            wordings = [wording.text for wording in case.wordings() if not wording.shouts]
            row[:] = self._model.scores(wordings or [text]).max(axis=0)
        return found


def main(arguments: list[str]) -> None:
    """Print the table: a row a disguise."""
    model = ngram.load(Settings().models)
    asked = model if "--alone" in arguments else cast(Any, Served(model, load_engine()))
    report = robustness(asked, filled(Path(arguments[0])))
    print(f"{'disguise':24} macro-F1   drop  recall  PR-AUC  changed")
    for kind, told in report.items():
        figures = (told[name] for name in ("macro_f1", "drop", "recall", "pr_auc", "changed"))
        print(f"{kind:24}" + "".join(f"{figure:8.3f}" for figure in figures))


if __name__ == "__main__":
    main(sys.argv[1:])
