"""What fits is planned from headers and device tables, and agrees with llama.cpp's own figures."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from cards import CARDS, HEADERS, MIB, card

import ctxc
from ctxc.errors import ConfigError, ModelError, UsageError
from ctxc.llama import capi
from ctxc.llama import placement as planning
from ctxc.llama.context import Context
from ctxc.llama.model import CPU, Model
from ctxc.llama.placement import devices, ram
from ctxc.llama.placement.dry_run import DryRun, parse
from ctxc.llama.placement.shape import Shape, encoding, generating, halved, scoring
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.models.gguf import read
from ctxc.models.resolve import resolve

SCORING = scoring()
GENERATING = generating(8192, 16, 2048)


def fit(
    size: str, cards: tuple[devices.Device, ...], shapes=SCORING, **more
) -> planning.MemoryPlan:
    return planning.fit(size, planning.Model(HEADERS[size]), shapes, cards, **more)


@pytest.mark.parametrize("shapes", [SCORING, GENERATING], ids=["scoring", "generating"])
@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("size", HEADERS)
def test_a_plan_never_takes_more_than_there_is(
    size: str, name: str, shapes: tuple[Shape, ...]
) -> None:
    made = fit(size, CARDS[name], shapes)
    assert made.shape in shapes
    assert 0 <= made.layers <= made.most == HEADERS[size].n_layers + 1
    assert sum(need.layers for need in made.needs) == made.layers
    for device, need in zip(made.devices, made.needs, strict=True):
        assert need.total <= device.free - planning.margin(device)
    if made.layers < made.most:
        assert made.reason


@pytest.mark.parametrize(
    ("size", "name", "all_of_it"),
    [
        ("135M", "GTX 1650", True),
        ("1.5B", "GTX 1650", True),
        ("1.5B", "GTX 1650 with a desktop", True),
        ("3B", "GTX 1650", True),
        ("7B", "GTX 1650", False),
        ("7B", "RTX 3050", True),
        ("7B", "8 and 4 GB", True),
        ("14B", "RTX 3050", False),
        ("14B", "4 and 6 GB", True),
        ("14B", "8 and 4 GB", True),
    ],
)
def test_what_entry_level_cards_hold(size: str, name: str, all_of_it: bool) -> None:
    made = fit(size, CARDS[name])
    assert (made.layers == made.most) is all_of_it
    assert made.on_gpu


def test_the_batch_is_given_up_before_any_layer() -> None:
    made = [fit("7B", (card(total),)) for total in range(9000, 1000, -100)]
    batches = [p.shape.n_batch * p.shape.contexts for p in made if p.on_gpu]
    layers = [p.layers for p in made]
    assert batches == sorted(batches, reverse=True) and len(set(batches)) > 3
    assert layers == sorted(layers, reverse=True) and len(set(layers)) > 5
    partial = [p for p in made if 0 < p.layers < p.most]
    assert partial and all(p.shape == SCORING[-1] for p in partial)
    assert all(p.layers >= 0.3 * p.most for p in partial)
    assert layers[-1] == 0 and "the CPU does better alone" in made[-1].reason


def test_generation_gives_up_sequences_then_its_cache_type() -> None:
    widths = [shape.n_seq for shape in GENERATING]
    assert widths == sorted(widths, reverse=True) and widths[0] == 17 and widths[-1] == 2
    assert [shape.cache for shape in GENERATING].index("q8_0") == len(GENERATING) - 1
    assert all(shape.n_ctx >= 2048 for shape in GENERATING)


def test_a_number_of_layers_is_obeyed_or_refused_with_the_numbers() -> None:
    assert fit("7B", CARDS["GTX 1650"], wanted=12).layers == 12
    assert fit("135M", CARDS["GTX 1650"], wanted=500).layers == 31
    with pytest.raises(ModelError, match=r"7B does not fit: 33 layers need 4\.\d\d GB .*free on"):
        fit("7B", CARDS["GTX 1650"], wanted=33)


def test_two_cards_share_what_one_does_not_hold() -> None:
    made = fit("14B", CARDS["8 and 4 GB"])
    assert len(made.devices) == 2
    assert made.placement.split == tuple(need.layers for need in made.needs)
    larger = made.devices[-1]  # the output is on the last, and most of the layers
    assert larger.name == "CUDA0" and made.needs[-1].layers > made.needs[0].layers
    assert fit("1.5B", CARDS["8 and 4 GB"]).devices == (CARDS["8 and 4 GB"][0],)


def test_memory_taken_by_another_process_means_the_cpu_and_says_so() -> None:
    made = fit("1.5B", CARDS["taken by another"])
    assert not made.on_gpu and made.placement == CPU
    assert "306 MB free on CUDA0" in made.line()


def test_one_more_context_beside_what_is_loaded() -> None:
    sizes = planning.Model(HEADERS["1.5B"])
    made = planning.fit("m", sizes, SCORING, (card(4096),))
    left = (card(4096, 250 + made.needs[0].total // MIB),)
    again = planning.beside(made, sizes, GENERATING, left)
    assert again is not None and again.layers == made.layers
    assert again.needs[0].weights == 0
    assert again.needs[0].total <= planning.room(left[0])
    assert planning.beside(made, sizes, GENERATING, (card(4096, 4000),)) is None


def test_main_memory_is_checked_too() -> None:
    made = planning.cpu("7B", planning.Model(HEADERS["7B"]), SCORING[-1])
    assert HEADERS["7B"].weights_bytes < made.host < HEADERS["7B"].weights_bytes + 400 * MIB
    planning.check_host(made, None)
    planning.check_host(made, made.host)
    with pytest.raises(ModelError, match=r"7B needs 4\.\d\d GB of main memory, and 2\.00 GB is"):
        planning.check_host(made, 2_000_000_000)


def test_offloading_frees_main_memory() -> None:
    sizes = planning.Model(HEADERS["7B"])
    hosts = [sizes.host(layers, SCORING[-1]) for layers in (0, 1, 17, 33)]
    assert hosts == sorted(hosts, reverse=True)
    assert hosts[-1] < 0.2 * hosts[0]


def test_half_the_batch() -> None:
    assert halved(SCORING, 0) == SCORING
    assert {shape.n_batch for shape in halved(SCORING, 1)} == {1024, 512, 256, 128}
    assert halved(SCORING, 9) == SCORING[-1:]


# ---- devices and main memory ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bytes_"), [("4G", 4 << 30), ("3500M", 3500 << 20), ("1.5GiB", 3 << 29), ("77", 77)]
)
def test_a_cap_on_device_memory(monkeypatch: pytest.MonkeyPatch, text: str, bytes_: int) -> None:
    monkeypatch.setenv("CTXC_VRAM_LIMIT", text)
    assert devices.vram_limit() == bytes_


def test_a_cap_that_is_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXC_VRAM_LIMIT", "much")
    with pytest.raises(ConfigError, match="CTXC_VRAM_LIMIT='much' is not a size"):
        devices.devices()


def test_the_cpu_is_a_device_and_no_gpu() -> None:
    found = devices.devices()
    cpu = next(device for device in found if device.kind == "cpu")
    assert cpu.total >= cpu.free > 0
    assert cpu not in devices.gpus(found)
    assert devices.gpus((cpu, CARDS["GTX 1650"][0])) == CARDS["GTX 1650"]


def test_available_memory_is_the_tighter_of_machine_and_container(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 16 kB\nMemAvailable:    4000000 kB\n")
    assert ram.available(meminfo, tmp_path) == 4_096_000_000
    (tmp_path / "memory.max").write_text("3000000000\n")
    (tmp_path / "memory.current").write_text("2500000000\n")
    (tmp_path / "memory.stat").write_text("anon 7\ninactive_file 500000000\n")
    assert ram.available(meminfo, tmp_path) == 1_000_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert ram.available(meminfo, tmp_path) == 4_096_000_000


def test_buffers_as_a_cuda_build_logs_them() -> None:
    log = """load_tensors:        CUDA0 model buffer size =   934.70 MiB
