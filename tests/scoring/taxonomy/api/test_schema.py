"""The API keeps to its own schema, whatever it is sent: schemathesis makes up the calls."""

from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode

from queueproject.api.tokens import create_token
from scoring.taxonomy.models import Project
from tests.scoring.taxonomy.factories import make_opportunity, make_tree

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

load_all_checks()
EXAMPLES = 40
CALLS = {
    ("GET", "/api/jobs"),
    ("POST", "/api/jobs"),
    ("GET", "/api/jobs/{job_id}"),
    ("DELETE", "/api/jobs/{job_id}"),
    ("POST", "/api/jobs/{job_id}/retry"),
    ("GET", "/api/jobs/{job_id}/nodes"),
    ("GET", "/api/opportunities"),
    ("GET", "/api/opportunities/top"),
}


@pytest.fixture
def token(staff: User, settings: Settings) -> str:
    settings.API_READS_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 1_000_000
    # Projects whose names are likely to be made up.
    for name in ("0", "1", "a"):
        for node in make_tree(Project.objects.create(name=name), nodes=2, prefix=name):
            make_opportunity(node)
    return create_token(staff, name="fuzz")[1]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_call_breaks_the_server_or_its_own_schema(token: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
    headers = {"Authorization": f"Bearer {token}"}
    statuses: list[int] = []

    @seed(20261124)
    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(data=st.data())
    def fuzz(operation: Any, data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        statuses.append(case.call_and_validate(headers=headers).status_code)

    seen = set()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # an unreadable schema fails here
        seen.add((operation.method.upper(), operation.path))
        fuzz(operation)
    assert seen == CALLS
    assert max(statuses) < 500


def test_the_schema_is_served_to_everyone_and_names_both_ways_in(client: Client) -> None:
    schema = client.get("/api/openapi.json").json()
    kinds = {found["type"] for found in schema["components"]["securitySchemes"].values()}
    assert kinds == {"http", "apiKey"}
