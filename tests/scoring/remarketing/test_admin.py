"""The admin's lists, forms and CSV pages, with the rights they ask for."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scoring.remarketing.models import Adjustment, Buyer, Listing, Score, Universe, Upload
from scoring.remarketing.services.uploads import KEPT_FOR
from tests.scoring.remarketing.makers import make_buyer, make_listing, make_score, make_universe

pytestmark = pytest.mark.django_db

MODELS = [
    "universe",
    "buyer",
    "listing",
    "universelisting",
    "score",
    "scoresnapshot",
    "alignmentsnapshot",
    "adjustment",
    "decision",
]


def fill() -> Score:
    universe = make_universe()
    return make_score(universe, make_listing(), make_buyer(universe=universe))


def upload(client: Client, kind: str, content: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("rows.csv", content.encode())
    return client.post(reverse(f"admin:remarketing_{kind}_import"), {"file": file, **fields}, follow=True)


def log_in(codenames: list[str]) -> Client:
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens_with_and_without_rows(staff_client: Client, model: str, filled: bool) -> None:
    if filled:
        fill()
    response = staff_client.get(reverse(f"admin:remarketing_{model}_changelist"), {"q": "a"})
    assert response.status_code == 200


def test_a_long_list_of_scores_asks_no_query_per_row(
    staff_client: Client, django_assert_max_num_queries: Any
) -> None:
    universe, listing = make_universe(), make_listing()
    for number in range(30):
        make_score(universe, listing, make_buyer(f"Buyer {number}", universe=universe))
    with django_assert_max_num_queries(12):
        staff_client.get(reverse("admin:remarketing_score_changelist"))


def test_scores_are_read_only_and_go_with_their_buyer(staff_client: Client) -> None:
    score = fill()
    page = staff_client.get(reverse("admin:remarketing_score_change", args=[score.pk]))
    assert b'name="_save"' not in page.content
    assert staff_client.get(reverse("admin:remarketing_score_add")).status_code == 403
    staff_client.post(reverse("admin:remarketing_buyer_delete", args=[score.buyer_id]), {"post": "yes"})
    assert not Score.objects.exists()
    assert not Buyer.objects.exists()


def read_form(client: Client, url: str) -> dict[str, Any]:
    """Return what a browser would send back from a form."""
    context = client.get(url).context
    inlines = [inline.formset.management_form for inline in context["inline_admin_formsets"]]
    values = {
        field.html_name: field.value() for form in (context["adminform"].form, *inlines) for field in form
    }
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_editing_a_listing_makes_its_scores_stale_and_lists_are_written_by_semicolons(
    staff_client: Client,
) -> None:
    score = fill()
    url = reverse("admin:remarketing_listing_change", args=[score.listing_id])
    data = read_form(staff_client, url)
    assert staff_client.post(url, data).status_code == 302
    assert not Score.objects.get().is_stale
    assert staff_client.post(url, data | {"services": "water; a\\;b"}).status_code == 302
    assert Score.objects.get().is_stale
    assert Listing.objects.get().services == ["water", "a;b"]


def test_a_form_names_the_field_the_table_would_refuse(staff_client: Client) -> None:
    url = reverse("admin:remarketing_universe_add")
    data = read_form(staff_client, url) | {
        "name": "Water",
        "target_states": "Texas",
        "documents": '[{"type": "x"}]',
    }
    page = staff_client.post(url, data)
    assert b"document 1 needs a type and a text" in page.content
    page = staff_client.post(url, data | {"documents": '[{"type": "x", "text": "\\u0000"}]'})
    assert b"Null characters are not allowed" in page.content
    page = staff_client.post(url, data | {"documents": "[]"})
    assert b"target_states must hold two-letter states only." in page.content


def test_a_universe_warns_of_odd_weights_and_a_missing_guide(staff_client: Client, staff: User) -> None:
    url = reverse("admin:remarketing_universe_add")
    data = read_form(staff_client, url) | {"name": "Water", "size_weight": 0}
    page = staff_client.post(url, data, follow=True)
    assert b"The weights sum to 70, not 100" in page.content
    assert b"There is no guide" in page.content
    assert Universe.objects.get().created_by == staff


def test_a_correction_notes_its_author_and_makes_scores_stale(staff_client: Client, staff: User) -> None:
    score = fill()
    data = {"listing": score.listing_id, "type": "boost", "value": 5, "reason": "strong brand"}
    staff_client.post(reverse("admin:remarketing_adjustment_add"), data)
    score.refresh_from_db()
    assert score.is_stale
    assert Adjustment.objects.get().created_by == staff


def test_a_file_is_previewed_then_imported(staff_client: Client) -> None:
    universe = make_universe("Water")
    page = upload(staff_client, "buyer", "company_name\nAcme\n", universe=universe.pk)
    assert b"create 1" in page.content
    assert not Buyer.objects.exists()
    done = staff_client.post(page.redirect_chain[0][0], follow=True)
    assert b"1 buyers read: 1 created" in done.content
    assert Buyer.objects.get().universe == universe
    assert not Upload.objects.exists()


def test_faults_are_shown_with_line_column_and_reason_and_nothing_is_imported(staff_client: Client) -> None:
    page = upload(staff_client, "listing", "source_ref,title,revenue\nl1,One,abc\nl2,<b>,-5\n")
    text = page.content.decode()
    assert "2 faults: nothing was imported" in text
    assert "must be at least 0" in text
    assert staff_client.post(page.redirect_chain[0][0]).status_code == 200
    assert not Listing.objects.exists()


def test_what_changed_between_preview_and_import_is_checked_again(staff_client: Client) -> None:
    page = upload(staff_client, "universe", "source_ref,name\nu1,Water\n")
    make_universe("water", source_ref="u2")
    done = staff_client.post(page.redirect_chain[0][0])
    assert b"another universe has this name" in done.content


def test_a_preview_belongs_to_who_uploaded_it(staff_client: Client, make_user: Any) -> None:
    page = upload(staff_client, "buyer", "company_name\nAcme\n")
    stranger = Client()
    stranger.force_login(
        make_user("bob", superuser=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert stranger.get(page.redirect_chain[0][0]).status_code == 404


def test_uploads_that_nobody_confirmed_are_forgotten_after_a_day(staff_client: Client) -> None:
    upload(staff_client, "buyer", "company_name\nAcme\n")
    Upload.objects.update(created_at=timezone.now() - KEPT_FOR)
    upload(staff_client, "buyer", "company_name\nBolt\n")
    assert Upload.objects.count() == 1


def test_importing_asks_for_the_rights_to_add_and_to_change() -> None:
    client = log_in(["view_buyer", "add_buyer"])
    assert client.get(reverse("admin:remarketing_buyer_import")).status_code == 403
    page = client.get(reverse("admin:remarketing_buyer_changelist"))
    assert b"Import CSV" not in page.content
    assert b"Export CSV" in page.content


def test_exporting_asks_for_the_right_to_view() -> None:
    assert log_in(["view_listing"]).get(reverse("admin:remarketing_buyer_export")).status_code == 403


def test_an_export_is_streamed_as_a_file(staff_client: Client) -> None:
    water = make_universe("Water")
    make_buyer("Acme", universe=water)
    make_buyer("Bolt")
    response = staff_client.get(reverse("admin:remarketing_buyer_export"), {"universe": water.pk})
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "attachment" in response["Content-Disposition"]
    assert "Acme" in content
    assert "Bolt" not in content
