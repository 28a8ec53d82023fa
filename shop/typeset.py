"""Typesets one file and ends: `python -I typeset.py TEMPLATE KIND`, data on stdin, file on stdout.

A process of its own: the typesetter would keep 40 MB in every web worker that had used it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import typst


def main(template: Path, kind: str, data: str) -> None:
    """Writes the file, and what kept it from being PDF/UA-1 on stderr."""
    file, complaint = made(template, kind, data)
    sys.stderr.write(complaint)
    sys.stdout.buffer.write(file)


def made(template: Path, kind: str, data: str) -> tuple[bytes, str]:
    """The file as PDF/UA-1 and no complaint; as plain tagged PDF, and why, where that fails.

    The kind "png" is a picture of one page, 300 dots an inch.
    """
    if kind == "png":
        return _picture(template, data), ""
    try:
        return _compile(template, data, ["ua-1"]), ""
    except typst.TypstError as error:
        return _compile(template, data, []), f"{error.diagnostic}\n"


def _compile(template: Path, data: str, standards: list[Literal["ua-1"]]) -> bytes:
    return typst.compile(
        template,
        root=template.parent,
        font_paths=[template.parent / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        pdf_standards=[*standards],
        timestamp=0,  # the same words are the same bytes
    )


def _picture(template: Path, data: str) -> bytes:
    picture = typst.compile(
        template,
        root=template.parent,
        font_paths=[template.parent / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        format="png",
        ppi=300,
    )
    return picture if isinstance(picture, bytes) else picture[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.stdin.buffer.read().decode("utf-8"))
