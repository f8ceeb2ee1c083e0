"""Every error of the interface as ``application/problem+json`` (RFC 9457). What is wrong, never what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.http.answer import Answer
from service.http.language import PROBLEMS, explain
from service.rights import RIGHTS_OF, RIGHTS_OF_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError

    from moderation.reasons import Language
    from service.rights import Right

URN: Final = "urn:qingliu:problem:"
CHALLENGE: Final = 'Bearer realm="qingliu"'
"""What every 401 says of how to do better (``WWW-Authenticate``)."""
MOST_ERRORS: Final = 20
"""Errors listed in one answer; a client that sent more mistakes than this learns no more from the rest."""
_MOST_FOUND: Final = 500
"""More than come of a mistake: to make them all, of which few are told, would hold everybody up."""
_LONGEST_NAME: Final = 64
"""Field names in ``loc`` come from the sender, so they are cut."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: where, which error type, and what its sentence needs."""

    loc: tuple[str | int, ...]
    kind: str
    context: Mapping[str, Any] = field(default_factory=dict)

    def told(self, lang: Language) -> dict[str, Any]:
        """As the ``errors`` member of a problem carries it."""
        place = [name[:_LONGEST_NAME] if isinstance(name, str) else name for name in self.loc]
        return {"loc": place, "msg": explain(self.kind, lang, self.context), "type": self.kind}


class Problem(Exception):
    """A request that is answered with an error. ``kind`` names an entry of ``messages.toml``."""

    def __init__(
        self,
        kind: str,
        *,
        faults: Sequence[Fault] = (),
        context: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.faults = tuple(faults[:MOST_ERRORS])
        self.context = dict(context or {})
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        """What else the problem tells, such as the state that stands in the way."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.kind].status

    def told(self, lang: Language) -> dict[str, Any]:
        """The problem as a JSON object, without the members that only the transport knows."""
        sentence = PROBLEMS[self.kind]
        said: dict[str, Any] = {
            "type": URN + self.kind,
            "title": sentence.title[lang],
            "status": sentence.status,
            "detail": sentence.detail[lang].format_map(self.context | sentence.reason(self.context, lang)),
        }
        said |= self.members
        if self.faults:
            said["errors"] = [fault.told(lang) for fault in self.faults]
        return said

    def response(self, lang: Language, *, request_id: str = "", instance: str = "") -> Answer:
        """The whole answer."""
        said = self.told(lang)
        if instance:
            said["instance"] = instance
        if request_id:
            said["request_id"] = request_id
        headers = {"Content-Type": "application/problem+json", "Content-Language": lang, **self.headers}
        return Answer(orjson.dumps(said), status=self.status, headers=headers)


def forbidden(right: Right) -> Problem:
    """The caller lacks a right; it is told which, and who has it."""
    scopes = [scope.value for scope, rights in RIGHTS_OF_KEY.items() if right in rights]
    roles = [role.value for role, rights in RIGHTS_OF.items() if right in rights]
    needs = {"right": right.value, "scopes": scopes, "roles": roles}
    told = {"right": right.value, "scopes": ", ".join(scopes) or "–", "roles": ", ".join(roles) or "–"}
    return Problem("forbidden", context=told, members={"needs": needs})


def faults_of(error: ValidationError) -> tuple[Fault, ...]:
    """What pydantic found, without the input that it quotes.

    Of a list the models find the first wrong item alone (``fail_fast``), so what is wrong in so many places is fields.
    """
    if error.error_count() > _MOST_FOUND:
        return (Fault((), "too_many_fields"),)
    listed = error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
    places = [entry["loc"] for entry in listed]
    return tuple(
        Fault(entry["loc"], entry["type"], entry.get("ctx", {}))
        for entry in listed
        # A list is not too short because what is in it is wrong, although nothing right is left of it.
        if entry["type"] != "too_short" or not any(_within(place, entry["loc"]) for place in places)
    )


def _within(place: tuple[str | int, ...], of: tuple[str | int, ...]) -> bool:
    return len(place) > len(of) and place[: len(of)] == of
