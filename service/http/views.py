"""The routes about saved views: a person's own filters of the queue."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints

from service.http.answer import Answer, confide
from service.http.asking import read_as, read_query
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.serving import Asked  # noqa: TC001 - handlers are annotated with it
from service.rights import Right
from service.views import MOST_VIEWS, TooMany, View

_Name = Annotated[StrictStr, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]


class SavedView(BaseModel):
    """A filter under a name; ``query`` is the query string of the queue."""

    model_config = ConfigDict(extra="forbid")

    name: _Name
    query: Annotated[StrictStr, StringConstraints(max_length=500)] = Field(examples=["state=waiting&scene=ad"])


class ViewName(BaseModel):
    """Which view."""

    model_config = ConfigDict(extra="forbid")

    name: _Name


class SavedViews(BaseModel):
    """The views of the person who asks, by name."""

    model_config = ConfigDict(extra="allow")

    views: list[SavedView]


@route("GET", "/v1/views", policy=Right.SELF, gives=SavedViews, problems=CALLED)
async def saved_views(asked: Asked) -> Answer:
    """List one's own views."""
    listed = await asked.serving.service.views.listed(asked.who.id)
    return confide({"views": [view._asdict() for view in listed]})


@route(
    "POST",
    "/v1/views",
    policy=Right.SELF,
    takes=SavedView,
    gives=SavedView,
    problems=(*BODY, "csrf", *CALLED),
)
async def save_view(asked: Asked) -> Answer:
    """Save a view; one of the same name gives way."""
    sent = await read_as(asked, SavedView)
    if not sent.name.isprintable():
        raise Problem("invalid-body", faults=[Fault(("name",), "not_printable")])
    view = View(sent.name, urlencode(parse_qsl(sent.query)))
    try:
        await asked.serving.service.views.save(asked.who, view)
    except TooMany:
        raise Problem("invalid-body", faults=[Fault(("name",), "too_many_views", {"limit": MOST_VIEWS})]) from None
    return confide(view._asdict())


@route(
    "DELETE",
    "/v1/views",
    policy=Right.SELF,
    query=ViewName,
    gives=SavedViews,
    problems=("invalid-query", "csrf", *CALLED),
)
async def remove_view(asked: Asked) -> Answer:
    """Remove a view, if there is one of that name; answers with those that are left."""
    caller, views = asked.who, asked.serving.service.views
    await views.remove(caller, read_query(asked, ViewName).name)
    left = await views.listed(caller.id)
    return confide({"views": [view._asdict() for view in left]})


ROUTES: Final = (saved_views, save_view, remove_view)
