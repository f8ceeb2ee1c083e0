"""The second stage of the text expert: a small transformer over characters, their sounds and their pairs.

A ``transformers`` ``PreTrainedModel`` with its own config and tokenizer. Importing this module imports torch, so nobody
does who does not need it. A score does not depend on padding: pairs are made of real characters only, and attention
and every pooling look at the mask.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizer
from transformers.modeling_outputs import SequenceClassifierOutput

from models.bare import ATTENTION_HEADS, pairs
from models.card import HEADS
from models.tensors import pack, unpack
from models.tokens import BEGIN, LONGEST, MASK, NAMED, PAD, UNKNOWN, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FAR: Final = -1e4


class EncoderConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """Sizes: characters known, syllables, hashed pairs (a prime), width, layers."""

    model_type = "qingliu_encoder"

    def __init__(  # noqa: PLR0913 - sizes, each by its name
        self,
        *,
        vocabulary: int = 6000,
        sounds: int = 512,
        pairs: int = 65_521,
        width: int = 128,
        layers: int = 3,
        attention_heads: int = ATTENTION_HEADS,
        **rest: Any,
    ) -> None:
        self.vocabulary, self.sounds, self.pairs = vocabulary, sounds, pairs
        self.width, self.layers, self.attention_heads = width, layers, attention_heads
        super().__init__(**rest)


class Layer(nn.Module):
    """Attention and a feed-forward step, each added to what came in."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.attention_heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked, self.told = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wider, self.narrower = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """``seen`` is added to the weights of attention: 0, or so little that nothing comes through."""
        texts, length, width = hidden.shape
        shape = (texts, length, self.heads, width // self.heads)
        query, key, value = (
            one.reshape(shape).transpose(1, 2) for one in self.asked(self.before(hidden)).split(width, dim=2)
        )
        weights = query @ key.transpose(2, 3) * (width // self.heads) ** -0.5 + seen
        mixed = (weights.softmax(dim=3) @ value).transpose(1, 2).reshape(texts, length, width)
        hidden = hidden + self.told(mixed)
        wide = functional.gelu(self.wider(self.between(hidden)))
        return cast("torch.Tensor", hidden + self.narrower(wide))


class Encoder(PreTrainedModel):  # type: ignore[no-untyped-call]
    """Character ids in, a logit a head out. ``sound_of`` says which syllable each id is heard as."""

    config_class = EncoderConfig
    base_model_prefix = "encoder"

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        width = config.width
        self.chars = nn.Embedding(config.vocabulary, width, padding_idx=PAD)
        self.syllables = nn.Embedding(config.sounds, width, padding_idx=PAD)
        self.pairs = nn.Embedding(config.pairs, width, sparse=True)
        self.places = nn.Embedding(LONGEST + 1, width)
        self.sound_of: torch.Tensor
        self.register_buffer("sound_of", torch.zeros(config.vocabulary, dtype=torch.long))
        self.entry, self.exit = nn.LayerNorm(width), nn.LayerNorm(width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.classifier = nn.Linear(3 * width, config.num_labels or len(HEADS))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.05)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **_rest: Any
    ) -> SequenceClassifierOutput:
        """Logits of shape (texts, heads)."""
        return SequenceClassifierOutput(logits=self.logits(input_ids, attention_mask))

    def logits(self, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The mean, the largest and the first of the vectors, brought to a number a head."""
        held = (ids != PAD) if mask is None else mask.bool()
        hidden = self.hidden(ids, held)
        column = held[:, :, None]
        mean = (hidden * column).sum(dim=1) / column.sum(dim=1).clamp(min=1)
        top = hidden.masked_fill(~column, _FAR).amax(dim=1)
        return cast("torch.Tensor", self.classifier(torch.cat([mean, top, hidden[:, 0]], dim=1)))

    def hidden(self, ids: torch.Tensor, held: torch.Tensor) -> torch.Tensor:
        """A vector a character."""
        before = torch.cat([torch.full_like(ids[:, :1], PAD), ids[:, :-1]], dim=1)
        pair = pairs(before, ids, self.config.pairs)
        both = (held & (before > MASK) & (ids > MASK))[:, :, None]
        places = self.places(torch.arange(ids.shape[1], device=ids.device))
        hidden = self.chars(ids) + self.syllables(self.sound_of[ids]) + self.pairs(pair) * both + places
        hidden = self.entry(hidden)
        seen = (~held).to(hidden.dtype)[:, None, None, :] * _FAR
        for layer in self.layers:
            hidden = layer(hidden, seen)
        return cast("torch.Tensor", self.exit(hidden))

    def guesses(self, hidden: torch.Tensor) -> torch.Tensor:
        """What stood where characters were masked: logits over the vocabulary."""
        return functional.linear(hidden, self.chars.weight)


