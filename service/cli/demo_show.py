"""A believable show for the demo: what is on file, a script that is mended and approved, and what is said on air."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from moderation.types import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Post = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
    """Sends a body to a path and gives the answer, as the pipeline or as a person."""

ROOM: Final = "demo-live"
SCRIPT: Final = "demo-script"
_CLAIM: Final = "去年双11期间全国电动牙刷类目销量第一"
_OPENING: Final = "大家好，欢迎来到直播间。今天带来的是小月电动牙刷，刷头柔软，续航三十天。"
_CLOSING: Final = "想要的朋友点下方链接，支持七天无理由退货。"
_DRAFT: Final = f"{_OPENING}\n它在{_CLAIM}，数据来源某某咨询。这是国家级的品质，全网最低价！\n{_CLOSING}"
_MENDED: Final = f"{_OPENING}\n它在{_CLAIM}，数据来源某某咨询。\n{_CLOSING}"
_SAID: Final = (
    ("host_speech", "li.host", "大家好欢迎来到直播间今天带来的是小月电动牙刷刷头柔软续航三十天"),
    ("chat", "viewer-12", "主播好"),
    ("chat", "viewer-31", "这个刷头软不软"),
    ("host_speech", "li.host", f"它在{_CLAIM}数据来源某某咨询"),
    ("chat", "viewer-77", "想要更便宜的加我薇❤"),
    ("host_speech", "li.host", "说真的这就是全网最低价国家级的品质"),
    ("chat", "viewer-31", "真的假的"),
    ("host_speech", "li.host", "口误口误，不是国家级，也不是全网最低价，以页面为准"),
    ("chat", "viewer-08", "上次买的三天就坏了，客服也不理人"),
    ("host_speech", "li.host", "想要的朋友点下方链接支持七天无理由退货"),
)


async def aired(pipeline: Post, approver: Post, live: list[dict[str, Any]]) -> None:
    """Files, approves and airs a show. ``live`` are the shows that are on: an earlier run's ends first."""
    day = datetime.now(UTC).astimezone(SHANGHAI).date()
    paper = {"kind": "ccc", "number": "2020010907300000", "valid_to": str(day + timedelta(days=21))}
    product = {"product_id": "brush", "name": "小月电动牙刷", "certificates": [paper]}
    await pipeline("/v1/products", product)
    proof = {
        "claims": [_CLAIM],
        "file_sha256": "5f" * 32,
        "source": "某某咨询《电动牙刷行业报告》",
        "period": "去年双11期间",
        "scope": "全国，电动牙刷类目",
        "valid_to": str(day + timedelta(days=180)),
    }
    proofs = [(await pipeline("/v1/proofs", proof))["id"]]
    filed = {"script_id": SCRIPT, "title": "小月电动牙刷专场", "products": ["brush"], "proofs": proofs}
    await pipeline("/v1/scripts", {**filed, "text": _DRAFT})
    mended = await pipeline("/v1/scripts", {**filed, "text": _MENDED})
    note = {"note": "宣称与证明一致"} if mended["report"]["counts"]["block"] else {}
    await approver(f"/v1/scripts/{SCRIPT}/approval", {"digest": mended["digest"], **note})
    for show in live:
        if show["room_id"] == ROOM:
            await pipeline(f"/v1/shows/{show['id']}/end", {})
    host = {"host_id": "li.host", "method": "face", "checked_on": str(day)}
    await pipeline("/v1/shows", {"room_id": ROOM, "script_id": SCRIPT, "products": ["brush"], "hosts": [host]})
    run = token_hex(3)
    for number, (kind, author, text) in enumerate(_SAID):
        message = {"id": f"{run}-{number}", "kind": kind, "author_id": author, "text": text, "offset_ms": number * 9000}
        await pipeline(f"/v1/rooms/{ROOM}/messages", {"messages": [message]})
