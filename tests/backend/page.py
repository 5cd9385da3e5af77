"""Reading pages, and reports to show on them."""

from __future__ import annotations

from html.parser import HTMLParser

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
#: Markup, a template, a direction, and a word that no page is wide enough for.
NASTY = "</title></script><script>alert(1)</script><img src=x onerror=y>\"'&{{7*7}}\u202e" + "x" * 150
VOID = {"meta", "link", "img", "input", "br", "use", "path", "rect"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes and its text; and whether all are closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, dict(attributes), []))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.text += data
        for _, _, texts in self.open:
            texts.append(data)

    def all(self, tag, **wanted):
        wanted = {name.rstrip("_"): value for name, value in wanted.items()}
        return [
            (attributes, " ".join("".join(texts).split()))
            for each, attributes, texts in self.elements
            if each == tag and wanted.items() <= attributes.items()
        ]


def opened(board, path, status=200, **headers):
    answer = board.get(path, headers={**BROWSER, **headers})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return Page(answer.text)


def check(code, *findings, **members):
    return {
        "code": code,
        "name": "a-check",
        "level": "error",
        "predicts": "RUNNING",
        "outcome": "failed" if findings else "passed",
        "reason": "",
        "route": None,
        "seconds": 0.001,
        "findings": list(findings),
        **members,
    }


def finding(message, **members):
    return {"message": message, "hint": "", "consequence": "", "path": "", "line": None, **members}


def hostile():
    """A report that is valid, and has the worst in every text."""
    bad = finding(NASTY, hint=NASTY, consequence=NASTY, path=NASTY, line=3, level="error")
    checks = [
        check(NASTY, {**bad, "waived": waived}, name=NASTY, route=NASTY, reason=NASTY)
        for waived in ("", NASTY)
    ]
    return {
        "version": NASTY,
        "space": {
            "root": NASTY,
            "sdk": NASTY,
            "app": NASTY,
            "port": 7860,
            "launch": [NASTY],
            "files": 1,
            "id": "acme/atlas",
        },
        "stage": "RUNNING",
        "checks": [*checks, check(NASTY, outcome="skipped", reason=NASTY)],
        "routes": [
            {
                "method": NASTY,
                "path": NASTY,
                "endpoint": NASTY,
                "status": 200,
                "seconds": 1,
                "outcome": "answered",
            }
        ],
        "not_rehearsed": [NASTY],
        "requires": [NASTY],
        "environment": [
            {
                "name": NASTY,
                "secret": True,
                "required": True,
                "default": True,
                "documented": True,
                "where": [NASTY],
            }
        ],
    }
