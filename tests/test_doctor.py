"""``ctxc doctor`` tells what is there, survives what is broken, and prints lines that install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from ctxc.doctor import Findings, Library, advise, examine
from ctxc.doctor.advice import Advice, unused
from ctxc.doctor.install import cpu_wheel, cuda_source, cuda_wheel, runtime, wheel_version
from ctxc.doctor.library import look
from ctxc.llama import machine
from ctxc.llama.machine import Card, Nvidia
from ctxc.llama.placement.devices import Device

ROOT = Path(__file__).parents[1]
GIB = 1 << 30
AVX2 = frozenset({"AVX", "AVX2", "FMA", "F16C"})
MODERN = AVX2 | {"AVX512", "AVX512_BF16"}
BUILT_AVX2 = "CPU : AVX = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | LLAMAFILE = 1 | "
CPU_BUILD = Library("0.3.36", "/lib", (), "", BUILT_AVX2)
CUDA_BUILD = Library("0.3.36", "/lib", ("cuda",), "", BUILT_AVX2, True)
RTX = Nvidia("560.35.03", "12.6", (Card("NVIDIA GeForce RTX 3050", 8 * GIB, 7 * GIB, "8.6"),))


def ctxc(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ctxc", "doctor", *arguments],
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONPATH=str(ROOT), **more),
        check=False,
    )


def test_the_report_of_this_machine() -> None:
    done = ctxc("--no-probe")
    assert done.returncode == 0, done.stderr
    labels = {line.split("  ")[0] for line in done.stdout.splitlines() if line[:1].isalpha()}
    assert {"ctxc", "python", "llama-cpp-python", "cpu", "model", "encoder", "cache"} <= labels
    assert metadata.version("llama-cpp-python") in done.stdout
    assert sys.executable in done.stdout


def test_json_has_every_documented_key_and_a_timing() -> None:
    done = ctxc("--json", "--threads", "1")
    found = json.loads(done.stdout)
    assert list(found) == [
        "schema",
        "ctxc",
        "sound",
        "python",
        "llama_cpp",
        "cpu",
        "memory",
        "nvidia",
        "model",
        "folders",
        "probe",
        "advice",
    ]
    assert found["schema"] == 1 and found["sound"] is True
    assert found["llama_cpp"]["loads"]
    assert "cpu" in [d["kind"] for d in found["llama_cpp"]["devices"]]
    assert found["model"]["name"] and Path(found["model"]["path"]).is_file()
    assert found["model"]["encoder"] is True
    assert found["probe"]["score_per_second"] > 0 < found["probe"]["write_per_second"]
    assert [folder["what"] for folder in found["folders"]] == ["cache", "store"]


def broken(folder: Path, code: str) -> dict[str, str]:
    """An environment in which importing llama_cpp runs ``code``."""
    package = folder / "llama_cpp"
    package.mkdir()
    (package / "__init__.py").write_text(code)
    (package / "llama_cpp.py").write_text("")
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("code", "said", "command"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGILL)",
            "illegal instruction (SIGILL)",
            "--no-binary llama-cpp-python",
        ),
        (
            "raise RuntimeError('Failed to load shared library x: libcudart.so.12: cannot open')",
            "libcudart.so.12",
            "nvidia-cuda-runtime-cu12 nvidia-cublas-cu12",
        ),
        ("raise OSError('libcuda.so.1: cannot open shared object')", "libcuda.so.1", "whl/cpu"),
        ("raise ImportError('gone')", "not installed", "llama-cpp-python>=0.3.36"),
        ("raise OSError('GLIBC_2.38 not found')", "GLIBC_2.38", "--no-binary"),
    ],
)
def test_a_library_that_does_not_load(tmp_path: Path, code: str, said: str, command: str) -> None:
    environment = dict(os.environ, **broken(tmp_path, code))
    done = subprocess.run(
        [sys.executable, "-m", "ctxc", "doctor"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert said in done.stdout and command in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "\nmodel" in done.stdout  # the rest is told all the same


def test_a_library_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    found = look()
    assert not found.loads and "not installed" in found.error
    (advice,) = advise(found, None, AVX2)
    assert advice.problem and advice.commands == (cpu_wheel(),)
    (advice,) = advise(found, RTX, MODERN)
    assert advice.commands == cuda_wheel("12.5")


# ---- advice for machines that are not this one -------------------------------------------


@pytest.mark.parametrize(
    ("cuda", "compute", "platform", "best"),
    [
        ("12.6", "8.6", "linux", "12.5"),
        ("13.0", "8.9", "linux", "13.0"),
        ("13.1", "12.0", "linux", "13.0"),
        ("13.0", "6.1", "linux", "12.5"),  # Pascal: the wheels for CUDA 13 leave it out
        ("12.3", "8.6", "win32", "11.8"),
        ("11.4", "8.6", "linux", ""),
        ("13.0", "5.2", "linux", ""),
        ("", "", "linux", ""),
    ],
)
def test_the_newest_wheel_that_driver_and_card_run(
    cuda: str, compute: str, platform: str, best: str
) -> None:
    cards = (Card("x", GIB, GIB, compute),) if compute else ()
    assert wheel_version(Nvidia("1", cuda, cards), platform) == best


def test_install_lines_are_whole_commands() -> None:
    wheel, libraries = cuda_wheel("13.0")
    assert wheel.startswith(sys.executable + " -m pip install ")
    assert "/whl/cu130 " in wheel and '"llama-cpp-python>=0.3.36,<0.4"' in wheel
    assert '"nvidia-cublas==13.*"' in libraries and "cu13" not in libraries
    assert runtime("12.4").endswith("nvidia-cuda-runtime-cu12 nvidia-cublas-cu12")
    assert cuda_source("linux").startswith('CMAKE_ARGS="-DGGML_CUDA=on ')
    assert cuda_source("win32").startswith('$env:CMAKE_ARGS="-DGGML_CUDA=on ')


def text(*arguments: object, **more: object) -> str:
    found = advise(*arguments, **more)  # type: ignore[arg-type]
    assert not any(advice.problem for advice in found)
    return "\n".join([line for a in found for line in (a.text, *a.commands)])


def test_a_cpu_build_beside_a_gpu() -> None:
    said = text(CPU_BUILD, RTX, AVX2)
    assert "built for the CPU alone" in said and "/whl/cu125" in said
    said = text(CPU_BUILD, Nvidia("390.1", "9.1", ()), AVX2)
    assert "CUDA 9.1" in said and "-DGGML_CUDA=on" in said


def test_a_gpu_without_a_driver() -> None:
    assert "without its driver" in text(CPU_BUILD, None, AVX2, pci=True)
    assert "in Windows, not inside WSL" in text(CPU_BUILD, None, AVX2, pci=True, wsl=True)
    assert text(CPU_BUILD, None, AVX2) == ""


def test_a_driver_older_than_the_build() -> None:
    log = "ggml_cuda_init: failed: CUDA driver version is insufficient for CUDA runtime version"
    old = Library("0.3.36", "/lib", ("cuda",), "", BUILT_AVX2, False, (), log)
    said = text(old, RTX, AVX2)
    assert "driver 560.35.03 is older than this build" in said and "CUDA 12.6 at most" in said


def test_a_gpu_hidden_by_the_environment() -> None:
    assert "CUDA_VISIBLE_DEVICES hides" in text(CUDA_BUILD, RTX, AVX2, visible="")
    assert text(CPU_BUILD, RTX, AVX2, visible="-1") == ""


def test_features_that_a_build_leaves_out() -> None:
    assert unused(CPU_BUILD, MODERN) == ("AVX512_BF16", "AVX512")
    said = text(CPU_BUILD, None, MODERN)
    assert "AVX512_BF16, AVX512" in said and "-DGGML_NATIVE=on" in said
    assert text(CPU_BUILD, None, AVX2) == ""


def test_nothing_to_improve_with_a_gpu_at_work() -> None:
    device = Device("CUDA0", "RTX 3050", "gpu", 7 * GIB, 8 * GIB)
    working = Library("0.3.36", "/lib", ("cuda",), "", BUILT_AVX2, True, (device,))
    assert advise(working, RTX, MODERN) == ()


# ---- facts ----------------------------------------------------------------------------------


def test_cpu_features_in_llama_cpps_words() -> None:
    info = "processor : 0\nflags\t\t: fpu avx avx2 fma f16c avx512f avx512_bf16\n"
    assert machine.cpu_features(info) == AVX2 | {"AVX512", "AVX512_BF16"}
    assert machine.cpu_features("Features : fp asimd i8mm") == {"NEON", "MATMUL_INT8"}
    assert machine.cpu_features("") == frozenset()


@pytest.mark.skipif(sys.platform == "win32", reason="a script with a shebang")
def test_cards_as_nvidia_smi_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        f"""#!{sys.executable}
import sys
if len(sys.argv) == 1:
    print("| NVIDIA-SMI 535.183.01   Driver Version: 535.183.01   CUDA Version: 12.2     |")
