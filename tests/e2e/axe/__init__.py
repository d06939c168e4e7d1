"""Hold a page against the rules of axe-core, fetched once into `var/` by the lock beside this module."""

import fcntl
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e import packages

HERE = Path(__file__).resolve().parent
FETCHED = HERE.parents[2] / "var/axe"


def get_script() -> Path:
    """Return the script, fetching it when it is not there; takes some 2 s once.

    Raises packages.NotFetched.
    """
    script = FETCHED / "axe.min.js"
    if script.exists():
        return script
    FETCHED.parent.mkdir(exist_ok=True)
    with (FETCHED.parent / "axe.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not script.exists():
            work = FETCHED.with_name("axe.unfinished")
            packages.install(HERE, work)
            FETCHED.mkdir(exist_ok=True)
            (work / "node_modules/axe-core/axe.min.js").rename(script)
            shutil.rmtree(work)
    return script


def find_violations(page: Page) -> list[str]:
    """Describe what breaks a rule on a page: the rule, what it asks for, and each element."""
    # Evaluated by the debugger, so that the page's content security policy stays as it is.
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(f"{get_script().read_text()}; undefined")
    found: dict[str, Any] = page.evaluate("axe.run(document, {preload: false, resultTypes: ['violations']})")
    return [
        f"{rule['id']} ({rule['help']}): {', '.join(str(node['target'][0]) for node in rule['nodes'])}"
        for rule in found["violations"]
    ]
