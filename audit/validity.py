"""The Nu Html Checker over pages as they come from the server."""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

JAR = Path(__file__).parent / "node_modules/vnu-jar/build/dist/vnu.jar"


def source(url: str) -> bytes:
    """What the address answers, whatever its status."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            found: bytes = answer.read()
    except urllib.error.HTTPError as error:
        found = error.read()
    return found


def complaints(pages: Mapping[str, bytes]) -> list[str]:
    """Every error and warning in these pages, all checked in one run. RuntimeError without Java.

    `--format json` puts the messages on stderr (validator.github.io/validator/#options).
    """
    with tempfile.TemporaryDirectory() as folder:
        names = {f"{number}.html": name for number, name in enumerate(pages)}
        for file, name in names.items():
            Path(folder, file).write_bytes(pages[name])
        done = subprocess.run(
            ["java", "-jar", JAR, "--format", "json", *(Path(folder, file) for file in names)],
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            messages = json.loads(done.stderr)["messages"]
        except ValueError:
            raise RuntimeError(done.stderr) from None
    return [
        f"{names[Path(found['url']).name]}, line {found.get('lastLine', '?')}: {found['message']}"
        for found in messages
    ]
