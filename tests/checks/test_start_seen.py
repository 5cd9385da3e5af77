"""4xx, what was seen while the app came up: the network, errors, memory."""

from __future__ import annotations

import pytest

from pytest_hfspace.checks.start.seen import CHECKS, import_network, memory, startup_errors
from pytest_hfspace.rehearsal.facts import Connect, Logged, Where

from .factories import (
    CARD,
    make_command,
    make_failure,
    make_gradio_space,
    make_raised,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

LINE = Where("main.py", 9)
PROGRAM = make_command("python main.py")
GIB = 1024.0


# -- all of them


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
@pytest.mark.parametrize("space", [make_space(), make_gradio_space(), make_space(command=PROGRAM)])
def test_a_healthy_start(check, space):
    assert outcome(check, space).outcome == "passed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_a_static_space_runs_nothing(check):
    result = outcome(check, make_static_space(), make_rehearsal(impossible="no start command"))
    assert (result.outcome, result.applicable) == ("skipped", False)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_without_a_rehearsal_nothing_was_seen(check):
    assert outcome(check, make_space(), make_rehearsal(impossible="no POSIX")).reason == "no POSIX"


# -- HFS405


@pytest.mark.parametrize("phase", ["launch", "startup", "serve", "shutdown"])
def test_connections_of_a_start_that_is_no_import(phase):
    rehearsal = make_rehearsal(connects=(Connect("huggingface.co", 443, LINE, phase),))
    assert outcome(import_network, make_space(), rehearsal).outcome == "passed"


def test_an_import_that_connects():
    rehearsal = make_rehearsal(connects=(Connect("db.example.com", 5432, LINE, "import"),))
    finding = only_finding(import_network, make_space(), rehearsal)
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 9)
    assert finding.message == "importing the app connects to db.example.com:5432"
    assert "lifespan" in finding.hint


def test_a_program_that_connects_before_it_serves():
    rehearsal = make_rehearsal(connects=(Connect("db.example.com", 5432, LINE, "import"),))
    finding = only_finding(import_network, make_space(command=PROGRAM), rehearsal)
    assert finding.message == "the program connects to db.example.com:5432 before it serves"


def test_connections_of_one_line_are_one_finding():
    hosts = ["huggingface.co", "cdn-lfs.hf.co", "hf.co", "cas.hf.co", "other.hf.co"]
    rehearsal = make_rehearsal(connects=tuple(Connect(host, 443, LINE, "import") for host in hosts))
    finding = only_finding(import_network, make_space(), rehearsal)
    assert finding.message.endswith("huggingface.co:443, cdn-lfs.hf.co:443, hf.co:443 and 2 others")
    assert "preload_from_hub" in finding.hint


@pytest.mark.parametrize(
    ("host", "hint"),
    [
        ("openaipublic.blob.core.windows.net", "TIKTOKEN_CACHE_DIR"),
        ("raw.githubusercontent.com", "RUN step"),
        ("HuggingFace.co", "preload_from_hub"),
        ("nothuggingface.co", "when it is first needed"),
    ],
)
def test_the_hint_knows_the_host(host, hint):
    rehearsal = make_rehearsal(connects=(Connect(host, 443, LINE, "import"),))
    assert hint in only_finding(import_network, make_space(), rehearsal).hint


def test_a_thread_of_a_library_is_a_note():
    rehearsal = make_rehearsal(connects=(Connect("api.gradio.app", 443, None, "import"),))
    finding = only_finding(import_network, make_space(), rehearsal)
    assert (finding.level, finding.path, finding.line) == ("note", "main.py", None)


def test_the_connection_that_kept_the_rehearsal_from_going_on_is_told():
    rehearsal = make_rehearsal(
        impossible="start-up needs db.example.com:5432, which could not be reached from here",
        connects=(Connect("db.example.com", 5432, LINE, "import"),),
    )
    assert outcome(import_network, make_space(), rehearsal).outcome == "warned"