load_tensors:   CPU_Mapped model buffer size =   182.57 MiB
llama_context:  CUDA_Host  output buffer size =     0.58 MiB
llama_kv_cache:      CUDA0 KV buffer size =   112.00 MiB
llama_kv_cache: size =  112.00 MiB (  4096 cells,  28 layers,  1/1 seqs), K (f16): 56.00 MiB
sched_reserve:      CUDA0 compute buffer size =   299.75 MiB
sched_reserve:  CUDA_Host compute buffer size =     8.01 MiB
"""
    found = parse(log)
    assert found.total("model", frozenset({"CUDA0"})) == round(934.70 * MIB)
    assert found.cache == {"CUDA0": 112 * MIB} and found.cache_size == 112 * MIB
    assert found.compute["CUDA_Host"] == round(8.01 * MIB)


# ---- against llama.cpp ----------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> Path:
    return resolve("smollm2-135m").path


@pytest.mark.parametrize("shape", [SCORING[3], SCORING[5], GENERATING[-2], GENERATING[-1]], ids=str)
def test_planned_is_allocated_within_5_per_cent(model: Path, shape: Shape) -> None:
    """Cache and compute buffers as llama.cpp really allocates them, here on a CPU."""
    sizes = planning.Model(read(model))
    with DryRun(model) as run:
        dry = run.measure(CPU, shape)
    with Model(model) as opened, Context.of(opened, shape, threads=1):
        real = parse(capi.log_text())
    planned = sizes.cache(range(sizes.n_layers), shape)
    assert planned == pytest.approx(real.total("cache"), rel=0.001)
    assert dry.total("compute") == pytest.approx(real.total("compute"), rel=0.001)
    assert dry.cache_size == pytest.approx(planned, rel=0.001)
    assert planning.estimate(sizes.header, shape) == pytest.approx(real.total("compute"), rel=0.05)


def test_the_formula_never_promises_too_little_for_an_encoder() -> None:
    path = Path(ctxc.__file__).parent / "data" / "all-MiniLM-L6-v2.Q8_0.gguf"
    with DryRun(path) as run:
        for shape in encoding(256):
            assert planning.estimate(read(path), shape) >= run.measure(CPU, shape).total("compute")


# ---- the options ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gpu_layers": "all"}, "--gpu-layers all: "),
        ({"gpu_layers": "7"}, "--gpu-layers 7: "),
        ({"gpu": "require"}, "--gpu require: "),
    ],
)
def test_insisting_on_a_gpu_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], message: str
) -> None:
    monkeypatch.setattr(devices, "has_gpu", lambda: False)
    with Runtime(RuntimeOptions(**options)) as runtime, pytest.raises(UsageError, match=message):
        runtime.lm()


@pytest.mark.parametrize("options", [{"gpu_layers": "0"}, {"gpu": "off"}])
def test_no_layers_means_no_question_to_any_gpu(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    def asked() -> bool:
        raise AssertionError("a GPU was looked for")

    monkeypatch.setattr(devices, "has_gpu", asked)
    monkeypatch.setattr(devices, "devices", asked)
    with Runtime(RuntimeOptions(threads=1, **options)) as runtime:
        assert runtime.encoder().embed(["a text"]).shape == (1, 384)


@pytest.mark.parametrize(
    "options", [{"gpu_layers": "some"}, {"gpu": "maybe"}, {"gpu": "require", "gpu_layers": "0"}]
)
def test_options_that_say_nothing(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        RuntimeOptions(**options)


def test_every_plan_has_one_line() -> None:
    for size, name in itertools.product(HEADERS, CARDS):
        line = fit(size, CARDS[name]).line()
        assert "\n" not in line and line.startswith(size)
