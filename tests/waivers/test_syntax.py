"""Lines of the configuration, and what follows "hfspace: waive" in a comment."""

from __future__ import annotations

import time
from datetime import date

import pytest

from pytest_hfspace.waivers import Waiver, parse
from pytest_hfspace.waivers.syntax import parse_comment

from .facts import KNOWN, TODAY, make_finding, make_result


def refused(line: str) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the callers look at the text
        parse(line, KNOWN)
    message = str(caught.value)
    assert message.isprintable()  # one line, and fit for a terminal
    assert len(message) < 600
    assert message.startswith("hfspace_waive: ")
    return message.removeprefix("hfspace_waive: ")


# -- what is read


def test_a_whole_line() -> None:
    line = "HFS802[cache/*]: filled again at every start (until 2027-01-31)"
    assert parse(f"  {line} ", KNOWN) == Waiver(
        text=line,
        origin="hfspace_waive",
        codes=frozenset({"HFS802"}),
        reason="filled again at every start",
        until=date(2027, 1, 31),
        target="cache/*",
    )


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("HFS802", {"HFS802"}),
        ("hfs802", {"HFS802"}),
        ("HFS802-lost-data", {"HFS802"}),
        ("HFS8*", {"HFS801", "HFS802", "HFS811"}),
        ("HFS80?", {"HFS801", "HFS802"}),
        ("HFS8", {"HFS801", "HFS802", "HFS811"}),
        ("HFS8xx", {"HFS801", "HFS802", "HFS811"}),
        ("HFS80[12]", {"HFS801", "HFS802"}),
        ("HFS8[01]?", {"HFS801", "HFS802", "HFS811"}),
        ("HFS8[!1]*", {"HFS801", "HFS802"}),
        ("ACME101", {"ACME101"}),
        ("ACME*", {"ACME101"}),
    ],
)
def test_codes(code: str, codes: set[str]) -> None:
    assert parse(f"{code}: a reason", KNOWN).codes == codes
    with_target = parse(f"{code}[main.py]: a reason", KNOWN)
    assert (with_target.codes, with_target.target) == (codes, "main.py")


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("main.py", "main.py"),
        (" main.py ", "main.py"),
        ("a name with  blanks.txt", "a name with  blanks.txt"),
        ("GET /items/{item_id}", "GET /items/{item_id}"),
        ("app/[id]/page.tsx", "app/[id]/page.tsx"),
        ("app/[id]", "app/[id]"),
        ("app/[[]id]/*", "app/[[]id]/*"),
        ("a]b", "a]b"),
        ("odd[name", "odd[name"),
        ("POST /items/[x]:publish", "POST /items/[x]:publish"),
        ("12", "12"),
        ("a\nb.py", "a\\nb.py"),
    ],
)
def test_targets(written: str, target: str) -> None:
    waiver = parse(f"HFS802[{written}]: a reason: it holds [always]: yes", KNOWN)
    assert (waiver.target, waiver.reason) == (target, "a reason: it holds [always]: yes")


@pytest.mark.parametrize("line", ["HFS802 [main.py] : why", "HFS802[main.py]:why", "HFS802\t[main.py]:\twhy"])
def test_blanks_do_not_matter(line: str) -> None:
    waiver = parse(line, KNOWN)
    assert (waiver.target, waiver.reason) == ("main.py", "why")


@pytest.mark.parametrize(
    ("text", "reason", "until"),
    [
        ("a reason", "a reason", None),
        ("a reason (until 2027-01-31)", "a reason", date(2027, 1, 31)),
        ("a reason (Until: 2027-01-31).", "a reason", date(2027, 1, 31)),
        ("a reason(until 2028-02-29)", "a reason", date(2028, 2, 29)),
        ("a (small) reason ( until 2027-01-31 )", "a (small) reason", date(2027, 1, 31)),
        ("a proxy (until it is replaced) does that", "a proxy (until it is replaced) does that", None),
        ("kept until 2027-01-31 by our proxy", "kept until 2027-01-31 by our proxy", None),
        ("released on 2027-01-31", "released on 2027-01-31", None),
        ("see issue #12", "see issue #12", None),
        ("weil das so ist: größer", "weil das so ist: größer", None),
        ("a\nreason\x1b[31m", "a reason\\x1b[31m", None),
    ],
)
def test_reasons(text: str, reason: str, until: date | None) -> None:
    waiver = parse(f"HFS802: {text}", KNOWN)
    assert (waiver.reason, waiver.until) == (reason, until)


# -- what is not


