"""The second stage as an ONNX file: written with torch, run without it. The file is checked like any weights.

It names the weights that it was made from, and answers the card's golden texts before it is asked anything else.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.card import HOME, read_card, read_weights
from models.second import NAME, file_in, opened, unpacked
from models.tensors import WeightsRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ORIGIN: Final = "qingliu_weights_sha256"
_SET: Final = 18


def export(folder: Path = HOME) -> Path:
    """Writes the ONNX file of the second stage beside its weights, and checks it. Raises ``WeightsRefused``."""
    import torch  # noqa: PLC0415 - heavy, and wanted here only

    encoder = importlib.import_module("models.encoder")
    card = read_card(folder / "cards" / f"{NAME}.json")
    known, parameters = unpacked(read_weights(card, folder / "weights"), card.sizes)
    model = encoder.filled(known, card.sizes, parameters)
    model.forward = model.logits
    path = file_in(folder)
    torch.onnx.export(
        model,
        (torch.ones((2, 5), dtype=torch.long),),
        str(path),
        input_names=["ids"],
        output_names=["logits"],
        dynamic_axes={"ids": {0: "texts", 1: "length"}, "logits": {0: "texts"}},
        opset_version=_SET,
        dynamo=False,
        training=torch.onnx.TrainingMode.EVAL,
    )
    onnx = importlib.import_module("onnx")
    written = onnx.load(str(path))
    onnx.helper.set_model_props(written, {ORIGIN: card.sha256})
    onnx.save(written, str(path))
    opened(card, folder, "onnx")
    return path


def run(path: Path, sha256: str) -> Callable[[Any], Any]:
    """What computes the logits of rows of ids with one thread of ONNX Runtime. Raises ``WeightsRefused``."""
    runtime = importlib.import_module("onnxruntime")
    if not path.is_file():
        raise WeightsRefused(
            f"缺少 {path.name}：请在装有 torch 的机器上用 qingliu model export 生成",
            f"{path.name} is missing: qingliu model export writes it where torch is installed",
        )
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = runtime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - whatever the runtime throws at a broken file
        raise WeightsRefused(
            f"{path.name} 不是 ONNX 文件", f"{path.name} is no ONNX file: {type(error).__name__}"
        ) from None
    if (origin := session.get_modelmeta().custom_metadata_map.get(ORIGIN, "")) != sha256:
        raise WeightsRefused(
            f"{path.name} 由权重 {origin[:16]}… 生成，模型卡记为 {sha256[:16]}…",
            f"{path.name} was made from weights {origin[:16]}…, the card says {sha256[:16]}…",
        )

    def logits(ids: Any) -> Any:
        return np.asarray(session.run(["logits"], {"ids": ids})[0])

    return logits
