"""The course as files: Markdown with front matter, checked whole before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from pydantic import ValidationError

from shop.course import manuscript
from shop.course.manuscript import Sound
from shop.course.schema import CourseMeta, LessonMeta, Strict
from shop.markdown import SOURCE_MARK, render

COURSE_FILE = "kursus.md"

_front_matter = YAMLHandler()  # the one that frontmatter.loads uses, with the loader it prefers
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # they differ in what they accept


class BrokenCourse(Exception):
    """What is wrong with the files, a line each: `file:line: field: what`."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


Meta = TypeVar("Meta", bound=Strict)


@dataclass(frozen=True)
class Page(Generic[Meta]):
    """One file: where it is, its very text, and what its front matter says."""

    path: str
    text: str
    meta: Meta
    body: str


@dataclass(frozen=True)
class CourseFiles:
    """A whole course that has been checked; lessons in the order they are taken."""

    course: Page[CourseMeta]
    lessons: list[Page[LessonMeta]]
    sounds: dict[str, Sound] = field(default_factory=dict)  # by the slug of the lesson


def read(directory: Path, media_root: Path) -> CourseFiles:
    """Reads and checks a whole course folder. Raises BrokenCourse with everything wrong in it."""
    complaints: list[str] = []
    course = _read_page(directory / COURSE_FILE, CourseMeta, complaints)
    paths = sorted(path for path in directory.glob("*.md") if path.name != COURSE_FILE)
    pages = [_read_page(path, LessonMeta, complaints) for path in paths]
    lessons = sorted((page for page in pages if page), key=lambda page: page.meta.position)
    sounds = _listen(lessons, media_root, complaints)
    if course:
        _check_together(course, lessons, complaints)
    if course is None or complaints:
        raise BrokenCourse(complaints)
    return CourseFiles(course, lessons, sounds)


def _listen(
    lessons: list[Page[LessonMeta]], media: Path, complaints: list[str]
) -> dict[str, Sound]:
    """The sounds of the lessons, as far as they are recorded."""
    found = {}
    for page in lessons:
        audio = page.meta.audio
        if audio is None or audio.file is None:
            continue
        if not (media / audio.file).is_file():
            _complain(complaints, page, "audio.file", f"{audio.file} is not in MEDIA_ROOT")
            continue
        try:
            found[page.meta.slug] = sound = manuscript.listen(media / audio.file)
            html = render(manuscript.split(page.body)[1], prefix="lyd")
            manuscript.facts(sound, html, audio.trial)
        except manuscript.BadSound as error:
            _complain(complaints, page, "audio.file", str(error))
    return found


def _read_page(path: Path, schema: type[Meta], complaints: list[str]) -> Page[Meta] | None:
    try:
        text = path.read_bytes().decode("utf-8")  # as it stands, line endings too
        document = frontmatter.loads(text)
    except FileNotFoundError:
        complaints.append(f"{path.name}:1: the file is missing")
        return None
    except UnicodeDecodeError:
        complaints.append(f"{path.name}:1: the file is not UTF-8")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        complaints.append(f"{path.name}:{line}: front matter: {error.problem}")
        return None
    except yaml.YAMLError:
        complaints.append(f"{path.name}:1: front matter: a character that YAML does not allow")
        return None
    try:
        meta = schema.model_validate(document.metadata)
    except ValidationError as error:
        for problem in error.errors():
            field = ".".join(str(part) for part in problem["loc"]) or "front matter"
            line = line_of(text, problem["loc"])
            complaints.append(f"{path.name}:{line}: {field}: {problem['msg']}")
        return None
    if not document.content.strip():
        complaints.append(f"{path.name}:{line_of(text, ())}: body: the text is missing")
    return Page(path.name, text, meta, document.content)


def line_of(text: str, loc: tuple[int | str, ...]) -> int:
    """The line, from 1, where a field of the front matter stands; its parent's if it is missing."""
    try:
        front, _ = _front_matter.split(text)
        node: Any = yaml.compose(front, Loader=LOADER)
    except ValueError:
        return 1
    line = 0
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
    return line + 1


def _check_together(
    course: Page[CourseMeta], lessons: list[Page[LessonMeta]], complaints: list[str]
) -> None:
    """What no file can know alone: doubles, unknown modules and sources."""
    modules = {module.number for module in course.meta.modules}
    seen: dict[tuple[str, object], str] = {}
    for page in lessons:
        meta = page.meta
        keys: list[tuple[str, object]] = [("slug", meta.slug), ("position", meta.position)]
        if meta.audio:
            keys.append(("audio.episode", meta.audio.episode))
        for key in keys:
            if key in seen:
                _complain(complaints, page, key[0], f"{key[1]} is taken by {seen[key]}")
            seen.setdefault(key, page.path)
        if meta.module not in modules:
            _complain(complaints, page, "module", f"{meta.module} is not in {COURSE_FILE}")
        for key_found in SOURCE_MARK.findall(page.body):
            if key_found not in course.meta.sources:
                _complain(complaints, page, "sources", f"{key_found} is not in {COURSE_FILE}")


def _complain(complaints: list[str], page: Page[LessonMeta], field: str, what: str) -> None:
    line = line_of(page.text, tuple(field.split(".")))
    complaints.append(f"{page.path}:{line}: {field}: {what}")
