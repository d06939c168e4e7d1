"""Health views answer without a login and without details."""

import pytest
from django.db import connection
from django.test import Client


def test_a_process_that_answers_is_live_without_a_database(client: Client) -> None:
    response = client.get("/healthz/live")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_process_that_reaches_its_database_is_ready(client: Client) -> None:
    assert client.get("/healthz/ready").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_process_without_its_database_is_not_ready_and_gives_no_details(client: Client) -> None:
    real = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = real | {"host": "/nonexistent"}
    try:
        response = client.get("/healthz/ready")
    finally:
        connection.settings_dict["OPTIONS"] = real
    assert (response.status_code, response.content) == (503, b"database unreachable\n")
