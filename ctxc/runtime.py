"""The models of one run: each opened on first use, once, and closed together."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from .llama.encode import Encoder
    from .llama.generate import Generator
    from .llama.model import Model
    from .llama.past import Past
    from .llama.score import Scorer

ENCODER = "all-MiniLM-L6-v2"
"""The sentence encoder inside this package (22M parameters, 384 dimensions)."""


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """``model`` as given by ``-m`` (None: the default), threads (0: all usable), GPU layers."""

    model: str | None = None
    threads: int = 0
    gpu_layers: str = "auto"

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise UsageError(f"--threads must be at least 1, not {self.threads}")
        if self.gpu_layers not in ("auto", "all") and not self.gpu_layers.isdecimal():
            raise UsageError(
                f"--gpu-layers takes auto, all or a number, not {self.gpu_layers!r}"
            )


class Runtime:
    """Opens the language model and the encoder when an engine first asks for one."""

    def __init__(self, options: RuntimeOptions = RuntimeOptions()) -> None:
        self.options = options
        self._open: dict[str, Any] = {}

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Free contexts before models."""
        for name in ("scorer", "past", "generator", "encoder", "encoder-model", "lm"):
            if opened := self._open.pop(name, None):
                opened.close()

    def model_name(self) -> str:
        """What reports call the language model, without opening it."""
        return self._file().name

    def model_path(self) -> Path:
        """The language model's file, fetched now if it is the default and not there."""
        return self._file().path

    def _file(self) -> Any:
        if "file" not in self._open:
            from .models.resolve import resolve

            self._open["file"] = resolve(self.options.model)
        return self._open["file"]

    def encoder(self) -> Encoder:
        """The sentence encoder that ships with this package."""
        if "encoder" not in self._open:
            from .llama.encode import Encoder
            from .llama.model import Model, Placement

            name = f"{ENCODER}.Q8_0.gguf"
            with resources.as_file(resources.files("ctxc") / "data" / name) as path:
                self._open["encoder-model"] = Model(path, placement=Placement(self._layers()))
            self._open["encoder"] = Encoder(
                self._open["encoder-model"], threads=self.options.threads
            )
        return self._open["encoder"]

    def scorer(self) -> Scorer:
        """Log-likelihoods under the language model."""
        if "scorer" not in self._open:
            from .llama.score import Scorer

            self._open["scorer"] = Scorer(self.lm(), threads=self.options.threads)
        return self._open["scorer"]

    def past(self) -> Past:
        """Two texts under way, for scoring what follows what was kept of them."""
        if "past" not in self._open:
            from .llama.past import Past

            self._open["past"] = Past(self.lm(), sequences=2, threads=self.options.threads)
        return self._open["past"]

    def generator(self) -> Generator:
        """Text from the language model; the same weights as ``scorer``."""
        if "generator" not in self._open:
            from .llama.generate import Generator

            self._open["generator"] = Generator(self.lm(), threads=self.options.threads)
        return self._open["generator"]

    def lm(self) -> Model:
        """The language model; on a CPU its fastest copy of equal likelihood (``llama.tune``)."""
        if "lm" not in self._open:
            from .gguf import read
            from .llama.model import Model, Placement
            from .llama.tune import scoring_copy
            from .models.resolve import cache_folder

            path, layers = self.model_path(), self._layers()
            if layers == 0:
                header = read(path)
                types = frozenset(t.type_id for t in header.tensors if len(t.shape) > 1)
                path = scoring_copy(path, types, header.parameters, cache_folder())
            self._open["lm"] = Model(path, placement=Placement(layers))
        return self._open["lm"]

    def _layers(self) -> int:
        wanted = self.options.gpu_layers
        if wanted.isdecimal():
            return int(wanted)
        from .llama.capi import library

        offload = bool(library().llama_supports_gpu_offload())
        if wanted == "all" and not offload:
            raise UsageError(
                "--gpu-layers all: this build of llama-cpp-python has no GPU to offload to",
                hint="--gpu-layers auto falls back to the CPU",
            )
        return -1 if offload else 0
