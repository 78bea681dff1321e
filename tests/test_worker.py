"""A model process that dies costs the user one sentence, and nothing that was finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ctxc.errors import EngineError, InputError, ModelError
from ctxc.llama.generate import Generator
from ctxc.llama.incremental import Past
from ctxc.llama.model import Model
from ctxc.llama.placement import devices
from ctxc.llama.placement.devices import Device
from ctxc.llama.placement.shape import scoring
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.llama.score import Scorer
from ctxc.llama.score_wide import WideScorer
from ctxc.llama.worker.fallback import ON_CPU, PLANNED, Choice
from ctxc.llama.worker.open_models import Seats
from ctxc.llama.worker.process import Died, Worker
from ctxc.llama.worker.proxies import RemoteScorer
from ctxc.llama.worker.supervisor import Supervisor

pytestmark = [pytest.mark.model, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "LICENSE").read_text()
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")

# A worker whose models are made up: what it does follows from the rung it is started on.
CHILD = r"""
import os, sys
import numpy as np
from ctxc.errors import InputError, ModelError
from ctxc.llama.worker import serve

class Seats:
    def __init__(self, choice, rung, say):
        self.choice, self.rung = choice, rung
        os.write(1, b"something in C printed this\n")
    def scorer(self):
        return self
    def close(self):
        pass
    def stream(self, ids, start):
        for done, index in enumerate(range(start, len(ids))):
            self.mishap(done)
            yield index, np.array([ids[index]], np.float32)
    def mishap(self, done):
        {mishap}

