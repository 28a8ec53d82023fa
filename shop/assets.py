"""Static files under names that carry their content's hash, compressed once, served by WhiteNoise.

A hashed file never changes, so browsers and CDNs may keep it for good.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import brotli
from flask import Flask
from whitenoise import WhiteNoise

PREFIX = "/static/"
CSS_URL = re.compile(r"""url\(["']?(?!data:|/)([^"')]+)["']?\)""")
COMPRESSED = {".css", ".js", ".svg", ".webmanifest", ".txt"}


def init_assets(app: Flask, source: Path, target: Path) -> None:
    """Copies static/ to hashed, compressed files in `target` and serves them before Flask.

    Gives templates `asset(name)`, the address of a file; a name that is no file raises KeyError.
    """
    names, contents = _hashed(source)
    build = target / hashlib.sha256("".join(contents).encode()).hexdigest()[:16]
    if not build.exists():
        _build(build, contents)

    def asset(name: str) -> str:
        return PREFIX + names[name]

    app.jinja_env.globals["asset"] = asset
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=build,
        prefix=PREFIX,
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=_headers,
    )


def _headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _hashed(source: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Each file's hashed name, and each hashed name's content; style sheets name other files."""
    paths = [path for path in source.rglob("*") if path.is_file() and path.name != "LICENSE"]
    names: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    for path in sorted(paths, key=lambda path: (path.suffix == ".css", path)):
        name = path.relative_to(source)
        content = path.read_bytes()
        if path.suffix == ".css":
            content = CSS_URL.sub(
                lambda match: f'url("{PREFIX}{names[match[1]]}")', content.decode()
            ).encode()
        digest = hashlib.sha256(content).hexdigest()[:12]
        hashed = str(name.with_name(f"{name.stem}.{digest}{name.suffix}"))
        names[str(name)], contents[hashed] = hashed, content
    return names, contents


def _build(build: Path, contents: dict[str, bytes]) -> None:
    """Writes beside the target and renames, so that two workers starting at once do not meet."""
    build.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=build.parent))
    for name, content in contents.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.suffix in COMPRESSED:
            path.with_name(path.name + ".br").write_bytes(brotli.compress(content))
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, mtime=0))
    draft.chmod(0o755)
    try:
        draft.rename(build)
    except OSError:
        shutil.rmtree(draft)
