"""``ctxc doctor``: what this machine has, what it does with it, and what would do better."""

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as opt
from .grouped import but, grouped

if TYPE_CHECKING:
    from ..doctor import Findings


@grouped
def doctor(
    model: opt.Model,
    time_it: Annotated[
        bool, typer.Option("--probe/--no-probe", help="Time the model for two seconds.")
    ] = True,
    *,
    output: Annotated[opt.Json, but(json="One JSON object.")],
) -> int:
    """Say what ctxc finds here: library, CPU, GPU, driver, models, folders, speed.

    Where something better is possible, the exact command is printed. Exit code
    1 where no model can be run.

    Examples:
      ctxc doctor
      ctxc doctor --model qwen2.5-1.5b --gpu require
    """
    from ..console import interactive, note
    from ..doctor import examine
    from ..output.report import write_out

    say = note if interactive() else lambda _: None
    found = examine(model.runtime, time_it=time_it, say=say)
    if output.json:
        write_out(json_module.dumps(found.as_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        write_out("\n".join(lines(found)) + "\n")
    return 0 if found.sound else 1


def lines(found: "Findings") -> list[str]:
    """The report for people: a label and a value a line, then the advice."""
    rows = [*_software(found), *_hardware(found), *_files(found), *_speed(found)]
    width = max(len(label) for label, _ in rows) + 2
    out = [f"{label:<{width}}{value}" for label, value in rows]
    for advice in found.advice:
        out += ["", advice.text[0].upper() + advice.text[1:]]
        out += [f"    {command}" for command in advice.commands]
    return [*out, "", f"Next: {_next(found)}"]


def _next(found: "Findings") -> str:
    """The one thing to do now: what stands in the way first, else the first use."""
    for advice in sorted(found.advice, key=lambda each: not each.problem):
        command = advice.commands[0] if advice.commands else advice.text
        return command if advice.problem else f"nothing must be done; for more speed: {command}"
    for folder in found.folders:
        if not folder.writable:
            return f"make {folder.path} writable ({folder.what})"
    if "error" in found.model:
        return str(found.model.get("fetch") or "name a model that opens with -m, see above")
    if "error" in found.probe:
        return "name another model with -m: this one does not run (speed, above)"
    if not found.model["path"]:
        return f"{found.model['fetch']} (once), or simply ctxc lingua FILE"
    return 'ctxc lingua FILE -q "a question"'


Row = tuple[str, str]


def _software(found: "Findings") -> list[Row]:
    data, library = found.as_json(), found.library
    python = data["python"]
    rows = [
        ("ctxc", str(data["ctxc"])),
        ("python", f"{python['version']} at {python['executable']}"),
        ("system", python["platform"] + (" (WSL)" if python["wsl"] else "")),
    ]
    if not library.version:
        return [*rows, ("llama-cpp-python", "not installed")]
    built = "built for the CPU" + "".join(f" and {b}" for b in library.backends)
    rows.append(("llama-cpp-python", f"{library.version}, {built}"))
    if library.error:
        return [*rows, ("", f"does not load: {library.error}")]
    rows.append(("offload", "possible" if library.gpus else "no GPU is usable"))
    return [*rows, ("build", library.system_info.strip(" |"))]


def _hardware(found: "Findings") -> list[Row]:
    from ..llama.placement import size

    data = found.as_json()
    available, total = found.memory
    rows = [("cpu", f"{found.cpu}, {found.cores} usable cores")]
    if found.library.loads:
        rows.append(("  used", " ".join(data["cpu"]["used"]) or "unknown"))
        rows.append(("  unused", " ".join(data["cpu"]["unused"]) or "nothing that matters"))
    if available is not None and total is not None:
        rows.append(("memory", f"{size(available)} available of {size(total)}"))
    for device in found.library.gpus:
        memory = f"{size(device.free)} free of {size(device.total)}"
        rows.append((device.name, f"{device.description}, {memory}"))
    if found.nvidia is None:
        return [*rows, ("nvidia", "no card and driver found")]
    cuda = f", runs CUDA {found.nvidia.cuda}" if found.nvidia.cuda else ""
    rows.append(("nvidia driver", (found.nvidia.driver or "unknown") + cuda))
    for card in found.nvidia.cards:
        rows.append(("  card", f"{card.name}, {size(card.free)} free of {size(card.total)}"))
    return rows


def _files(found: "Findings") -> list[Row]:
    from ..llama.placement import size

    model = found.model
    if "error" in model:
        where = str(model["error"])
    elif model["path"]:
        where = f"{model['name']} ({size(model['bytes'])}) at {model['path']}"
    else:
        where = f"{model['name']} is fetched on first use, or now: {model['fetch']}"
    rows = [("model", where)]
    encoder = "in the package" if model["encoder"] else "missing: install ctxc again"
    rows.append(("encoder", encoder))
    for folder in found.folders:
        state = "" if folder.exists else ", not there yet"
        state += "" if folder.writable else ", CANNOT BE WRITTEN"
        rows.append((folder.what, folder.path + state))
    return rows


def _speed(found: "Findings") -> list[Row]:
    if not found.probe:
        return []
    if "error" in found.probe:
        return [("speed", f"not measured: {found.probe['error']}")]
    rates = found.probe
    words = f"scores {rates['score_per_second']:,} and writes {rates['write_per_second']:,}"
    return [("speed", f"{words} tokens a second: {rates['placed']}")]
