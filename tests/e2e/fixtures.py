"""Fixtures of browser tests: `browser_page` is a page of staff who are logged in; `open_page` makes others.

Every page fails its test at the end when the browser complained: a script error, a style or script that was
refused (CSP), a missing file. A test that provokes one on purpose empties `page_problems`.
"""

import os
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.e2e import browser as chromium
from tests.e2e import packages


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Launch the Chromium that was found or fetched; skip when there is none, fail when one is required."""
    try:
        found = chromium.get_chromium()
    except chromium.NoBrowser as error:
        if os.environ.get("QUEUEPROJECT_REQUIRE_BROWSER") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    if node := packages.find_node():
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright's synchronous interface runs an event loop in this thread, where tests also use the ORM.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(
            executable_path=found.executable, env={**os.environ, **found.environment}
        )
        yield launched
        launched.close()


@pytest.fixture
def page_problems() -> list[str]:
    """Collect what browsers complained about during a test."""
    return []


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, page_problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open pages of the live server: `open_page(user, width=390, height=844, color_scheme="dark")`."""
    contexts = []

    def note(message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not where.endswith("/favicon.ico"):
            page_problems.append(f"{message.text} ({where})")

    def open_one(
        user: User | None = None,
        *,
        width: int = 1280,
        height: int = 800,
        color_scheme: Literal["light", "dark"] = "light",
        javascript: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            java_script_enabled=javascript,
            locale="en-GB",  # otherwise a name that Intl refuses
        )
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: page_problems.append(str(error)))
        page.set_default_timeout(10_000)
        page.set_default_navigation_timeout(60_000)  # a busy machine draws slowly
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert page_problems == [], "the browser complained"


@pytest.fixture
def browser_page(open_page: Callable[..., Page], staff: User) -> Page:
    """Open a page of a member of staff who may do everything."""
    return open_page(staff)
