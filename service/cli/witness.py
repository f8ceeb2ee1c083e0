"""``qingliu witness``: cosigns a log's checkpoints from elsewhere, and refuses a log that is not what it was."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from time import sleep
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import orjson
import typer

from service.audit.note import NoteRefused, checkpoint_from, note_from
from service.audit.witness import LogRefused, Told, Witness
from service.cli.say import Json, err, fail, out, print_json, why
from service.cli.words import Lang, Tongue, say

_PATIENCE: Final = 20.0
_OK: Final = 200


class Unheard(Exception):
    """The service gave no answer, or not the one that was asked for."""


class Service:
    """Where a witness asks: a service's interface, by a key of scope ``audit``."""

    def __init__(self, url: str, key: str) -> None:
        self._parts, self._key = urlsplit(url), key

    def checkpoint(self) -> Told:
        """The newest checkpoint. Raises ``Unheard``."""
        told = self._asked("GET", "/v1/log/checkpoint")
        return Told(told["note"], told["keys"], told["endorsements"])

    def consistency(self, old: int, new: int) -> list[str]:
        """The proof between two sizes. Raises ``Unheard``."""
        proof: list[str] = self._asked("GET", f"/v1/log/consistency?old={old}&new={new}")["proof"]
        return proof

    def hand_in(self, note: str) -> None:
        """Hands a cosigned checkpoint in. Raises ``Unheard``."""
        self._asked("POST", "/v1/log/cosignatures", {"note": note})

    def _asked(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.netloc, timeout=_PATIENCE)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.request(
                method, self._parts.path.rstrip("/") + path, orjson.dumps(body) if body else None, headers
            )
            answer = connection.getresponse()
            told: dict[str, Any] = orjson.loads(answer.read())
        except (OSError, HTTPException, orjson.JSONDecodeError) as error:
            raise Unheard(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if answer.status != _OK:
            raise Unheard(f"{answer.status} {told.get('detail', '')} {told.get('errors', '')}")
        return told


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("witness", help="见证人：在别处为日志检查点附签；日志变小、分叉或被改写时拒绝并报错。")(witness)


def witness(  # noqa: PLR0913 - the options of a command line
    url: Annotated[str, typer.Argument(help="服务地址，如 https://moderation.example.com", show_default=False)],
    *,
    key: Annotated[
        str, typer.Option(envvar="QINGLIU_WITNESS_KEY", help="服务的 audit 权限密钥", show_default=False)
    ] = "",
    folder: Annotated[Path, typer.Option("--state", help="见证人自己的目录（密钥与所见检查点）")] = Path("witness"),
    name: Annotated[str, typer.Option(help="见证人名称")] = "witness",
    log_key: Annotated[str, typer.Option("--log-key", help="日志公钥；不给则记下首次所见", show_default=False)] = "",
    every: Annotated[float, typer.Option(help="每隔多少秒看一次；0 为只看一次", min=0)] = 0.0,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Looks once, or again and again; ends with 1 as soon as the log is not what it was."""
    try:
        keeper = Witness(folder, name, pinned=log_key)
    except NoteRefused as error:
        fail(why(error, lang.lang))
    if not json:
        out.print(
            say(lang.lang, f"见证人公钥：{keeper.signer.verifier}", f"key of this witness: {keeper.signer.verifier}"),
            markup=False,
        )
    service = Service(url, key)
    while True:
        try:
            note = keeper.look(service)
            size = checkpoint_from(note_from(note).text).size
            told = {"size": size, "key": str(keeper.signer.verifier), "note": note}
            if json:
                print_json(told)
            else:
                out.print(say(lang.lang, f"已附签检查点 {size}", f"cosigned checkpoint {size}"), markup=False)
            service.hand_in(note)
        except LogRefused as error:
            fail(say(lang.lang, f"拒绝附签（{error.code}）：{error.told.zh}", f"refused ({error.code}): {error}"))
        except Unheard as error:
            err.print(say(lang.lang, f"服务未作应答：{error}", f"no answer: {error}"), markup=False)
            if not every:
                raise typer.Exit(1) from None
        if not every:
            return
        sleep(every)
