"""What was copied from packages is listed, and is what the list says."""

import hashlib
import re

from queueproject.console.vendoring import __main__ as vendoring


def test_every_vendored_script_is_listed_with_its_hash() -> None:
    listed = dict(
        re.findall(
            r"^(\S+): .* sha256 ([0-9a-f]{64})$",
            (vendoring.TARGET / "VENDORED.txt").read_text(),
            re.MULTILINE,
        )
    )
    found = {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in vendoring.TARGET.glob("*.js")
    }
    assert listed == found
    assert len(found) == len(vendoring.FILES)