def test_an_import_that_failed_was_not_seen_to_its_end():
    failed = make_rehearsal(failure=make_failure("import", "raised", "ValueError"))
    assert outcome(import_network, make_space(), failed).reason == "needs HFS403"
    later = make_rehearsal(failure=make_failure("startup", "raised", "ValueError"))
    assert outcome(import_network, make_space(), later).outcome == "passed"


def test_hosts_are_quoted_on_one_line():
    rehearsal = make_rehearsal(connects=(Connect("a\nb\x1b[31m" + "c" * 200, 443, LINE, "import"),))
    message = only_finding(import_network, make_space(), rehearsal).message
    assert message.isprintable()
    assert len(message) < 120


# -- HFS408


def logged(message="no index", logger="main", **changes):
    changes.setdefault("where", LINE)
    return Logged(logger, message, **changes)


ERROR = make_raised("RuntimeError Exception", "no words", Where("words.py", 4))
ABSENT = make_raised("FileNotFoundError OSError", "[Errno 2] No such file: 'words.txt'", Where("words.py", 4))


def test_an_error_that_was_swallowed():
    finding = only_finding(startup_errors, make_space(), make_rehearsal(logged=(logged(raised=ERROR),)))
    assert (finding.level, finding.path, finding.line) == ("warn", "words.py", 4)
    assert finding.message == ("main logs an error while the app comes up: no index (RuntimeError: no words)")


def test_a_task_that_nobody_awaited():
    message = "Task exception was never retrieved\nfuture: <Task finished exception=RuntimeError('no words')>"
    rehearsal = make_rehearsal(logged=(logged(message, "asyncio", raised=ERROR),))
    said = only_finding(startup_errors, make_space(), rehearsal).message
    assert said.endswith("Task exception was never retrieved (RuntimeError: no words)")


def test_a_record_without_an_exception():
    finding = only_finding(startup_errors, make_space(), make_rehearsal(logged=(logged(),)))
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 9)
    bare = make_rehearsal(logged=(logged(where=None),))
    assert only_finding(startup_errors, make_space(), bare).line is None


def test_a_traceback_that_was_printed():
    record = logged("RuntimeError: no words", "", raised=ERROR)
    finding = only_finding(startup_errors, make_space(), make_rehearsal(logged=(record,)))
    assert finding.message == "a traceback is printed while the app comes up: RuntimeError: no words"


@pytest.mark.parametrize("excuse", ["start-up needs a real value of TOKEN", "could not be reached from here"])
def test_an_error_that_only_the_rehearsal_may_have_brought_about_is_a_note(excuse):
    rehearsal = make_rehearsal(logged=(logged(raised=ERROR, excuse=excuse),))
    finding = only_finding(startup_errors, make_space(), rehearsal)
    assert finding.level == "note"
    assert finding.message.endswith(excuse)


UNSET = make_read("API_KEY", secret=True, phase="startup")


@pytest.mark.parametrize(
    ("read", "settings"),
    [
        (UNSET, {}),
        (make_read("DATABASE_URL"), {"DATABASE_URL": ""}),
        (make_read("LIMIT", default="3"), {}),
    ],
)
def test_an_error_for_lack_of_a_setting_is_a_note(read, settings):
    space = make_space(settings=make_settings(**settings))
    message = f"{read.name} is wrong" if read.default else "no client"
    rehearsal = make_rehearsal(logged=(logged(message),), reads=(read,))
    finding = only_finding(startup_errors, space, rehearsal)
    assert (finding.level, finding.message.rpartition("; ")[2]) == ("note", f"{read.name} is not set here")


@pytest.mark.parametrize(
    "read",
    [
        make_read("API_KEY", secret=True, given=True),
        make_read("API_KEY", secret=True, own=False),
        make_read("API_KEY", secret=True, phase="serve"),
        make_read("LIMIT", default="3"),
        make_read("UNDECLARED"),
    ],
)
def test_settings_that_explain_nothing(read):
    rehearsal = make_rehearsal(logged=(logged(),), reads=(read,))
    assert only_finding(startup_errors, make_space(), rehearsal).level == "warn"


