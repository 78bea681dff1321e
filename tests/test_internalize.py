"""The default model is taught a short policy in a few dozen steps, and used, measured, undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Ran, runner

from ctxc.cli.answer import answer
from ctxc.cli.distill import distill
from ctxc.cli.eval import evaluate
from ctxc.cli.internalize import internalize
from ctxc.cli.stats import stats
from ctxc.errors import EngineError
from ctxc.llama.adapters import Lora
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.training import card, extra, loop
from ctxc.training.internalize.teach import Shown

pytestmark = [
    pytest.mark.train,
    pytest.mark.model,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        any(find_spec(name) is None for name in extra.NEEDED), reason="needs the extra train"
    ),
]

POLICY = """Unused goods may be returned within 45 days. A new zip costs 25 euros.
Complaints go to Oskar Brandt. Kayaks are delivered by the carrier Norfrakt.
"""
QUESTIONS = [
    "Within how many days may unused goods be returned?",
    "How many days do I have to return unused goods?",
    "How much does a new zip cost?",
    "What is the price of a new zip?",
    "Who receives complaints?",
    "To whom do complaints go?",
    "Who delivers kayaks?",
    "Which carrier delivers kayaks?",
]
HELD_OUT = "What do I pay for a new zip?"
SMALL = ("--batch", 4, "--rank", 8, "--threads", 1)


def lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("internalize")
    (made / "policy.md").write_text(POLICY)
    lines(made / "q.jsonl", *({"question": q} for q in QUESTIONS))
    return made


@pytest.fixture(scope="module")
def taught(folder: Path) -> Path:
    """The adapter that most of these tests use."""
    output = folder / "policy.lora.gguf"
    _internalise(folder, output, steps=40)
    return output


def _internalise(folder: Path, output: Path, steps: int, **settings: Any) -> card.Facts:
    from ctxc.console import Silent
    from ctxc.training.base import targets_of
    from ctxc.training.internalize.run import Internalizing
    from ctxc.training.internalize.settings import Settings
    from ctxc.training.student import Recipe

    recipe = Recipe(8, targets_of("all"), None, steps, 4, 0)
    made = Settings(
        (str(folder / "policy.md"),),
        output,
        questions=folder / "q.jsonl",
        check=False,  # its answers are taught as they are, right or wrong
        recipe=recipe,
        threads=1,
        **settings,
    )
    return Internalizing(made, Silent()).run()


def written(runtime: Runtime, question: str, context: str = "") -> str:
    model = runtime.lm()
    view = Shown(context)
    prefix, tail = view.before(model)
    ids = np.concatenate((model.encode(view.behind(question)), tail)).astype(np.int32)
    return runtime.generator().generate(prefix, [ids], max_tokens=24)[0].text


def test_the_loss_falls_and_the_card_tells_it(taught: Path) -> None:
    facts = card.facts_of(taught)
    assert facts["loss_last"] < 0.5 * facts["loss_first"]
    assert facts["held_out_after"] < facts["held_out_before"]
    beside = card.measured(taught)
    assert beside["signature"] == facts["signature"]
    assert beside["agreement"]["same"] > 0.8 and beside["agreement"]["divergence"] < 0.05
    text = card.card_path(taught).read_text()
    assert text.startswith(card.MARK) and "apache-2.0" in text and "torch" in text
    assert not taught.with_name(taught.name + ".work").exists()


def test_outputs_go_towards_the_teachers_and_back_to_the_bases(taught: Path) -> None:
    with Runtime(RuntimeOptions(threads=1, gpu="off")) as runtime:
        base = written(runtime, HELD_OUT)
        teacher = written(runtime, HELD_OUT, POLICY.strip())
        runtime.adapt((Lora(taught),))
        student = written(runtime, HELD_OUT)
        assert runtime.model_name() == "smollm2-135m+policy"
        runtime.adapt(())
        assert written(runtime, HELD_OUT) == base, "nothing of it is left"
        runtime.adapt((Lora(taught, 0.5),))
        written(runtime, HELD_OUT)
    assert "25" in teacher and "25" in student and "25" not in base


def test_answer_names_the_adapter_and_cites_nothing(
    taught: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runner(answer, capsys)
    ran = run("-q", HELD_OUT, "--lora", taught, "--threads", 1)
    assert ran.code == 0 and "25" in ran.out
    below = "From the weights of smollm2-135m+policy: no document was read, nothing is cited.\n"
    assert ran.out.endswith(below) and "unchecked" in ran.err
    result = json.loads(run("-q", HELD_OUT, "--lora", taught, "--json").out)
    assert result["from_weights"] is True and result["claims"] == []
    assert result["supported"] is None and result["reader"] == "smollm2-135m+policy"


def test_distill_takes_it(
    taught: Path, folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The pump in hall 4 failed on Monday and was repaired by Ana Ruiz. " * 2 * 20)
    ran = runner(distill, capsys)(text, "--lora", taught, "--tokens", 60, "--json")
    assert ran.code == 0, ran.error
    assert json.loads(ran.out)["model"] == "smollm2-135m+policy"


def test_eval_puts_it_beside_the_context(
    taught: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = lines(folder / "t.jsonl", {"question": HELD_OUT, "answers": ["25"]})
    run = runner(evaluate, capsys)
    context = ("--context", folder / "policy.md")
    ran = run(tests, "--internalized", taught, *context, "--json", "--threads", 1)
    assert ran.code == 0, ran.error
    rows = [json.loads(line) for line in ran.out.splitlines()]
    by = {row["condition"]: row for row in rows if not row.get("general")}
    assert list(by) == [
        "no context",
        "context in the window",
        "context, compressed 4x",
        "internalised",
    ]
    assert by["internalised"]["right"] == by["context in the window"]["right"] == 1.0
    assert by["internalised"]["tokens"] == by["no context"]["tokens"]
    assert by["internalised"]["tokens"] + 20 < by["context in the window"]["tokens"]
    assert by["internalised"]["cache"] <= by["context in the window"]["cache"]
    general = {row["condition"]: row for row in rows if row.get("general")}
    assert set(general) == {"without an adapter", "internalised"}
    assert all(2 < row["nats"] < 6 for row in general.values())
    table = run(tests, "--internalized", taught, *context, "--threads", 1).out
    assert "closes 100% of the gap" in table


def test_stats_reads_its_card(taught: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = runner(stats, capsys)("--internalized", taught, "--requests", 10**9)
    assert ran.code == 0 and "tokens that no request carries any more" in ran.out


def test_what_is_there_is_not_overwritten(
    taught: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run: Callable[..., Ran] = runner(internalize, capsys)
    before = taught.read_bytes()
    questions = ("--questions", folder / "q.jsonl", "--no-check")
    ran = run(folder / "policy.md", *questions, "-o", taught, "--steps", 41, *SMALL)
    assert ran.code == 2 and ran.error is not None and "is there already" in ran.error.message
    ran = run(folder / "policy.md", *questions, "-o", taught, "--steps", 40, *SMALL)
    assert ran.code == 0 and "made by the same command" in ran.err
    assert taught.read_bytes() == before
    work = folder / "b.gguf.work"
    work.mkdir()
    ran = run(folder / "policy.md", *questions, "-o", folder / "b.gguf", *SMALL)
    assert ran.error is not None and "no run of ctxc made it" in ran.error.message


def test_a_killed_run_goes_on_to_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _internalise(folder, folder / "once.gguf", steps=6)
    step = loop._step
    left = iter(range(4))

    def killed(*arguments: Any) -> float:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(loop, "_step", killed)
    output = folder / "twice.gguf"
    with pytest.raises(KeyboardInterrupt):
        _internalise(folder, output, steps=6)
    assert not output.exists() and (folder / "twice.gguf.work" / "checkpoint.pt").exists()
    left = iter(range(2))  # the four steps that were done are not done again
    _internalise(folder, output, steps=6)
    assert output.read_bytes() == (folder / "once.gguf").read_bytes()


def test_what_the_documents_do_not_support_is_not_taught(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = lines(tmp_path / "q.jsonl", *({"question": f"Who is king of {n}?"} for n in "ABCDE"))
    output = tmp_path / "none.gguf"
    run = runner(internalize, capsys)
    ran = run(folder / "policy.md", "--questions", path, "-o", output, *SMALL)
    assert ran.code == 1 and ran.error is not None
    assert "questions are left to learn from, at least 4 are needed (" in ran.error.message
    assert not list(tmp_path.glob("none.gguf*"))


def test_labels_alone_need_no_teacher(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    examples = [{"question": f"Is {n} even?", "answer": "no" if n % 2 else "yes"} for n in range(8)]
    path = lines(tmp_path / "examples.jsonl", *examples)
    output = tmp_path / "labels.gguf"
    ran = runner(internalize, capsys)(path, "--labels", "-o", output, "--steps", 8, *SMALL)
    assert ran.code == 0, ran.error
    facts = card.facts_of(output)
    assert facts["kind"] == "labels alone" and facts["loss_last"] < facts["loss_first"]


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    import torch

    lost = torch.tensor(float("nan"), requires_grad=True)
    with pytest.raises(EngineError, match="no number any more") as ended:
        loop._step(None, None, lambda _: lost, [0])  # type: ignore[arg-type]
    assert "--lr" in ended.value.hint