serve.Seats = Seats
serve.main()
"""


def supervisor(
    mishap: str, said: list[str], layers: int | None = None, gpu: str = "auto", on_gpu: bool = True
) -> Supervisor:
    choice = Choice(lm=None, name="m", encoder=Path(), layers=layers, gpu=gpu)
    command = ("-P", "-c", CHILD.replace("{mishap}", mishap))
    return Supervisor(choice, choice.ladder(on_gpu), command=command, say=said.append)


def score(worker: Supervisor, count: int = 9) -> tuple[list[float], list[float]]:
    """The results, and how many tokens each report of progress was about."""
    advanced: list[float] = []
    nll = RemoteScorer(None, worker).nll(np.arange(count, dtype=np.int32), advanced.append)
    return nll.tolist(), advanced


def test_down_the_ladder_to_the_cpu_with_everything_kept() -> None:
    said: list[str] = []
    worker = supervisor(
        r"""
        if self.rung.cpu:
            return
        if self.rung.share < 1:
            raise ModelError("no context of 512 tokens", kind="memory")
        if done == 2:
            sys.stderr.write("/src/ggml-cuda.cu:88: CUDA error: out of memory\n")
            sys.stderr.flush()
            os.abort()
        """.replace("\n", "\n" + " " * 4),
        said,
    )
    results, advanced = score(worker)
    worker.close()
    assert results == [float(i) for i in range(9)]
    assert advanced == [1] * 9  # nothing was done twice
    died = "ctxc: the model process aborted (SIGABRT): CUDA error: out of memory; "
    assert said == [
        died + "going on with half the batch, what is done is kept",
        died + "going on with the smallest batch and half the layers, what is done is kept",
        "ctxc: no context of 512 tokens; going on without the GPU, what is done is kept",
    ]


ABORT = "if done == 1: os.abort()"


@posix
@pytest.mark.parametrize("options", [{"layers": 12}, {"layers": -1}])
def test_layers_that_were_asked_for_are_not_given_up(options: dict[str, int]) -> None:
    said: list[str] = []
    worker = supervisor(ABORT, said, **options)
    with pytest.raises(EngineError, match=r"aborted \(SIGABRT\).*nothing left to try"):
        score(worker)
    assert len(said) == 1 and "half the batch" in said[0]


@posix
def test_a_required_gpu_is_not_replaced_by_the_cpu() -> None:
    said: list[str] = []
    with pytest.raises(EngineError, match="nothing left to try"):
        score(supervisor(ABORT, said, gpu="require"))
    assert [s.split("; ")[1].split(",")[0] for s in said] == [
        "going on with half the batch",
        "going on with the smallest batch and half the layers",
    ]


@posix
def test_a_process_that_was_killed_is_started_again_as_it_was() -> None:
    said: list[str] = []
    mishap = "if done == 4: os.kill(os.getpid(), 9)"
    worker = supervisor(mishap, said)
    results, advanced = score(worker)
    assert results == [float(i) for i in range(9)] and len(advanced) == 9
    assert worker.rung.halvings == 1  # the second time it is not somebody's whim
    assert "was killed (SIGKILL)" in said[0]
    assert said[0].endswith("; starting it again, what is done is kept")


@posix
def test_a_cpu_worker_that_keeps_dying_ends_the_work() -> None:
    said: list[str] = []
    with pytest.raises(EngineError, match="nothing left to try"):
        score(supervisor("os.abort()", said, on_gpu=False))
    assert len(said) == 1


def test_a_bug_in_the_worker_is_no_death() -> None:
    said: list[str] = []
    with pytest.raises(EngineError, match="the model process failed: ZeroDivisionError"):
        score(supervisor("1 / 0", said))
    assert said == []


def test_errors_arrive_as_what_they_are() -> None:
    with pytest.raises(InputError, match="too odd") as caught:
        score(supervisor("raise InputError('too odd', hint='even it', kind='odd')", []))
    assert (caught.value.hint, caught.value.kind) == ("even it", "odd")
    with pytest.raises(ModelError, match="broken"):  # not for want of memory: no ladder
        score(supervisor("raise ModelError('broken')", []))


@posix
def test_a_worker_ends_with_its_parent() -> None:
    worker = Worker(Choice(None, "m", Path()), ON_CPU, ("-P", "-c", CHILD.replace("{mishap}", "")))
    pid = worker.pid
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises((Died, ValueError)):
        next(worker.ask("scorer", "stream", [1], 0))


def test_ladders() -> None:
    choice = Choice(None, "m", Path())
    assert [r.cpu for r in choice.ladder(True)] == [False, False, False, True]
    assert choice.ladder(True)[0] == PLANNED
    assert all(r.cpu for r in choice.ladder(False))
    assert not Choice(None, "m", Path(), layers=0).wants_gpu
    assert not Choice(None, "m", Path(), gpu="off").wants_gpu


# ---- with the default model ------------------------------------------------------------


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """Model work in a worker, on the CPU."""
    monkeypatch.setenv("CTXC_WORKER", "1")
    with Runtime(RuntimeOptions(threads=1, gpu_layers="0")) as opened:
        yield opened


@pytest.fixture(scope="module")
def local() -> Iterator[Runtime]:
    with Runtime(RuntimeOptions(threads=1, gpu_layers="0")) as opened:
        opened.lm()  # here, before any test asks for a worker
        yield opened


def killer(runtime: Runtime, number: int) -> Callable[[float], None]:
    """Progress that kills the worker when it first hears something."""
    victims: list[int] = []

    def advance(_: float) -> None:
        if not victims:
            victims.append(runtime._worker().pid)
            os.kill(victims[0], number)

    return advance


@posix
@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGKILL], ids=["SIGABRT", "SIGKILL"])
def test_scores_survive_a_death_in_the_middle(
    runtime: Runtime, local: Runtime, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = np.tile(local.lm().encode(TEXT), 4)[:700]
    assert runtime.lm().encode(TEXT).tolist() == local.lm().encode(TEXT).tolist()
    found = runtime.scorer().nll(ids, killer(runtime, number))
    assert (found == local.scorer().nll(ids)).all()
    told = capsys.readouterr().err
    assert told.count("ctxc:") == 1 and signal.Signals(number).name in told


@posix
def test_everything_else_survives_one_too(runtime: Runtime, local: Runtime) -> None:
    lines = [line for line in TEXT.splitlines() if line][:9]
    kill = killer(runtime, signal.SIGKILL)
    assert (runtime.encoder().embed(lines, kill) == local.encoder().embed(lines)).all()
    question = local.lm().encode("\nWho?")
    pairs = [(local.lm().encode(line), question) for line in lines]
    for one, other in zip(
        runtime.scorer().conditional(pairs), local.scorer().conditional(pairs), strict=True
    ):
        assert (one == other).all()
    prompts = [local.lm().encode(line) for line in lines[:3]]
    kill = killer(runtime, signal.SIGABRT)
    written = runtime.generator().generate(question, prompts, max_tokens=5, width=1, advance=kill)
    assert written == local.generator().generate(question, prompts, max_tokens=5, width=1)


@posix
def test_texts_under_way_are_begun_again(runtime: Runtime, local: Runtime) -> None:
    ids = local.lm().encode(TEXT)[:90]
    remote = runtime.past(256)
    with Past(local.lm(), length=256, sequences=2, threads=1) as past:
        for one in (remote, past):
            one.begin(ids[:40])
            one.append(ids[40:60])
            if one is remote:
                os.kill(runtime._worker().pid, signal.SIGKILL)
            one.cut(50)
        assert remote.size() == past.size() == 50
        assert remote.length == past.length
        # The batches that filled the cache differ, so the scores do in the last places.
        assert np.abs(remote.append(ids[50:]) - past.append(ids[50:])).max() < 0.3


def test_several_windows_a_decode_score_as_one_does(local: Runtime) -> None:
    model: Model = local.lm()
    ids = np.tile(model.encode(TEXT), 4)[:640]
    plain = Scorer(model, threads=1)
    expected = plain.nll(ids)
    pairs = [(ids[a : a + 30], ids[a + 30 : a + 40]) for a in range(0, 200, 40)]
    pairs.append((ids[:600], ids[600:610]))  # longer than a window
    given = plain.conditional(pairs)
    plain.close()
    for shape in (scoring()[0], scoring()[-1]):
        wide = WideScorer(model, shape, threads=1)
        assert np.abs(wide.nll(ids) - expected).mean() < 0.02
        assert next(start for start, _ in wide.stream(ids, 511)) == 511
        for one, other in zip(wide.conditional(pairs), given, strict=True):
            assert one.shape == other.shape and np.abs(one - other).max() < 0.3
        wide.close()


def test_two_models_take_turns_on_a_card_that_holds_one(
    local: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A made-up card of 540 MiB, of which a plan may use 140; the work is done on the CPU."""
    said: list[str] = []
    choice = Choice(local.model_path(), "lm", local._encoder(), threads=1)
    seats = Seats(choice, PLANNED, said.append)

    def gpus() -> tuple[Device, ...]:
        held = sum(need.total for m in seats._models.values() for need in m.plan.needs)
        return (Device("CUDA0", "made up", "gpu", (540 << 20) - held, 540 << 20),)

    monkeypatch.setattr(devices, "gpus", gpus)
    seen = []
    for role in ("scorer", "encoder", "scorer"):
        getattr(seats, role)()
        seen.append([(name, m.plan.layers == m.plan.most) for name, m in seats._models.items()])
    assert seen == [[("lm", True)], [("encoder", True)], [("lm", True)]]
    assert len(seats.scorer().nll(local.lm().encode("a short text"))) == 3
    seats.close()
    assert len(said) == 2 and said[0].startswith("lm: all 31 layers on CUDA0 (134 MB of 566 MB")


