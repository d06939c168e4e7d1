"""Tokens: shown once, hashed, revoked; whoever they belong to."""

import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from queueproject.api import tokens
from queueproject.api.models import ApiToken

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


def call(text: str, url: str = "/api/jobs") -> int:
    return Client().get(url, headers={"Authorization": f"Bearer {text}"}).status_code


def test_a_token_acts_as_its_owner(staff: User) -> None:
    token, text = tokens.create_token(staff, name="report")
    assert tokens.find_owner(text) == staff
    assert call(text) == 200
    token.refresh_from_db()
    assert token.last_used_at


def test_the_secret_is_stored_nowhere(staff: User) -> None:
    token, text = tokens.create_token(staff, name="report")
    secret = text.rsplit("_", 1)[1] if text.count("_") == 2 else text.split("_", 2)[2]
    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert not any(secret in str(value) for value in stored.values())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "nonsense",
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text.replace("qp_", "qp_f", 1)[:-1],
        lambda text: text + "\x00",
        lambda text: text[:-2] + "é",
    ],
)
def test_a_token_that_is_not_exactly_right_lets_nobody_in(staff: User, spoil: Callable[[str], str]) -> None:
    _, text = tokens.create_token(staff, name="report")
    assert tokens.find_owner(spoil(text)) is None


def test_a_revoked_token_lets_nobody_in(staff: User) -> None:
    token, text = tokens.create_token(staff, name="report")
    assert tokens.revoke_token(token)
    assert call(text) == 401
    assert not tokens.revoke_token(token)


def test_the_token_of_someone_who_may_not_log_in_lets_nobody_in(staff: User) -> None:
    _, text = tokens.create_token(staff, name="report")
    User.objects.filter(pk=staff.pk).update(is_active=False)
    assert call(text) == 401


def test_a_wrong_token_is_not_made_up_for_by_a_session(staff_client: Client) -> None:
    answer = staff_client.get("/api/jobs", headers={"Authorization": "Bearer qp_wrong"})
    assert answer.status_code == 401


def test_a_token_needs_no_csrf_token(staff: User) -> None:
    _, text = tokens.create_token(staff, name="report")
    answer = Client(enforce_csrf_checks=True).post(
        "/api/jobs", "{}", content_type="application/json", headers={"Authorization": f"Bearer {text}"}
    )
    assert answer.status_code == 400


def test_the_admin_shows_a_new_token_once(staff: User, staff_client: Client) -> None:
    answer = staff_client.post("/admin/api/apitoken/add/", {"name": "report", "owner": staff.pk})
    token = ApiToken.objects.get()
    page = answer.content.decode()
    assert f"qp_{token.key}_" in page
    assert "no-store" in answer["Cache-Control"]
    text = page.split("<code>")[1].split("</code>")[0]
    assert tokens.find_owner(text) == staff
    assert token.key in staff_client.get("/admin/api/apitoken/").content.decode()
    assert text not in staff_client.get("/admin/api/apitoken/").content.decode()


def test_the_admin_revokes_and_says_how_many(staff: User, staff_client: Client) -> None:
    made = [tokens.create_token(staff, name=name)[0] for name in ("a", "b")]
    tokens.revoke_token(made[0])
    data = {"action": "revoke", "_selected_action": [token.pk for token in made]}
    page = staff_client.post("/admin/api/apitoken/", data, follow=True).content.decode()
    assert "1 revoked, 1 were revoked before" in page
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_who_is_no_superuser_makes_tokens_for_themselves_alone(
    client: Client, staff: User, make_user: Callable[..., User]
) -> None:
    eve = make_user("eve")
    eve.user_permissions.add(*Permission.objects.filter(codename__in=["add_apitoken", "view_apitoken"]))
    client.force_login(eve, backend=BACKEND)
    client.post("/admin/api/apitoken/add/", {"name": "mine", "owner": staff.pk})
    assert not ApiToken.objects.exists()
    client.post("/admin/api/apitoken/add/", {"name": "mine", "owner": eve.pk})
    assert ApiToken.objects.get().owner == eve


def test_the_command_makes_lists_and_revokes(staff: User) -> None:
    out = io.StringIO()
    call_command("api_token", "create", "--user", "ada", "--name", "cron", stdout=out, stderr=io.StringIO())
    assert tokens.find_owner(out.getvalue().strip()) == staff
    listed = io.StringIO()
    call_command("api_token", "list", stdout=listed)
    key = ApiToken.objects.get().key
    assert key in listed.getvalue()
    assert out.getvalue().strip() not in listed.getvalue()
    call_command("api_token", "revoke", key, stdout=io.StringIO())
    assert ApiToken.objects.get().revoked_at


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--user", "nobody", "--name", "x"),
        ("create", "--user", "ada", "--name", " "),
        ("revoke", "x"),
    ],
)
@pytest.mark.usefixtures("staff")
def test_the_command_refuses_what_it_cannot_do(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("api_token", *arguments)
