"""A GGUF model's weights in torch, as transformers reads them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError, UsageError
from ..models.gguf import Header, read

PERMUTED = ("llama",)
"""Architectures whose GGUF files hold the rows of q and k in llama.cpp's order."""
FAMILIES = ("llama", "qwen2", "qwen3")
"""Architectures whose tensors' names and order are known in both directions."""


@dataclass(frozen=True)
class Base:
    """The weights of ``path`` on ``device``: frozen, float32 on a CPU, bfloat16 on a GPU."""

    path: Path
    header: Header
    model: Any
    device: str


def check(path: Path) -> Header:
    """The header of a model that can be taught. Raises ModelError for any other."""
    header = read(path)
    if header.is_adapter or header.architecture not in FAMILIES:
        kind = "an adapter" if header.is_adapter else f"of the family {header.architecture!r}"
        raise ModelError(
            f"{path.name} is {kind}, which cannot be taught here",
            hint=f"take a model of one of these families: {', '.join(FAMILIES)}",
        )
    if not header.chat_template:
        raise ModelError(
            f"{path.name} has no chat template: it was never taught to answer",
            hint="take an instruct model (ctxc models lists some)",
        )
    if len(header.parts) > 1:
        raise ModelError(
            f"{path.name} is split into parts", hint="join them with llama.cpp's gguf-split --merge"
        )
    return header


def open_base(path: Path, threads: int = 0) -> Base:
    """Raises ModelError where transformers does not read the file, or memory does not suffice."""
    header = check(path)
    import torch

    if threads:
        torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        with quiet():
            from transformers import AutoModelForCausalLM

            model = AutoModelForCausalLM.from_pretrained(
                str(path.parent), gguf_file=path.name, dtype=kind, local_files_only=True
            )
    except (ValueError, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"transformers does not read {path.name}: {reason}") from None
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return Base(path, header, model.to(device), device)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars and the warnings of torch's libraries; no network is asked."""
    import logging
    import warnings

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging as hf

    hf.set_verbosity_error()
    with contextlib.suppress(AttributeError):
        hf.disable_progress_bar()
    logging.getLogger("peft").setLevel(logging.ERROR)
    # gguf's loop over tensors has a bar that no setting reaches.
    with warnings.catch_warnings(), open(os.devnull, "w") as sink:
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(sink):
            yield


def targets_of(names: str) -> tuple[str, ...]:
    """``--targets``: which matrices a LoRA changes. Raises UsageError for an unknown one.

    >>> targets_of("attention")
    ('q_proj', 'k_proj', 'v_proj', 'o_proj')
    """
    groups = {
        "attention": ("q_proj", "k_proj", "v_proj", "o_proj"),
        "mlp": ("gate_proj", "up_proj", "down_proj"),
    }
    groups["all"] = (*groups["attention"], *groups["mlp"])
    if names in groups:
        return groups[names]
    chosen = tuple(part.strip() for part in names.split(",") if part.strip())
    unknown = [name for name in chosen if name not in groups["all"]]
    if unknown or not chosen:
        raise UsageError(
            f"--targets {names}: {'nothing' if not unknown else unknown[0]} is no matrix to teach",
            hint=f"attention, mlp, all, or some of {', '.join(groups['all'])}",
        )
    return chosen