def test_tokens_picked_where_the_model_is_are_the_same(local: Runtime) -> None:
    """llama.cpp's own greedy sampler, as used on a GPU when nobody asks for probabilities."""
    ids = local.lm().encode(TEXT)
    prompts = [ids[at : at + 12] for at in range(0, 36, 12)]
    found = []
    for on_device in (False, True):
        generator = Generator(local.lm(), threads=1, on_device=on_device)
        found.append(generator.generate(ids[:4], prompts, max_tokens=6, width=3, logprobs=False))
        generator.close()
    host, device = found
    assert [g.ids for g in host] == [g.ids for g in device]
    assert all(np.isfinite(g.mean_logprob) for g in host)
    assert all(np.isnan(g.mean_logprob) for g in device)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for the worker in /proc")
def test_what_a_user_reads(tmp_path: Path) -> None:
    """The command line with its worker killed: the same text, and one sentence more."""
    (tmp_path / "a.txt").write_text("\n\n".join([TEXT[:900]] * 2))
    command = [sys.executable, "-m", "ctxc", "lingua", "--engine", "perplexity"]
    command += ["--gpu-layers", "0", "--threads", "1", "--no-store", str(tmp_path / "a.txt")]
    environment = dict(os.environ, CTXC_WORKER="1", PYTHONPATH=str(ROOT))
    whole = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    os.kill(_child(process.pid), signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert out == whole.stdout
    sentence = (
        "ctxc: the model process was killed (SIGKILL); starting it again, what is done is kept"
    )
    assert sentence in err.splitlines()
    assert "Traceback" not in err


def _child(pid: int) -> int:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := path.read_text().split():
            return int(found[0])
        time.sleep(0.01)
    raise AssertionError("no worker was started")
