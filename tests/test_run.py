"""``ctxc run``: a command's output, shortened, its exit code, its signals, its whole kept."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ctxc import count_tokens
from ctxc.batch.pipeline import Options
from ctxc.budget import Tokens
from ctxc.capture import view
from ctxc.capture.spool import Spool
from ctxc.capture.view import displayed
from ctxc.llama.runtime import Runtime

MARK = re.compile(
    r"\[ctxc: ([\d,]+) -> ([\d,]+) tokens; whole output: ctxc expand ([0-9a-f]{6,})\]"
)
MANY = "for i in range(2000): print(i, 'step', i * 7, 'FAILED here' if i == 1500 else 'ok')"
WHOLE = "".join(
    f"{i} step {i * 7} {'FAILED here' if i == 1500 else 'ok'}\n" for i in range(2000)
).encode()


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


def ctxc(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    ran = subprocess.run(
        [sys.executable, "-m", "ctxc", *arguments], input=stdin, capture_output=True, timeout=120
    )
    assert b"Traceback" not in ran.stderr and b"a bug" not in ran.stderr, ran.stderr
    return ran


def python(code: str) -> Sequence[str]:
    return ("--", sys.executable, "-c", code)


def unfolded(text: str) -> list[str]:
    """Its lines, without the numbers of their repeats."""
    return [re.sub(r" \[… × \d+\]$", "", line) for line in text.splitlines()]


def handle_in(out: bytes) -> str:
    match = MARK.fullmatch(out.decode().splitlines()[-1])
    assert match, out[-200:]
    return match[3]


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_is_the_commands(code: int) -> None:
    ran = ctxc("run", *python(f"print('hello'); raise SystemExit({code})"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, b"hello\n", b"")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_is_128_more_than_its_number(number: signal.Signals) -> None:
    ran = ctxc("run", *python(f"import os; print('a', flush=True); os.kill(os.getpid(), {number})"))
    assert (ran.returncode, ran.stdout) == (128 + number, b"a\n")


@pytest.mark.parametrize(
    "output", [b"", b"\xff\x00\xfe", b"no line feed", b"\x1b[31mred\x1b[0m\r\n", b"10%\r20%\n"]
)
def test_small_output_is_the_same_bytes(output: bytes) -> None:
    ran = ctxc("run", *python(f"import sys; sys.stdout.buffer.write({output!r})"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, output, b"")


def test_both_streams_come_in_the_order_of_writing_or_apart() -> None:
    code = "import os\nfor i in range(6): os.write(1 + i % 2, b'%d\\n' % i)"
    merged = ctxc("run", *python(code))
    assert (merged.stdout, merged.stderr) == (b"0\n1\n2\n3\n4\n5\n", b"")
    apart = ctxc("run", "--stdout-only", *python(code))
    assert (apart.stdout, apart.stderr) == (b"0\n2\n4\n", b"1\n3\n5\n")


def test_long_output_fits_the_budget_with_its_last_line_and_is_kept_whole() -> None:
    ran = ctxc("run", *python(MANY + "\nraise SystemExit(3)"))
    assert ran.returncode == 3 and ran.stderr == b""
    text = ran.stdout.decode()
    assert "1500 step 10500 FAILED here" in text
    assert count_tokens(text) <= 2000
    match = MARK.fullmatch(text.splitlines()[-1])
    assert match and int(match[1].replace(",", "")) == count_tokens(WHOLE.decode())
    assert int(match[2].replace(",", "")) <= 2000
    assert ctxc("expand", match[3]).stdout == WHOLE


@pytest.mark.parametrize("budget", [("--tokens", "100"), ("--ratio", "20"), ("--rate", "0.05")])
def test_budgets_hold(budget: tuple[str, str]) -> None:
    ran = ctxc("run", *budget, *python(MANY))
    most = 100 if budget[0] == "--tokens" else count_tokens(WHOLE.decode()) // 20
    assert 0 < count_tokens(ran.stdout.decode()) <= most
    assert "FAILED here" in ran.stdout.decode()


def test_a_question_decides_what_is_shown() -> None:
    ran = ctxc("run", "-q", "What of step 8407?", "--tokens", "150", *python(MANY))
    assert "1201 step 8407 ok" in ran.stdout.decode()


def test_a_budget_without_room_is_refused_before_the_command_runs(tmp_path: Path) -> None:
    made = tmp_path / "made"
    for wrong in (("--tokens", "20"), ("--kind", "nokind"), ("--tokenizer", "none"), ("-q", " ")):
        ran = ctxc("run", *wrong, *python(f"open({str(made)!r}, 'w')"))
        assert ran.returncode == 2 and ran.stdout == b"" and ran.stderr.startswith(b"ctxc: ")
    assert not made.exists()


def test_a_rate_that_leaves_nothing_shows_where_all_of_it_is() -> None:
    ran = ctxc("run", "--rate", "0.0001", *python(MANY))
    assert ran.returncode == 0 and b"no room" in ran.stderr
    assert ctxc("expand", handle_in(ran.stdout)).stdout == WHOLE
    unkept = ctxc("run", "--rate", "0.0001", "--no-store", *python(MANY))
    assert unkept.stdout == WHOLE and b"no room" in unkept.stderr


def test_without_the_store_the_last_line_says_so(own_store: Path) -> None:
    ran = ctxc("run", "--no-store", *python(MANY))
    assert ran.stdout.decode().endswith(" tokens; the whole output was not kept]\n")
    assert not own_store.exists()


def test_the_configuration_sets_the_budget_and_a_flag_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('[run]\ntokens = 150\nmax-output = "100MB"\n')
    monkeypatch.setenv("CTXC_CONFIG", str(tmp_path / "config.toml"))
    assert 0 < count_tokens(ctxc("run", *python(MANY)).stdout.decode()) <= 150
    assert 150 < count_tokens(ctxc("run", "--tokens", "600", *python(MANY)).stdout.decode()) <= 600


def test_options_behind_the_command_are_the_commands() -> None:
    ran = ctxc("run", sys.executable, "-c", "import sys; print(sys.argv[1:])", "-q", "--tokens")
    assert ran.stdout == b"['-q', '--tokens']\n"


def test_it_gets_standard_input() -> None:
    ran = ctxc("run", *python("print(input()[::-1])"), stdin=b"abc\n")
    assert ran.stdout == b"cba\n"


def test_what_cannot_be_started_is_a_line_and_the_shells_code(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("hello\n")
    bad = tmp_path / "bad"
    bad.write_text("#!/no/such/interpreter\n")
    bad.chmod(0o755)
    bare = tmp_path / "bare"
    bare.write_text("echo hello\n")
    bare.chmod(0o755)
    for command, code, reason in (
        ("no-such-command-here", 127, "command not found"),
        (str(tmp_path / "none"), 127, "command not found"),
        ("echo hello", 127, "no shell runs it"),
        (str(tmp_path), 126, "it is a folder"),
        (str(text), 126, "permission denied"),
        (str(bad), 126, "its interpreter is not there"),
        (str(bare), 126, "#! line"),
    ):
        if command == str(text) and os.geteuid() == 0:
            text.chmod(0o644)  # root may read it, and may not run it either
        ran = ctxc("run", "--", command)
        assert ran.returncode == code and ran.stdout == b""
        assert ran.stderr.startswith(b"ctxc: ") and reason.encode() in ran.stderr


def test_escapes_and_overwritten_progress_are_not_shown_but_kept() -> None:
    code = "for i in range(900): print(f'\\x1b[32m{i}%\\r\\x1b[1m{i} done\\x1b[0m \\x07')"
    ran = ctxc("run", "--tokens", "500", *python(code))
    assert b"\x1b" not in ran.stdout and b"\r" not in ran.stdout and b"\x07" not in ran.stdout
    whole = ctxc("expand", handle_in(ran.stdout)).stdout
    assert whole == b"".join(
        b"\x1b[32m%d%%\r\x1b[1m%d done\x1b[0m \x07\n" % (i, i) for i in range(900)
    )


def test_line_feeds_stay_where_they_are_for_the_numbers_in_the_marks() -> None:
    raw = "a\r\n10%\r20%\rdone\n\x1b[2Kb\x00\rc\n\rd\n\n"
    assert displayed(raw).count("\n") == raw.count("\n")
    assert displayed(raw) == "a\ndone\nc\nd\n\n"
    assert displayed("1%\r2%\r100%") == "100%"


def test_long_binary_output_is_not_shown_but_kept() -> None:
    code = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 100)"
    ran = ctxc("run", *python(code))
    assert ran.returncode == 0 and b"binary" in ran.stderr
    last = ran.stdout.decode()
    assert last.startswith("[ctxc: 25,600 bytes -> 0 tokens; whole output: ctxc expand ")
    handle = last.split()[-1].rstrip("]")
    assert ctxc("expand", handle).stdout == bytes(range(256)) * 100
    assert ctxc("run", "--no-store", *python(code)).stdout == bytes(range(256)) * 100


def test_tee_shows_it_as_it_comes() -> None:
    code = "import time; print('first', flush=True); time.sleep(30)"
    child = subprocess.Popen(
        [sys.executable, "-m", "ctxc", "run", "--tee", *python(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    assert child.stderr.readline() == b"first\n"  # long before its end
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=60)
    assert (child.returncode, out) == (128 + signal.SIGTERM, b"first\n")


@pytest.mark.parametrize("whole_group", [True, False], ids=["as-ctrl-c", "to-ctxc-alone"])
def test_an_interrupt_ends_the_command_and_shows_what_there_was(whole_group: bool) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (print('cleaning up'), sys.exit(5)))\n"
        "print('begun', flush=True); print('ready', file=sys.stderr, flush=True)\n"
        "time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "ctxc", "run", "--stdout-only", *python(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stderr is not None and child.stderr.readline() == b"ready\n"
    if whole_group:
        os.killpg(child.pid, signal.SIGINT)
    else:
        child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 5 and out.startswith(b"begun\ncleaning up\n")
    assert b"Traceback" not in err


def test_a_command_that_dies_of_an_interrupt_is_130() -> None:
    code = "import os, signal; signal.signal(2, signal.SIG_DFL); os.kill(os.getpid(), 2)"
    assert ctxc("run", *python(code)).returncode == 130


def test_what_goes_on_in_the_background_does_not_hold_it_up() -> None:
    begun = time.monotonic()
    ran = ctxc("run", "--", "sh", "-c", "sleep 100 & echo $!")
    assert time.monotonic() - begun < 60  # not the 100 of what it waits for otherwise
    os.kill(int(ran.stdout), signal.SIGKILL)
    assert ran.returncode == 0 and b"goes on" in ran.stderr


def test_a_few_megabytes_are_caught_and_kept_whole() -> None:
    line = "a line that is long enough to be one of few in a megabyte: " + "x" * 30_000
    ran = ctxc("run", "--tokens", "400", *python(f"for i in range(99): print(i, {line!r})"))
    assert ran.returncode == 0 and count_tokens(ran.stdout.decode()) <= 400
    whole = ctxc("expand", handle_in(ran.stdout)).stdout
    assert whole == b"".join(f"{i} {line}\n".encode() for i in range(99))


def test_of_more_than_is_read_the_beginning_and_the_end_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(view, "LARGEST", 40_000)
    lines = [f"line {i} of a long run with nothing in it {i * 3}" for i in range(1, 3000)]
    lines.append("FAILED at the end")
    spool = Spool(10**6)
    spool.write("".join(f"{line}\n" for line in lines).encode())
    spool.finish()
    kept: list[bytes] = []

    def keep(whole: Spool) -> str:
        kept.append(whole.read())
        return "7f3a9c"

    with Runtime() as runtime:
        seen = view.view_of(spool, Options(budget=Tokens(1000)), keep, runtime)
    text = seen.text or ""
    assert count_tokens(text) <= 1000 and "FAILED at the end" in text and lines[0] in text
    ours = [line for line in unfolded(text) if line.startswith("[")]
    assert set(unfolded(text)) - set(lines) == set(ours) and len(ours) > 1
    match = re.search(r"\[ctxc: lines (\d+)-(\d+) not looked at: ctxc expand (.*)\]", text)
    assert match and match[3] == f"7f3a9c --lines {match[1]}-{match[2]}"
    first, last = int(match[1]), int(match[2])
    assert sum(len(line) + 1 for line in lines[: first - 1]) in range(9_900, 10_001)
    assert sum(len(line) + 1 for line in lines[last:]) in range(29_900, 30_001)
    assert kept == [spool.read()]
    assert re.search(r"\[ctxc: [\d,]+ bytes -> [\d,]+ tokens; whole", text.splitlines()[-1])


def test_lines_are_shown_whole_whatever_they_hold() -> None:
    code = "for i in range(900): print('It was, on the whole, quite good: number', i)"
    ran = ctxc("run", "-q", "What was good?", "--tokens", "300", *python(code))
    whole = {f"It was, on the whole, quite good: number {i}" for i in range(900)}
    lines = [line for line in unfolded(ran.stdout.decode()) if not line.startswith("[")]
    assert len(lines) > 5 and set(lines) <= whole


def test_output_over_its_limit_loses_its_middle_and_says_so() -> None:
    ran = ctxc("run", "--max-output", "20kB", *python(MANY))
    assert b"bytes of its middle were dropped" in ran.stderr
    whole = ctxc("expand", handle_in(ran.stdout)).stdout
    head, _, rest = whole.partition(b"\n[ctxc: ")
    number, _, tail = rest.partition(b" bytes dropped here: more than --max-output]\n")
    assert WHOLE.startswith(head) and WHOLE.endswith(tail) and len(head) == len(tail) == 10_000
    assert int(number.replace(b",", b"")) == len(WHOLE) - 20_000


@pytest.mark.parametrize("size", [0, 5, 10, 11, 14, 15, 16, 27])
@pytest.mark.parametrize("step", [1, 3, 40])
def test_a_spool_holds_the_beginning_and_the_end(size: int, step: int) -> None:
    data = bytes(range(65, 65 + size))
    spool = Spool(10)
    for at in range(0, size, step):
        assert spool.write(data[at : at + step])
    spool.finish()
    assert not spool.write(b"late")
    whole = spool.read()
    assert len(whole) == spool.size
    if size <= 10:
        assert whole == data and spool.dropped == 0
    else:
        assert whole.startswith(data[:5] + b"\n[ctxc: ") and whole.endswith(b"]\n" + data[-5:])
        assert spool.dropped == size - 10
    spool.close()


def test_the_ledger_has_figures_and_nothing_of_the_command(own_store: Path) -> None:
    ctxc("run", "-q", "Why did it fail?", *python(MANY))
    line = ctxc("stats", "--export").stdout.decode()
    assert '"run"' in line and "Why did" not in line and "FAILED" not in line
    assert sys.executable not in line


def test_two_runs_at_once_both_keep_theirs() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "ctxc", "run", *python(f"for i in range(2000): print({n}, i)")],
            stdout=subprocess.PIPE,
        )
        for n in (1, 2)
    ]
    for n, child in enumerate(runs, 1):
        out, _ = child.communicate(timeout=120)
        whole = ctxc("expand", handle_in(out)).stdout
        assert whole == b"".join(b"%d %d\n" % (n, i) for i in range(2000))


def test_a_pipe_that_closes_early_keeps_the_code() -> None:
    command = [sys.executable, "-m", "ctxc", "run", *python(MANY + "\nraise SystemExit(4)")]
    shell = '"$@" | head -c 1; echo " ${PIPESTATUS[0]}"'
    ran = subprocess.run(["bash", "-c", shell, "bash", *command], capture_output=True)
    assert ran.stdout.endswith(b" 4\n") and ran.stderr == b""