@pytest.mark.parametrize(
    "line",
    [
        "HFS802",
        "HFS802 because",
        "HFS802 main.py: because",
        "HFS802[main.py] because",
        "HFS802[main.py: because",
        "HFS802[]: because",
        "HFS802[ ]: because",
        "HFS801, HFS802: because",
        "*: because",
        "802: because",
        ": because",
        "[main.py]: because",
        "# HFS802: because",
        "",
    ],
)
def test_a_malformed_line_says_what_is_wanted(line: str) -> None:
    assert refused(line) == (
        f"{line!r} should be CODE[path or route]: reason (until YYYY-MM-DD), "
        "where [...] and (until ...) may be left out"
    )


@pytest.mark.parametrize(
    "line", ["HFS802:", "HFS802: ", "HFS802[main.py]: ...", "HFS802: (until 2027-01-31)", "HFS802: -"]
)
def test_a_reason_is_required(line: str) -> None:
    assert refused(line) == f"{line.strip()!r} has no reason: say why"


@pytest.mark.parametrize(
    "written",
    ["2027-02-29", "2027-13-01", "0000-01-01", "2027-1-31", "31.01.2027", "20270131", "2027-W05-1", "soon",
     "", "\uff12027-01-31"],
)  # fmt: skip
def test_a_date_that_is_none(written: str) -> None:
    assert refused(f"HFS802: why (until {written})") == f"{written!r} is not a day such as 2027-01-31"


@pytest.mark.parametrize(
    "reason",
    [
        "why until 2027-01-31",
        "why, until: 2027-1-31.",
        "why (until 2027-01-31) and more",
        "(until 2027-01-31) why",
        "why (until 2027-01-31) (until 2028-01-31)",
    ],
)
def test_a_date_that_would_not_count(reason: str) -> None:
    line = f"HFS802: {reason}"
    assert refused(line) == f"{line!r} should end with its only date, as in (until 2027-01-31)"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("HFS411: why", "there is no check 'HFS411'; did you mean HFS811-egress or HFS410-port-mismatch?"),
        ("HFS803[main.py]: why", "there is no check 'HFS803'; did you mean HFS802-lost-data"),
        ("port: why", "there is no check 'port'; did you mean HFS410-port-mismatch?"),
        ("ACME11*: why", "there is no check 'ACME11*'"),
        ("HFS: why", "there is no check 'HFS'"),
        ("HFS8000: why", "there is no check 'HFS8000'"),
        ("XYZ[main.py]: why", "there is no check 'XYZ' (--hfspace-list shows them all)"),
    ],
)
def test_an_unknown_code_names_the_near_ones(line: str, message: str) -> None:
    assert refused(line).startswith(message)


@pytest.mark.parametrize(
    "line",
    [
        "x" * 10_000_000,
        "HFS802[" + "[" * 10_000_000,
        "HFS802: " + "until (" * 1_000_000,
        "HFS802[" + "]" * 3900,
        "HFS802: " + "(until " * 500 + "(until 2027-99-99)",
        "HFS802\0: why",
        "\0",
        "HFS802\u202e why",
        "\ud800",
    ],
    ids=range(9),
)
def test_hostile_lines_end_soon_in_one_line(line: str) -> None:
    started = time.perf_counter()
    refused(line)
    assert time.perf_counter() - started < 5


def test_what_the_report_says_is_printable() -> None:
    waiver = parse("HFS802[a\0b\u202e]: why\0 not\ud800", KNOWN)
    assert (waiver.text + waiver.reason + waiver.target).isprintable()


# -- comments


@pytest.mark.parametrize(
    ("text", "reason", "until"),
    [
        (" HFS703 our proxy needs it", "our proxy needs it", None),
        (" HFS703: our proxy needs it", "our proxy needs it", None),
        (" HFS703 - our proxy needs it", "our proxy needs it", None),
        ("\tHFS703\tour proxy needs it (until 2027-01-31)", "our proxy needs it", date(2027, 1, 31)),
        (" hfs7* our proxy needs it", "our proxy needs it", None),
    ],
)
def test_a_comment(text: str, reason: str, until: date | None) -> None:
    (found,) = parse_comment(text, KNOWN)
    assert (found.codes, found.reason, found.until) == (frozenset({"HFS703"}), reason, until)


@pytest.mark.parametrize("text", [" HFS703, HFS802 both", " HFS703,HFS802: both", " HFS703 , HFS802 - both"])
def test_a_comment_with_two_codes_is_two(text: str) -> None:
    first, second = parse_comment(text, KNOWN)
    assert (first.codes, first.reason) == (frozenset({"HFS703"}), "both")
    assert (second.codes, second.reason) == (frozenset({"HFS802"}), "both")
    assert first.text.startswith("hfspace: waive HFS703 ")
    assert second.text.startswith("hfspace: waive HFS802 ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'hfspace: waive' should be hfspace: waive CODE reason (until YYYY-MM-DD)"),
        (" ", "should be hfspace: waive CODE reason"),
        (": HFS703 why", "should be hfspace: waive CODE reason"),
        (" HFS703_why", "should be hfspace: waive CODE reason"),
        (" HFS703[main.py] why", "it stands beside what it is about"),
        (" HFS703", "'hfspace: waive HFS703' has no reason: say why"),
        (" HFS703, HFS802", "has no reason"),
        (" HFS703:", "has no reason"),
        (" HFS703 (until 2027-01-31)", "has no reason"),
        (" HFS703 why (until tomorrow)", "'tomorrow' is not a day such as 2027-01-31"),
        (" HFS703 why until 2027-01-31", "should end with its only date"),
        (" HFS730 why", "there is no check 'HFS730'; did you mean HFS703-secret-default"),
        (" HFS703, because of this", "there is no check 'because'"),
        (" HFS703 " + "x" * 5000 + " (until 2027-01-31)", "is longer than 4000 characters"),
    ],
)
def test_a_comment_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # its text is looked at
        parse_comment(text, KNOWN)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


