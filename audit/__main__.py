"""`python -m audit`: is every public page valid HTML, and are they as fast as promised?

Prints what it finds and exits with 1 when a limit is not held.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from audit import lighthouse, validity
from audit.pages import LESSON, error_pages, program, public_pages
from audit.server import running
from shop.settings import ROOT

MEASURED = (
    *("/", "/kroniske-smerter", "/forloeb", "/kursus", "/priser", "/for-paaroerende"),
    *(LESSON, "/kontakt"),
)
REPORTS = ROOT / ".cache" / "audit"


def main() -> int:
    """Both looks at a program as in production; 1 when either finds something."""
    parser = argparse.ArgumentParser(prog="python -m audit", description=__doc__)
    parser.add_argument("paths", nargs="*", default=MEASURED, help="what Lighthouse visits")
    parser.add_argument("--runs", type=int, default=3, help="visits to each; their median counts")
    given = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="audit-") as home, running(Path(home)) as site:
        fine = [check_html(site), measure(site, given.paths, given.runs)]
    return 0 if all(fine) else 1


def check_html(site: str) -> bool:
    """Prints what the Nu Html Checker says about every public page; warnings count too."""
    app = program()
    pages = {path: validity.source(site + path) for path in public_pages(app)}
    pages |= {f"error {status}": answer.data for status, answer in error_pages(app).items()}
    found = validity.complaints(pages)
    print(f"Valid HTML (Nu Html Checker, {len(pages)} pages): {len(found)} errors and warnings")
    for words in found:
        print(f"  {words}")
    return not found


def measure(site: str, paths: list[str], runs: int) -> bool:
    """Prints Lighthouse's table; False when a limit is not held."""
    print(f"\nLighthouse, a phone on slow 4G, a first visit, median of {runs}", flush=True)
    print(f"{'':32}perf acc best seo    LCP s    CLS  TBT ms     kB  requests")
    print(f"{'limit':32} 100 100  100 1001.00/1.25  0.000       0  40/50         6")
    beyond = {}
    for path in paths:
        report = REPORTS / f"{path.strip('/').replace('/', '-') or 'front'}.json"
        visit = lighthouse.measure(site + path, report, runs)
        scores = "{:4} {:3} {:4} {:3}".format(*visit.scores)
        numbers = f"{visit.lcp:8.2f} {visit.cls:6.3f} {visit.tbt:7.0f} {visit.kilobytes:6.1f}"
        print(f"{path:32}{scores} {numbers} {visit.requests:9}", flush=True)
        if visit.beyond():
            beyond[path] = [*visit.beyond(), *(f"“{words}”" for words in visit.shortcomings)]
    for path, names in beyond.items():
        print(f"{path} is beyond its limit: {', '.join(names)}")
    print("Second figures: LCP with a script, kB with htmx. Whole reports: .cache/audit/")
    return not beyond


if __name__ == "__main__":
    sys.exit(main())
