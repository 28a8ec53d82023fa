"""Static files under names that carry their content's hash, compressed once, served by WhiteNoise.

A hashed file never changes, so browsers and CDNs may keep it for good.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import brotli
from flask import Flask
from whitenoise import WhiteNoise

PREFIX = "/static/"
COMPRESSED = {".css", ".js", ".svg", ".webmanifest", ".txt"}


def init_assets(app: Flask, source: Path, target: Path) -> None:
    """Copies static/ to hashed, compressed files in `target` and serves them before Flask.

    Gives templates `asset(name)`, the address of a file; a name that is no file raises KeyError.
    """
    names = {
        str(path.relative_to(source)): _hashed(path, source)
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.name != "LICENSE"
    }
    build = target / hashlib.sha256("".join(names.values()).encode()).hexdigest()[:16]
    if not build.exists():
        _build(source, build, names)
    app.extensions["assets"] = names

    def asset(name: str) -> str:
        return PREFIX + names[name]

    app.jinja_env.globals["asset"] = asset
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=build,
        prefix=PREFIX,
        immutable_file_test=_always,
        add_headers_function=_headers,
    )


def _always(_path: str, _url: str) -> bool:
    return True


def _headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _hashed(path: Path, source: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    name = path.relative_to(source)
    return str(name.with_name(f"{name.stem}.{digest}{name.suffix}"))


def _build(source: Path, build: Path, names: dict[str, str]) -> None:
    """Writes beside the target and renames, so that two workers starting at once do not meet."""
    build.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build.parent) as draft:
        for name, hashed in names.items():
            path = Path(draft) / hashed
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, path)
            if path.suffix in COMPRESSED:
                content = path.read_bytes()
                path.with_name(path.name + ".br").write_bytes(brotli.compress(content))
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, mtime=0))
        finished = Path(draft + ".done")
        shutil.copytree(draft, finished)
    try:
        finished.rename(build)
    except OSError:
        shutil.rmtree(finished)
