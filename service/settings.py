"""The settings: environment (``QINGLIU_…``), then ``qingliu.toml``, then these defaults. No logic beyond checking them.

Every duration is in seconds, every size in bytes unless its name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping  # noqa: TC003 - pydantic reads it at run time
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import orjson
from pydantic import AfterValidator, DirectoryPath, Field, PositiveFloat, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from moderation.types import Scene  # noqa: TC001 - pydantic reads it at run time

REPOSITORY = Path(__file__).resolve().parent.parent

_APART = {"data", "host", "port", "lexicons", "scenes", "models", "secret", "audit_key", "audit_witnesses"}
"""Where the service runs rather than how it judges: changing one is no change of the rules of the house. A
secret is told to nobody, not even as part of a digest."""


def _hexadecimal(secret: SecretStr) -> SecretStr:
    if not re.fullmatch("[0-9a-fA-F]{64}", secret.get_secret_value()):
        raise PydanticCustomError("not_a_key", "expected 64 hexadecimal digits")
    return secret


ELSEWHERE: Final = ("lang", "chromium")
"""What else the environment may say, that is no setting of the service: how commands speak, and where a browser is."""


def unknown_in(environ: Iterable[str]) -> set[str]:
    """The variables that are named like settings and are none: a slip of the pen would otherwise change nothing."""
    prefix = "qingliu_"
    known = {prefix + name for name in (*Settings.model_fields, *ELSEWHERE)}
    return {name for name in environ if name.lower().startswith(prefix) and name.lower() not in known}


class Settings(BaseSettings):
    """What an operator may set. Options given in code (the command line's) win over all other sources."""

    model_config = SettingsConfigDict(
        env_prefix="QINGLIU_", toml_file="qingliu.toml", extra="forbid", frozen=True, validate_default=True
    )

    data: Path = Path("data")
    """The data directory; the SQLite file, the pid file, the secret and its check value, the audit log's key, weights
    trained from labels, archived rules and weights, exported packs and nothing else live in it."""
    secret: Annotated[SecretStr, AfterValidator(_hexadecimal)] | None = None
    """The house's secret as 64 hexadecimal digits; without it the file ``secret`` in the data directory holds one."""
    lexicons: DirectoryPath = REPOSITORY / "lexicons"
    scenes: DirectoryPath = REPOSITORY / "moderation" / "scenes"
    """Scene policies."""

    expert: Literal["ngram", "off"] = "ngram"
    """The text expert that scenes hear; ``off``: rules judge alone, and nothing counts as missing."""
    models: DirectoryPath = REPOSITORY / "models"
    """Where its card and weights lie, in ``cards`` and ``weights``."""
    expert_deadline: float = Field(default=0.2, gt=0)
    """So long a verdict waits for the expert, and goes on without it; then ``when_missing`` of its scene holds."""
    expert_deadline_live_chat: float = Field(default=0.05, gt=0)
    batch_deadline: float = Field(default=10.0, gt=0)
    """So long the verdicts of a batch wait for either stage: nobody waits for the first while the last is read."""
    expert_queue: int = Field(default=2048, ge=64)
    """Contents that may wait for the expert; more are judged without it."""

    second_stage: str = "auto"
    """The expert's second stage, for scenes whose policy asks for it. ``auto``: the encoder, where it was
    fitted beside the active first stage, else none; ``encoder``: refuses to start
    without it; ``off``; anything else: the folder, or the hub id, of a Hugging Face classifier in its place."""
    second_runtime: Literal["auto", "torch", "onnx", "numpy"] = "auto"
    """What computes the encoder; ``auto`` takes torch where it is installed."""
    second_labels: dict[str, str] = Field(default_factory=dict)
    """For a Hugging Face classifier: which of its labels speaks for which head, as ``{"toxic" = "abuse"}``."""
    second_download: bool = False
    """Whether a hub id may be downloaded; otherwise it has to lie in the local cache."""
    second_deadline: float = Field(default=5.0, gt=0)
    """So long a verdict waits for the second stage, and goes on with the first alone, ``missing`` it."""
    second_budget: float = Field(default=0.05, gt=0)
    """So long in scenes that ask for it where the first stage is uncertain."""
    second_queue: int = Field(default=1024, ge=16)
    """Contents that may wait for the second stage; more are judged without it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    max_body: int = Field(default=256 * 1024, ge=1024)
    """One content's body."""
    max_batch_body: int = Field(default=8 * 1024 * 1024, ge=1024)
    max_batch_items: int = Field(default=1000, ge=1)
    max_batch_chars: int = Field(default=1_000_000, ge=1)
    max_content_chars: int = Field(default=20_000, ge=1)
    """The sum over a content's parts."""

    header_deadline: float = Field(default=10.0, gt=0)
    body_deadline: float = Field(default=20.0, gt=0)
    keepalive: float = Field(default=75.0, ge=0)
    shutdown_deadline: float = Field(default=20.0, gt=0)

    rate_limit: int = Field(default=100_000, ge=1)
    """Requests a key may send within ``rate_window`` (a whole batch is one)."""
    rate_window: int = Field(default=60, ge=1)

    session_life: float = Field(default=12 * 3600.0, ge=60)
    """So long a person stays signed in, whatever they do."""
    proxies: int = Field(default=0, ge=0, le=8)
    """Reverse proxies in front of the service that add the client's address to ``X-Forwarded-For``."""

    queue_rows: int = Field(default=16_384, ge=1)
    """Decisions that may wait for the disk before new requests are turned away."""
    queue_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    """Bytes of content that may wait likewise."""
    group_rows: int = Field(default=512, ge=1)
    """Decisions that share one commit at most (a batch is never split)."""
    busy_timeout: float = Field(default=5.0, gt=0)
    """How long to wait for another process that writes to the same database."""

    review_due: Mapping[Scene, PositiveFloat] = Field(default_factory=dict)
    """By scene, how long people have to decide; other scenes keep the times of ``service.review.urgency``."""
    review_lease: float = Field(default=600.0, gt=0)
    """So long somebody holds an item that they claimed, unless they say that they still work on it."""
    second_review_share: float = Field(default=0.05, ge=0, le=1)
    """The share of people's decisions that somebody else decides again without knowing the first."""
    second_review_severity: int = Field(default=3, ge=0, le=5)
    """From this severity on every decision is; 5 leaves it to the share."""
    golden_share: float = Field(default=0.03, ge=0, le=0.5)
    """So many golden items come into the queue for each other one, where golden ones of its sort are there."""
    even_answers: float = Field(default=0.05, ge=0, le=1)
    """Answers about an item come at multiples of so many seconds to whom golden items test; 0: at once."""
    severe_per_hour: int = Field(default=60, ge=1)
    """So many items of severe categories of safety somebody gets within an hour."""
    appeal_days: float = Field(default=15.0, gt=0, le=3650)
    """So many days after a block its creator may appeal: from when they were told, or else from the decision."""
    audit_origin: str = Field(default="qingliu", pattern=r"^[^\s+]{1,200}$")
    """The name of the audit log in its checkpoints, which no other has: as ``moderation.example.com/log``."""
    audit_key: Annotated[SecretStr, AfterValidator(_hexadecimal)] | None = None
    """The log's signing key (Ed25519) as 64 hexadecimal digits; without it the file ``audit.key`` holds one."""
    audit_seconds: float = Field(default=60.0, gt=0, le=60)
    """So long an act waits at most for a signed checkpoint; a thousand acts do not wait."""
    seal_contents: bool = False
    """Whether what contents say is stored sealed, with a key for each person (AES-256-GCM) that the house's secret
    wraps: to erase a person is then to destroy the key, in old backups too. What was stored in plain stays so."""
    audit_witnesses: tuple[str, ...] = ()
    """The public keys of witnesses whose cosignatures are kept, as ``qingliu witness`` prints them."""
    formulas: DirectoryPath | None = None
    """The folder of the creator formula and the presets, instead of those that come with the package."""
    boost_cache: int = Field(default=262_144, ge=16)
    """So many standings of creators are kept in memory."""
    boost_budget: int = Field(default=1_000_000, ge=0)
    """Extra impressions that rankings may give away a day, for each tenant; then what one creator, what one category
    may get of them."""
    boost_per_creator: int = Field(default=20_000, ge=0)
    boost_per_category: int = Field(default=500_000, ge=0)
    boost_exploration: int = Field(default=80, ge=50, le=100)
    """What of each ranking is for newcomers, permille."""
    trial_days: int = Field(default=7, ge=0)
    """So many days a stage of a trial lasts at least, with both scores shown."""
    trial_sample: int = Field(default=100, ge=2)
    """So many creators each side of a trial has at least before it goes to everybody."""
    live_rooms: int = Field(default=10_000, ge=1)
    """Live rooms that are kept in memory."""
    live_idle: float = Field(default=600.0, gt=0)
    """So long a room is kept in which nothing happens and to which nobody listens."""
    live_queue: int = Field(default=16_384, ge=64)
    """Messages of live rooms that may wait to be judged before new ones are turned away; the last quarter is kept for
    tenants of which less than a quarter waits."""
    live_streams: int = Field(default=4096, ge=1)
    """WebSockets that may be open; the last quarter is kept for tenants that have less than a quarter."""
    live_credits: int = Field(default=256, ge=1)
    """Messages that a client of a stream may have sent without an answer."""
    live_buffer: int = Field(default=128 * 1024, ge=4096)
    """What may wait for a client of a stream before it is closed for reading too slowly."""
    live_silence: float = Field(default=30.0, gt=0)
    """So long a client may be silent before it is sent a ping, and again before it is closed."""
    four_eyes: bool = True
    """Whether rules change over the interface only by a proposal that a second person approved. The operator at the
    command line may always; ``false`` lets whoever may change lexicons do it alone."""
    webhook_private: bool = False
    """Whether notices may be sent by http and to addresses in private networks, for receivers in one's own house."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "qingliu.db"

    @property
    def trained(self) -> Path:
        """Where weights trained from labels lie, by their digest."""
        return self.data / "models"

    @property
    def pid_file(self) -> Path:
        """Where a running service leaves its process id for ``qingliu reload``."""
        return self.data / "qingliu.pid"

    @property
    def secret_file(self) -> Path:
        """Where the house's secret lies when no setting gives it."""
        return self.data / "secret"

    @property
    def secret_check(self) -> Path:
        """Where a value lies by which another secret is known."""
        return self.data / "secret.check"

    @property
    def audit_key_file(self) -> Path:
        """Where the audit log's signing key lies when no setting gives it."""
        return self.data / "audit.key"

    @property
    def exports(self) -> Path:
        """Where packs are made and kept."""
        return self.data / "exports"

    @property
    def archived(self) -> Path:
        """Where rules and weights that were judged by are kept, by their content."""
        return self.data / "archive"

    def fingerprint(self) -> str:
        """16 hex digits over every setting that changes how the service behaves (not where it runs)."""
        told = self.model_dump(mode="json", exclude=_APART)
        return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Code, then environment, then the TOML file of the working directory."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
