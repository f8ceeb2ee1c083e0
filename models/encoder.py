"""The second stage of the text expert: a small transformer over characters, their sounds and their pairs.

A ``transformers`` ``PreTrainedModel`` with its own config and tokenizer, so that any other sequence classifier can take
its place. Torch is imported here and nowhere else in the serving path. A score does not depend on padding: pairs are
made of real characters only, and every pooling looks at the mask.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizer
from transformers.modeling_outputs import SequenceClassifierOutput

from models.card import HEADS
from models.features import Alphabet, alphabet, shown_codes

PAD, MASK, UNKNOWN, BEGIN = 0, 1, 2, 3
SPECIAL: Final = 4
LONGEST: Final = 128
"""Characters read of a text; what is longer is the first stage's work."""
_PAIR: Final = 0x9E3779B1


class EncoderConfig(PreTrainedConfig):  # type: ignore[misc]
    """Sizes. ``vocabulary`` is the number of characters known, ``sounds`` of syllables, ``pairs`` of hashed bigrams."""

    model_type = "qingliu_encoder"

    def __init__(
        self,
        *,
        vocabulary: int = 6000,
        sounds: int = 512,
        pairs: int = 1 << 16,
        width: int = 128,
        layers: int = 3,
        attention_heads: int = 4,
        dropout: float = 0.1,
        **rest: Any,
    ) -> None:
        self.vocabulary, self.sounds, self.pairs = vocabulary, sounds, pairs
        self.width, self.layers, self.attention_heads, self.dropout = width, layers, attention_heads, dropout
        rest.setdefault("num_labels", len(HEADS))
        super().__init__(**rest)


class Encoder(PreTrainedModel):  # type: ignore[misc]
    """Character ids in, a logit a head out. ``sound_of`` is a buffer: which syllable each character id is heard as."""

    config_class = EncoderConfig
    base_model_prefix = "encoder"

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        width = config.width
        self.chars = nn.Embedding(config.vocabulary, width, padding_idx=PAD)
        self.sounds = nn.Embedding(config.sounds, width, padding_idx=PAD)
        self.pairs = nn.Embedding(config.pairs, width)
        self.places = nn.Embedding(LONGEST + 2, width)
        self.register_buffer("sound_of", torch.zeros(config.vocabulary, dtype=torch.long))
        self.entry = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        layer = nn.TransformerEncoderLayer(
            width, config.attention_heads, 4 * width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.classifier = nn.Linear(3 * width, config.num_labels)
        self.guess = nn.Linear(width, width)
        self.post_init()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **_rest: Any
    ) -> SequenceClassifierOutput:
        """Logits of shape (texts, heads)."""
        mask = (input_ids != PAD) if attention_mask is None else attention_mask.bool()
        hidden = self.hidden(input_ids, mask)
        held = mask[:, :, None]
        mean = (hidden * held).sum(1) / held.sum(1).clamp(min=1)
        top = hidden.masked_fill(~held, -1e4).amax(1)
        pooled = torch.cat([mean, top, hidden[:, 0]], dim=1)
        return SequenceClassifierOutput(logits=self.classifier(self.dropout(pooled)))

    def hidden(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """A vector a character."""
        before = functional.pad(ids, (1, 0))[:, :-1]
        pair = ((before * _PAIR + ids * 31) >> 7) % self.config.pairs
        pairs = self.pairs(pair) * (mask & (before > MASK) & (ids > MASK))[:, :, None]
        places = self.places(torch.arange(ids.shape[1], device=ids.device))
        entered = self.chars(ids) + self.sounds(self.sound_of[ids]) + pairs + places
        return cast("torch.Tensor", self.layers(self.dropout(self.entry(entered)), src_key_padding_mask=~mask))

    def guesses(self, hidden: torch.Tensor) -> torch.Tensor:
        """What stood where characters were masked: logits over the vocabulary."""
        return functional.linear(functional.gelu(self.guess(hidden)), self.chars.weight)


class EncoderTokenizer(PreTrainedTokenizer):  # type: ignore[misc]
    """One token a character, as it is shown after folding. ``vocab.json`` maps characters to ids."""

    vocab_files_names: Final = {"vocab_file": "vocab.json"}  # type: ignore[misc]
    model_input_names: Final = ["input_ids", "attention_mask"]  # type: ignore[misc]

    def __init__(self, vocab_file: str | None = None, *, chars: str = "", **rest: Any) -> None:
        if vocab_file:
            self._ids = cast("dict[str, int]", json.loads(Path(vocab_file).read_text(encoding="utf-8")))
        else:
            named = ("[PAD]", "[MASK]", "[UNK]", "[CLS]")
            self._ids = {token: number for number, token in enumerate([*named, *dict.fromkeys(chars)])}
        self._tokens = {number: token for token, number in self._ids.items()}
        self._letters: Alphabet = alphabet()
        names = {"pad_token": "[PAD]", "mask_token": "[MASK]", "unk_token": "[UNK]", "cls_token": "[CLS]"}
        super().__init__(**(names | rest))

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return len(self._ids)

    def get_vocab(self) -> dict[str, int]:
        """Tokens and their ids."""
        return dict(self._ids)

    def ids(self, text: str) -> list[int]:
        """A text's ids, ``BEGIN`` first; at most ``LONGEST`` characters of it."""
        known = self._ids.get
        shown = "".join(map(chr, shown_codes(text, self._letters)[:LONGEST].tolist()))
        return [BEGIN, *(known(char, UNKNOWN) for char in shown)]

    def _tokenize(self, text: str, **_rest: Any) -> list[str]:
        return list(map(chr, shown_codes(text, self._letters)[:LONGEST].tolist()))

    def _convert_token_to_id(self, token: str) -> int:
        return self._ids.get(token, UNKNOWN)

    def _convert_id_to_token(self, index: int) -> str:
        return self._tokens.get(index, "[UNK]")

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """``[CLS]`` and the text."""
        return [BEGIN, *token_ids_0, *(token_ids_1 or [])]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str]:
        """Writes ``vocab.json``."""
        path = Path(save_directory) / f"{filename_prefix + '-' if filename_prefix else ''}vocab.json"
        path.write_text(json.dumps(self._ids, ensure_ascii=False), encoding="utf-8")
        return (str(path),)

    def heard(self) -> torch.Tensor:
        """For each id, the number of the syllable that it is heard as; characters without one share 0 with padding."""
        sounds: dict[int, int] = {}
        numbers = []
        for token in self._ids:
            code = int(self._letters.heard[ord(token)]) if len(token) == 1 and ord(token) < 0x10000 else 0  # noqa: PLR2004
            numbers.append(sounds.setdefault(code, len(sounds) + 1) if code >= 0xE000 else 0)  # noqa: PLR2004
        return torch.tensor(numbers)
