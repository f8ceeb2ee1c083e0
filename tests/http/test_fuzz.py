"""Requests made from the API document, right and wrong ones: never a 5xx, and every answer as the document says."""

from __future__ import annotations

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from service.rights import Scope

KINDS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture(scope="module")
def operations(server):
    """Every operation of the document that takes something, in both ways of filling it in."""
    document = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/openapi.json")
    found = [operation.ok() for operation in document.get_all_operations()]
    taking = [operation for operation in found if operation.body or operation.query or operation.path_parameters]
    assert len(taking) >= 20
    return [(operation, mode) for operation in taking for mode in GenerationMode]


def fuzz(server, operations, cases):
    """At least ``cases`` requests; gives how often each status was answered."""
    load_all_checks()
    checks = [CHECKS.get_one(kind) for kind in KINDS]
    seen = Counter()
    _, key = server.within(server.service.keys.create("fuzz", scope=Scope.ADMIN))

    def ask(case):
        response = case.call(headers={"Authorization": f"Bearer {key}"})
        case.validate_response(response, checks=checks)
        seen[response.status_code] += 1

    calm = settings(
        max_examples=-(-cases // len(operations)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    for operation, mode in operations:
        calm(given(case=operation.as_strategy(generation_mode=mode))(ask))()
    return seen


def test_no_request_that_the_document_allows_or_forbids_breaks_the_service(server, operations):
    seen = fuzz(server, operations, 300)
    assert sum(seen.values()) >= 150
    assert max(seen) < 500
    assert {200, 400, 404, 422} <= seen.keys()


@pytest.mark.slow
def test_thousands_of_requests_do_not_break_the_service_either(server, operations):
    seen = fuzz(server, operations, 6000)
    assert sum(seen.values()) >= 5000
    assert max(seen) < 500


def test_a_service_that_breaks_is_noticed(server, operations, monkeypatch):
    async def fails(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(server.service.moderation, "one", fails)
    judging = [(operation, mode) for operation, mode in operations if operation.path == "/v1/moderations"]
    with pytest.raises(BaseException, match=r"(?i)server error"):
        fuzz(server, judging, 100)