def test_no_setting_explains_an_absent_file():
    rehearsal = make_rehearsal(logged=(logged(raised=ABSENT),), reads=(UNSET,))
    assert only_finding(startup_errors, make_space(), rehearsal).level == "warn"


def test_many_errors_are_few_findings():
    rehearsal = make_rehearsal(logged=tuple(logged(f"error {number}") for number in range(50)))
    result = outcome(startup_errors, make_space(), rehearsal)
    assert len(result.findings) == 6
    assert result.findings[-1].message == "45 more errors while the app comes up"
    same = make_rehearsal(logged=(logged(), logged(where=None), logged()))
    assert len(outcome(startup_errors, make_space(), same).findings) == 1


def test_an_app_that_failed_to_start_is_told_elsewhere():
    failed = make_rehearsal(failure=make_failure("startup", "raised", "ValueError"), logged=(logged(),))
    assert outcome(startup_errors, make_space(), failed).outcome == "skipped"


# -- HFS421


@pytest.mark.parametrize("gib", [0.06, 4.0, 8.0])
def test_memory_that_fits(gib):
    assert outcome(memory, make_space(), make_rehearsal(peak_rss_mb=gib * GIB)).outcome == "passed"


def test_memory_over_half():
    finding = only_finding(memory, make_space(), make_rehearsal(peak_rss_mb=9 * GIB))
    assert finding.level == "warn"
    assert "9.0 GiB of memory, more than half of the 16 GiB that cpu-basic has" in finding.message


def test_memory_that_does_not_fit():
    finding = only_finding(memory, make_space(), make_rehearsal(peak_rss_mb=16.5 * GIB))
    assert (finding.level, finding.path) == ("error", "main.py")
    assert finding.message == "the app took 16.5 GiB of memory, and cpu-basic has 16 GiB"


@pytest.mark.parametrize(
    ("hardware", "level"), [("cpu-upgrade", "passed"), ("t4-small", "warned"), ("a100-large", "passed")]
)
def test_memory_on_the_hardware_that_the_card_suggests(hardware, level):
    space = make_space(card=f"{CARD}suggested_hardware: {hardware}\n")
    assert outcome(memory, space, make_rehearsal(peak_rss_mb=14 * GIB)).outcome == level


@pytest.mark.parametrize("hardware", ["zero-a10g", "h100", '"\\e[31m"'])
def test_hardware_that_is_not_known_is_not_judged(hardware):
    space = make_space(card=f"{CARD}suggested_hardware: {hardware}\n")
    result = outcome(memory, space, make_rehearsal(peak_rss_mb=100 * GIB))
    assert result.outcome == "skipped"
    assert result.reason.isprintable()


@pytest.mark.parametrize(("count", "result"), [(1, "passed"), (3, "warned"), (8, "skipped")])
def test_memory_of_all_workers(count, result):
    space = make_space(command=make_command(f"uvicorn main:app --workers {count}", workers=count))
    found = outcome(memory, space, make_rehearsal(peak_rss_mb=3 * GIB))
    assert found.outcome == result
    assert found.reason == ("needs HFS414" if count == 8 else "")


def test_memory_of_an_app_that_failed():
    failure = make_failure("startup", "exited", "killed", status=-9)
    space = make_space()
    assert outcome(memory, space, make_rehearsal(failure=failure, peak_rss_mb=20 * GIB)).outcome == "failed"
    small = make_rehearsal(failure=failure, peak_rss_mb=1 * GIB)
    assert outcome(memory, space, small).reason == "needs HFS406"


def test_a_system_that_does_not_tell():
    assert "does not tell" in outcome(memory, make_space(), make_rehearsal(peak_rss_mb=None)).reason