# -- what a waiver means


def covers(target: str, path: str = "", route: str | None = None, prefix: str = "") -> bool:
    waiver = parse(f"HFS802[{target}]: why", KNOWN)
    return waiver.covers(make_result("HFS802", route=route), make_finding(path=path), prefix)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("main.py", "main.py"),
        ("*.py", "app/main.py"),
        ("app/*", "app/deep/main.py"),
        ("spaces/chat/main.py", "main.py"),
        ("spaces/*/main.py", "main.py"),
        ("app/[id]/page.tsx", "app/[id]/page.tsx"),
        ("app/[[]id]/*", "app/[id]/page.tsx"),
        ("[ab].py", "a.py"),
        ("a?b.py", "a\nb.py".replace("\n", "x")),
        ("a\\nb.py", "a\nb.py"),
        ("*", "main.py"),
    ],
)
def test_a_target_that_is_a_path(target: str, path: str) -> None:
    assert covers(target, path, prefix="spaces/chat/")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("main.py", "app/main.py"),
        ("main.py", "Main.py"),
        ("main.p", "main.py"),
        ("app", "app/main.py"),
        ("spaces/other/main.py", "main.py"),
        ("chat/main.py", "main.py"),
        ("app/[id]/*", "app/[id]/page.tsx"),
        ("main.py:3", "main.py"),
        ("*", ""),
        ("[z-a].py", "a.py"),
        ("[", "main.py"),
    ],
)
def test_a_target_that_is_another_path(target: str, path: str) -> None:
    assert not covers(target, path, prefix="spaces/chat/")


@pytest.mark.parametrize(
    ("target", "matches"),
    [
        ("GET /items/{item_id}", True),
        ("/items/{item_id}", True),
        ("GET *", True),
        ("*/items/*", True),
        ("/items/*", True),
        ("POST /items/{item_id}", False),
        ("GET", False),
        ("/items", False),
        ("get /items/{item_id}", False),
        ("/items/{ITEM_ID}", False),
        ("items/{item_id}", False),
    ],
)
def test_a_target_that_is_a_route(target: str, matches: bool) -> None:
    assert covers(target, route="GET /items/{item_id}") is matches


def test_brackets_of_a_route_stand_for_themselves_first() -> None:
    assert covers("GET /files/[name]", route="GET /files/[name]")
    assert covers("/files/[name]", route="GET /files/[name]")
    assert covers("/files/[name]", route="GET /files/n")


def test_a_route_with_blanks_in_its_path() -> None:
    assert covers("/a b", route="GET /a b")
    assert not covers("b", route="GET /a b")


def test_without_a_target_all_findings_of_the_check_are_meant() -> None:
    waiver = parse("HFS802: why", KNOWN)
    assert waiver.covers(make_result("HFS802"), make_finding(path="", line=None))
    assert not waiver.covers(make_result("HFS801"), make_finding(path="", line=None))


def test_the_last_day_is_a_day_on_which_it_holds() -> None:
    waiver = parse(f"HFS802: why (until {TODAY})", KNOWN)
    assert not waiver.expired(TODAY)
    assert waiver.expired(date(2026, 8, 2))
    assert not parse("HFS802: why", KNOWN).expired(date.max)


def test_what_a_finding_says_of_its_waiver() -> None:
    assert parse("HFS802: why", KNOWN).says == "why (hfspace_waive)"
    assert parse("HFS802: why (until 2027-01-31)", KNOWN).says == "why (hfspace_waive, until 2027-01-31)"


def test_a_waiver_for_results_without_secrets() -> None:
    waiver = parse("HFS802[hunter2/*]: as hunter2 says", KNOWN).redacted(
        lambda text: text.replace("hunter2", "<TOKEN>")
    )
    assert waiver.covers(make_result("HFS802"), make_finding(path="<TOKEN>/a.py"))
    assert waiver.text == "HFS802[<TOKEN>/*]: as <TOKEN> says"
    assert waiver.reason == "as <TOKEN> says"
