"""Stock admin pages in a real browser, under our content security policy."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_person_logs_in_and_lands_on_the_index(open_page: Callable[..., Page], staff: User) -> None:
    staff.set_password("correct horse battery")
    staff.save()
    page = open_page()
    page.goto("/")
    page.fill("[name=username]", staff.username)
    page.fill("[name=password]", "correct horse battery")
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    assert "log out" in page.inner_text("#user-tools").lower()


def test_an_inline_script_is_refused_and_seen(browser_page: Page, page_problems: list[str]) -> None:
    browser_page.goto("/admin/")
    browser_page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.text = "window.ran = 1";
            document.body.append(script);
        }"""
    )
    assert browser_page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in page_problems)
    page_problems.clear()