class EncoderTokenizer(PreTrainedTokenizer):
    """One token a character, as it is shown after folding."""

    vocab_files_names: Final = {"vocab_file": "vocabulary.safetensors"}  # type: ignore[misc]
    model_input_names: Final = ["input_ids", "attention_mask"]  # type: ignore[misc]

    def __init__(self, vocab_file: str | None = None, *, known: Vocabulary | None = None, **rest: Any) -> None:
        if known is None:
            known = Vocabulary(**unpack(Path(str(vocab_file)).read_bytes()))
        self.known = known
        self._tokens = [*NAMED, *map(chr, known.chars[len(NAMED) :].tolist())]
        self._numbers = {token: number for number, token in enumerate(self._tokens)}
        names = dict(zip(("pad_token", "mask_token", "unk_token", "cls_token"), NAMED, strict=True))
        super().__init__(**(names | rest))  # type: ignore[no-untyped-call]

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return self.known.size

    def get_vocab(self) -> dict[str, int]:
        """Tokens and their ids."""
        return dict(self._numbers)

    def _tokenize(self, text: str, **_rest: Any) -> list[str]:
        return [self._tokens[number] for number in self.known.ids(text)[:LONGEST].tolist()]

    def _convert_token_to_id(self, token: str) -> int:
        return self._numbers.get(token, UNKNOWN)

    def _convert_id_to_token(self, index: int) -> str:
        return self._tokens[index] if index < len(self._tokens) else NAMED[UNKNOWN]

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """``[CLS]`` and the text."""
        return [BEGIN, *token_ids_0, *(token_ids_1 or [])]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str]:
        """Writes the tables as safetensors."""
        name = self.vocab_files_names["vocab_file"]
        path = Path(save_directory) / (f"{filename_prefix}-{name}" if filename_prefix else name)
        path.write_bytes(pack({"codes": self.known.codes, "chars": self.known.chars, "sounds": self.known.sounds}))
        return (str(path),)


def made(known: Vocabulary, sizes: Mapping[str, int], heads: int = len(HEADS)) -> Encoder:
    """A model without knowledge for a vocabulary."""
    sounds = int(known.sounds.max()) + 1
    model = Encoder(EncoderConfig(vocabulary=known.size, sounds=sounds, num_labels=heads, **sizes))
    model.sound_of.copy_(torch.from_numpy(known.sounds.astype(np.int64)))
    return model


def run(known: Vocabulary, sizes: Mapping[str, int], parameters: Mapping[str, Any]) -> Callable[[Any], Any]:
    """What computes the logits of rows of ids with one thread of torch."""
    torch.set_num_threads(1)
    model = filled(known, sizes, parameters)

    def logits(ids: Any) -> Any:
        with torch.inference_mode():
            return model.logits(torch.from_numpy(ids)).numpy()

    return logits


def filled(known: Vocabulary, sizes: Mapping[str, int], parameters: Mapping[str, Any]) -> Encoder:
    """A model with these parameters, all that it has, ready to answer."""
    model = made(known, sizes, len(parameters["classifier.bias"]))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(parameters[name]))
    model.train(mode=False)
    return model
