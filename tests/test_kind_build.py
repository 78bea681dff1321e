"""Build logs: the step that failed, the reason in it, harmless words left alone."""

from __future__ import annotations

import pytest
from machine_text import LANGUAGES, best, fixture, names, piece
from unit_subsets import kind_of, units

from ctxc.text.kinds.fault_words import role_of

# For each log: what an engineer would want to see of it.
REASONS = {
    "travis.txt": ["Please rebuild the JavaScript", "public/shop.min.js", "exited with 1."],
    "actions.txt": ["No matching distribution found for acme-tax==9.1", "exit code 1"],
    "docker.txt": ["E: Unable to locate package libfoo-dev", "non-zero code: 100"],
    "maven.txt": ["cannot find symbol", "method roundTo(int)"],
    "make.txt": ["error: ‘b’ undeclared", "return a + b"],
    "makelink.txt": ["undefined reference to `missing_fn'", "Error 1"],
    "cargobuild.txt": ["error[E0308]: mismatched types", "src/lib.rs:8:21"],
    "npm.txt": ["ERESOLVE unable to resolve", 'peer react@"17.0.2"'],
    "gradle.txt": ["Could not resolve org.acme:tax:9.1", "Execution failed for task"],
    "cmake.txt": ["CMake Error at CMakeLists.txt:12", "Could NOT find Tax"],
}


def test_every_log_is_expected_here() -> None:
    assert sorted(REASONS) == names("build")


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_build_log_is_told_by_its_content(name: str) -> None:
    compilers = ("make.txt", "cargobuild.txt")  # mostly diagnostics, which have a kind of their own
    expected = ("build", "diagnostics") if name in compilers else ("build",)
    assert kind_of(fixture("build", name)) in expected


@pytest.mark.parametrize("name", sorted(REASONS))
def test_the_reason_comes_first(name: str) -> None:
    text = fixture("build", name)
    kept = best(text, "build", 420)
    for words in REASONS[name]:
        assert words in kept, kept


@pytest.mark.parametrize(
    "line",
    [
        "gcc -Wall -c -o error_handler.o error_handler.c",
        "  Compiling failure v0.1.8",
        "test_error_handler_ok (test_uni.Sums.test_error_handler_ok) ... ok",
        "ok 12 - an error is reported",
        "0 errors, 0 failures",
        "Errors: 0, Failures: 0",
        "export CFLAGS=-Werror",
        "cp src/errors/fail.png dist/errors/fail.png",
        "✓ fails fast on exceptions (3 ms)",
        "INSERT INTO log (on_error) VALUES (1)",
    ],
)
def test_words_that_only_look_like_errors_are_harmless(line: str) -> None:
    assert role_of(line)[0] not in ("error", "verdict", "warning")


@pytest.mark.parametrize(
    "line",
    [
        "main.c:3:1: error: expected ';' before '}' token",
        "E: Unable to locate package libfoo-dev",
        "bash: line 3: frobnicate: command not found",
        "npm ERR! Cannot read properties of undefined",
        "install.sh: No such file or directory",
        "fatal: repository 'https://git.example.org/x' not found",
        "ld: undefined symbol: _missing",
        "[ERROR] /srv/Price.java:[31,17] cannot find symbol",
        "java.lang.OutOfMemoryError: Java heap space",
        "Segmentation fault (core dumped)",
    ],
)
def test_plain_errors_are_told(line: str) -> None:
    assert role_of(line) == ("error", 1.0)


def test_errors_of_a_step_that_ended_well_stand_behind() -> None:
    text = (
        "$ ./configure\nerror: no compiler cache, going on without\n"
        'The command "./configure" exited with 0.\n'
        "$ make check\nsome words\nthe last words\n"
        'The command "make check" exited with 2.\nDone. Your build exited with 1.\n'
    )
    segments = units(text, "build")
    harmless = segments[piece(text, segments, "error: no compiler cache")]
    last = segments[piece(text, segments, "the last words")]
    assert last.salience > harmless.salience


def test_the_nearer_the_end_of_the_failed_step_the_more_a_line_is_worth() -> None:
    body = "".join(f"word number{chr(97 + i)}\n" for i in range(20))
    after = "travis_fold:start:after_script\n$ upload\nbye\n"
    text = f'$ run\n{body}The command "run" exited with 1.\n{after}'
    segments = units(text, "build")
    worths = [s.salience for s in segments if s.core(text).startswith("word")]
    assert worths == sorted(worths) and worths[-1] > worths[0] + 1
    assert segments[piece(text, segments, "bye")].salience < worths[-1]


def test_warnings_count_as_errors_where_they_stop_the_build() -> None:
    warning = "src/A.hs:94:10: Warning:\n    No explicit implementation for mappend\n"
    lenient, strict = (
        f"$ make\n{warning}"
        + "[1/1] Compiling B\n" * 30
        + end
        + 'The command "make" exited with 1.\n'
        for end in ("", "Failing due to -Werror.\n")
    )
    worths = [
        s[piece(t, s, "src/A.hs")].salience for t in (lenient, strict) for s in [units(t, "build")]
    ]
    assert worths[1] > worths[0] + 1


def test_noise_folds_into_its_first() -> None:
    text = "$ npm ci\n" + "".join(
        f"npm http fetch GET 200 https://r.example/{i}\n" for i in range(9)
    )
    segments = units(text + "npm ERR! code E404\n", "build")
    fetched = [s for s in segments if "fetch" in s.core(text)]
    assert fetched[0].folds == -1 and {s.folds for s in fetched[1:]} == {1}


def test_a_failed_test_inside_a_build_keeps_its_unit() -> None:
    text = (
        "$ pytest\n" + fixture("tests", "pytest.txt") + 'The command "pytest" exited with 1.\n'
        "Done. Your build exited with 1.\n"
    )
    assert kind_of(text) == "build"
    segments = units(text, "build")
    head = piece(text, segments, "___________________________________ test_tax")
    assert segments[head].kind == "failure"
    assert segments[piece(text, segments, "E       assert 1.91")].needs == head
    assert "assert 1.91 == 2.0" in best(text, "build", 700)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_other_texts_are_no_build_logs(language: str) -> None:
    assert kind_of(LANGUAGES[language]) != "build"