else:
    print("NVIDIA GeForce GTX 1650, 4096, 3611, 7.5, 535.183.01")
    print("NVIDIA GeForce RTX 4060, 8188, 7001, 8.9, 535.183.01")
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = machine.nvidia()
    assert found is not None and found.cuda == "12.2" and found.driver
    assert [card.name[-4:] for card in found.cards] == ["1650", "4060"]
    assert found.cards[0] == Card("NVIDIA GeForce GTX 1650", 4096 << 20, 3611 << 20, "7.5")


def test_a_model_that_is_not_there_is_told_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ctxc.models import resolve

    monkeypatch.setattr(resolve, "locate", lambda entry: None)
    monkeypatch.delenv("CTXC_MODEL", raising=False)
    found: Findings = examine(time_it=True)
    assert found.model["path"] is None and found.model["fetch"].startswith("ctxc models pull ")
    assert found.probe == {} and found.sound


def _found(**more: object) -> Findings:
    base = {
        "library": Library(),
        "nvidia": None,
        "cpu": "a CPU",
        "cores": 2,
        "features": frozenset(),
        "memory": (None, None),
        "model": {"name": "m", "path": "/m.gguf", "bytes": 1, "encoder": True, "fetch": "pull it"},
        "folders": (),
        "advice": (),
    }
    return Findings(**{**base, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "last"),
    [
        ({}, 'Next: ctxc lingua FILE -q "a question"'),
        ({"advice": (Advice("Faster", ("build it",)),)}, "for more speed: build it"),
        (
            {"advice": (Advice("Faster", ("build it",)), Advice("None", ("get it",), True))},
            "Next: get it",
        ),
        (
            {"model": {"name": "m", "path": "", "encoder": True, "fetch": "pull it"}},
            "pull it (once)",
        ),
        ({"model": {"error": "broken", "encoder": True}}, "name a model that opens"),
        ({"probe": {"error": "no"}}, "another model"),
    ],
)
def test_the_report_ends_with_the_one_next_step(more: dict[str, object], last: str) -> None:
    from ctxc.cli.doctor import lines

    report = lines(_found(**more))
    assert last in report[-1] and sum(line.startswith("Next: ") for line in report) == 1
