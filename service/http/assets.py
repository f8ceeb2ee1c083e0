"""The console's static files: a closed list, read once, each under a name that holds its digest and never changes.

The verifiers of packs are among them, so that whoever has only a browser can hand them on.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from service.audit import verify_export
from service.http.answer import Answer
from service.http.problems import Problem
from service.http.routes import route
from service.rights import Right

if TYPE_CHECKING:
    from service.http.serving import Asked

_FOLDER: Final = Path(__file__).with_name("static") / "console"
_VERIFIER: Final = Path(verify_export.__file__)
_MEDIA: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
}
_DIGEST_CHARS: Final = 12
_FOREVER: Final = "public, max-age=31536000, immutable"
_NOT_MODIFIED: Final = 304


def _read() -> dict[str, tuple[str, bytes, str]]:
    """Name in the address, bytes and media type by file name."""
    found = {}
    for path in (*sorted(_FOLDER.iterdir()), _VERIFIER, _VERIFIER.with_suffix(".mjs")):
        if media := _MEDIA.get(path.suffix):
            body = path.read_bytes()
            digest = sha256(body).hexdigest()[:_DIGEST_CHARS]
            found[path.name] = (f"{path.stem}.{digest}{path.suffix}", body, f"{media}; charset=utf-8")
    return found


_FILES: Final = _read()
_BY_ADDRESS: Final = {address: (body, media) for address, body, media in _FILES.values()}


def address(name: str) -> str:
    """Where a file is served. Raises ``KeyError`` for one that is not there."""
    return f"/static/{_FILES[name][0]}"


@route("GET", "/static/{file}", policy=Right.OPEN, gives="text/plain", shown=False)
async def static(asked: Asked) -> Answer:
    """A file of the console. No path from a request reaches the disk."""
    file = asked.found["file"]
    found = _BY_ADDRESS.get(file)
    if found is None:
        raise Problem("not-found")
    body, media = found
    tag = f'"{file.split(".")[-2]}"'
    headers = {"ETag": tag, "Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff", "Content-Type": media}
    if asked.request.headers.get("If-None-Match") == tag:
        return Answer(b"", status=_NOT_MODIFIED, headers=headers)
    return Answer(body, headers=headers)


ROUTES: Final = (static,)
