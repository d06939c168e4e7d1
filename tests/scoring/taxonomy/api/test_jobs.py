"""The API's calls about jobs: shapes, words, and how they say no."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from scoring.taxonomy.models import Analysis
from tests.scoring.taxonomy.factories import make_analysis, make_node, make_project, make_result, make_tree
from tests.scoring.taxonomy.working import drain, spoil

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
MISSING = "00000000-0000-4000-8000-000000000000"


def post(client: Client, url: str, body: Any = None, *, raw: str | bytes | None = None, **more: Any) -> Any:
    data = raw if raw is not None else json.dumps(body)
    return client.post(url, data, content_type="application/json", **more)


def start(client: Client, project: Any, **body: Any) -> Any:
    return post(client, "/api/jobs", {"type": "scoring", "projectId": str(project.pk), **body})


def test_a_new_job_is_told_in_the_shape_callers_know(staff_client: Client) -> None:
    project = make_project()
    make_tree(project, nodes=3)
    answer = start(staff_client, project, type="full_analysis", options={"batchSize": 2})
    job = answer.json()
    assert answer.status_code == 201
    assert (job["type"], job["projectId"], job["status"]) == ("full_analysis", str(project.pk), "pending")
    assert (job["progress"], job["totalItems"], job["processedItems"], job["errors"]) == (0, 3, 0, [])
    assert job["options"] == {
        "batchSize": 2,
        "maxRetries": 3,
        "retryDelay": 1000,
        "concurrency": 5,
        "timeout": 300000,
    }
    assert (job["result"], job["startedAt"], job["completedAt"]) == (None, None, None)
    assert set(job["choices"]) == {"curve", "weights", "target_position", "timeframe", "seasonality"}
    assert staff_client.get(f"/api/jobs/{job['id']}").json() == job


@pytest.mark.parametrize("project_id", [str, int, float, lambda _: "corner SHOP"])
def test_a_project_is_named_by_number_or_name(
    staff_client: Client, project_id: Callable[[int], str | float]
) -> None:
    project = make_project()
    assert start(staff_client, project, projectId=project_id(project.pk)).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "everything"}, "type"),
        ({"options": {"batchSize": 0}}, "options.batchSize"),
        ({"options": {"batchSize": 1001}}, "options.batchSize"),
        ({"options": {"batchSize": 10**400}}, "options.batchSize"),
        ({"options": {"batchSize": "10"}}, "options.batchSize"),
        ({"options": {"batchSize": True}}, "options.batchSize"),
        ({"options": {"maxRetries": -1}}, "options.maxRetries"),
        ({"options": {"maxRetries": 11}}, "options.maxRetries"),
        ({"options": {"retryDelay": 60_001}}, "options.retryDelay"),
        ({"options": {"concurrency": 0}}, "options.concurrency"),
        ({"options": {"concurrency": 51}}, "options.concurrency"),
        ({"options": {"timeout": 0}}, "options.timeout"),
        ({"options": {"timeout": 3_600_001}}, "options.timeout"),
        ({"options": {"speed": 9}}, "options.speed"),
        ({"options": []}, "options"),
        ({"colour": "red"}, "colour"),
        ({"projectId": ""}, "projectId"),
        ({"projectId": None}, "projectId"),
        ({"projectId": 1.5}, "projectId"),
        ({"projectId": 2**63}, "projectId"),
        ({"projectId": "a\x00b"}, "projectId"),
        ({"projectId": "\ud800"}, "projectId"),
    ],
)
def test_what_will_not_do_is_refused_by_field_and_reason(
    staff_client: Client, body: dict[str, Any], field: str
) -> None:
    project = make_project()
    answer = start(staff_client, project, **body)
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"]
    assert told["reason"]
    assert told["field"] == field
    assert not Analysis.objects.exists()


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", "null", '"text"', "[" * 30_000, '{"type": NaN}', b"\xff\xfe", "1" * 5_000]
)
def test_a_body_that_is_no_json_object_is_refused(staff_client: Client, raw: str | bytes) -> None:
    answer = post(staff_client, "/api/jobs", raw=raw)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_body_of_another_type_is_refused(staff_client: Client) -> None:
    answer = staff_client.post("/api/jobs", {"type": "scoring"})
    assert answer.status_code == 415
    assert answer.json()["error"]


def test_a_body_that_is_too_large_is_refused_unread(staff_client: Client) -> None:
    answer = post(staff_client, "/api/jobs", raw='{"type": "' + "x" * 70_000 + '"}')
    assert answer.status_code == 413
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "url", "words"),
    [
        ("get", f"/api/jobs/{MISSING}", "Job not found"),
        ("delete", f"/api/jobs/{MISSING}", "Job not found"),
        ("post", f"/api/jobs/{MISSING}/retry", "Job not found"),
        ("get", f"/api/jobs/{MISSING}/nodes", "Job not found"),
        ("get", "/api/jobs/17", "Not found"),
        ("get", "/api/jobs/%00", "Not found"),
        ("get", "/api/nothing", "Not found"),
        ("get", "/api/opportunities?project=nobody", "Project not found"),
    ],
)
def test_what_is_not_there_is_not_found(staff_client: Client, method: str, url: str, words: str) -> None:
    answer = call(staff_client, method, url)
    assert (answer.status_code, answer.json()["error"]) == (404, words)


def test_a_project_that_is_not_there_is_not_found(staff_client: Client) -> None:
    answer = post(staff_client, "/api/jobs", {"type": "scoring", "projectId": "999999"})
    assert (answer.status_code, answer.json()["field"]) == (404, "projectId")


def test_a_method_that_is_not_there_is_told_which_are(staff_client: Client) -> None:
    answer = staff_client.put("/api/jobs", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method not allowed"})
    assert {word.strip() for word in answer["Allow"].split(",")} == {"GET", "POST"}


def test_a_cancelled_job_is_failed_and_says_who_wanted_it(staff_client: Client) -> None:
    project = make_project()
    make_tree(project, nodes=3)
    job = start(staff_client, project).json()
    assert staff_client.delete(f"/api/jobs/{job['id']}").json() == {"success": True}
    told = staff_client.get(f"/api/jobs/{job['id']}").json()
    assert told["status"] == "failed"
    assert [(error["nodeId"], error["error"]) for error in told["errors"]] == [
        ("job", "Job cancelled by user")
    ]
    assert told["completedAt"]
    again = staff_client.delete(f"/api/jobs/{job['id']}")
    assert (again.status_code, again.json()["error"]) == (400, "Job cannot be cancelled")


def test_a_job_without_failed_nodes_cannot_be_retried(staff_client: Client) -> None:
    project = make_project()
    job = start(staff_client, project).json()
    answer = post(staff_client, f"/api/jobs/{job['id']}/retry", {})
    assert (answer.status_code, answer.json()["error"]) == (400, "No failed items to retry")


def test_a_running_job_cannot_be_retried(staff_client: Client) -> None:
    project = make_project()
    make_node(project)
    job = start(staff_client, project).json()
    assert post(staff_client, f"/api/jobs/{job['id']}/retry", {}).status_code == 400


def test_jobs_are_listed_newest_first_page_by_page(staff_client: Client) -> None:
    project, other = make_project(), make_project("Other")
    made = [make_analysis(project) for _ in range(3)]
    make_analysis(other, state="cancelled")
    page = staff_client.get(f"/api/jobs?project={project.pk}&limit=2").json()
    assert page["total"] == 3
    assert [item["id"] for item in page["items"]] == [str(each.pk) for each in reversed(made[1:])]
    rest = staff_client.get(page["next"]).json()
    assert [item["id"] for item in rest["items"]] == [str(made[0].pk)]
    assert rest["next"] is None
    assert staff_client.get("/api/jobs?status=failed").json()["total"] == 1


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "offset=-1", "offset=99999999999999999999", "limit=x", "type=all"]
)
def test_a_page_that_cannot_be_is_refused(staff_client: Client, query: str) -> None:
    answer = staff_client.get(f"/api/jobs?{query}")
    assert answer.status_code == 400
    assert answer.json()["field"] == query.split("=")[0]


def test_the_nodes_of_a_job_are_listed_page_by_page(staff_client: Client) -> None:
    project = make_project()
    nodes = make_tree(project, nodes=5)
    analysis = make_analysis(project, type="scoring")
    for node in nodes[:4]:
        make_result(analysis, node, score=7)
    make_result(analysis, nodes[4], error="no number", retry_count=3)
    page = staff_client.get(f"/api/jobs/{analysis.pk}/nodes?limit=3").json()
    rest = staff_client.get(page["next"]).json()
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [3, 2, None]
    failed = staff_client.get(f"/api/jobs/{analysis.pk}/nodes?status=rejected").json()["items"]
    assert [(item["nodeId"], item["error"], item["retryCount"]) for item in failed] == [
        (str(nodes[4].pk), "no number", 3)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("spoilable")
def test_failed_nodes_are_told_and_retried_alone(staff_client: Client) -> None:
    project = make_project()
    nodes = make_tree(project, nodes=20)
    spoil(nodes[:1])
    url = f"/api/jobs/{start(staff_client, project, options={'maxRetries': 1, 'retryDelay': 1}).json()['id']}"
    drain()
    job = staff_client.get(url).json()
    assert (job["status"], job["progress"], job["processedItems"]) == ("completed", 100, 20)
    assert [(error["nodeId"], error["retryCount"]) for error in job["errors"]] == [(str(nodes[0].pk), 1)]
    assert (job["errorCount"], job["result"]["failed"], job["result"]["successRate"]) == (1, 1, 95.0)
    assert len(job["result"]["data"]) == 20
    answer = post(staff_client, f"{url}/retry", {})
    assert answer.status_code == 201
    retry = answer.json()
    assert (retry["parentJobId"], retry["totalItems"]) == (job["id"], 1)
    assert (retry["options"]["batchSize"], retry["options"]["maxRetries"]) == (50, 5)


def test_above_a_thousand_nodes_the_result_says_where_they_are(staff_client: Client) -> None:
    analysis = make_analysis(make_project(), state="completed", total_nodes=1_001)
    from scoring.taxonomy.services.finishing import make_result as sum_up

    Analysis.objects.filter(pk=analysis.pk).update(result=sum_up(analysis))
    result = staff_client.get(f"/api/jobs/{analysis.pk}").json()["result"]
    assert (result["data"], result["dataUrl"]) == (None, f"/api/jobs/{analysis.pk}/nodes")


# -- who may -----------------------------------------------------------------------------------------------


CALLS = [
    ("get", "/api/jobs"),
    ("post", "/api/jobs"),
    ("get", f"/api/jobs/{MISSING}"),
    ("delete", f"/api/jobs/{MISSING}"),
    ("post", f"/api/jobs/{MISSING}/retry"),
    ("get", f"/api/jobs/{MISSING}/nodes"),
    ("get", "/api/opportunities?project=1"),
    ("get", "/api/opportunities/top?project=1"),
]
BODY = {"type": "scoring", "projectId": "1"}


def call(client: Client, method: str, url: str) -> Any:
    return post(client, url, BODY) if method == "post" else getattr(client, method)(url)


@pytest.mark.parametrize(("method", "url"), CALLS)
def test_who_is_not_logged_in_is_told_so(client: Client, method: str, url: str) -> None:
    answer = call(client, method, url)
    assert (answer.status_code, answer.json()) == (401, {"error": "Authentication required"})
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "url"), CALLS)
def test_who_has_no_permission_is_told_which(
    client: Client, make_user: Callable[..., User], method: str, url: str
) -> None:
    client.force_login(make_user("eve"), backend=BACKEND)
    answer = call(client, method, url)
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("You lack the permission taxonomy.")


def test_viewers_look_and_start_nothing(client: Client, make_user: Callable[..., User]) -> None:
    client.force_login(make_user("vic", groups=("viewer",)), backend=BACKEND)
    assert client.get("/api/jobs").status_code == 200
    assert start(client, make_project()).status_code == 403


def test_operators_start_jobs(client: Client, make_user: Callable[..., User]) -> None:
    client.force_login(make_user("oda", groups=("operator",)), backend=BACKEND)
    project = make_project()
    assert start(client, project).status_code == 201
    assert Analysis.objects.get().actor == "oda"


def test_a_session_needs_its_csrf_token_to_change_anything(staff: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff, backend=BACKEND)
    project = make_project()
    assert client.get("/api/jobs").status_code == 200
    refused = start(client, project)
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["error"]
    client.get("/admin/")
    token = client.cookies["csrftoken"].value
    body = {"type": "scoring", "projectId": str(project.pk)}
    assert post(client, "/api/jobs", body, headers={"X-CSRFToken": token}).status_code == 201


def test_the_failure_of_a_call_is_told_in_the_one_shape(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(str(uuid.uuid4()))

    monkeypatch.setattr("scoring.taxonomy.api.show_job", fail)
    analysis = make_analysis(make_project())
    answer = staff_client.get(f"/api/jobs/{analysis.pk}")
    assert (answer.status_code, answer.json()) == (500, {"error": "The server failed; its log says why"})
