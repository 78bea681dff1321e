"""The models of one run: each opened on first use, once, and closed together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..console import note
from ..errors import UsageError
from .adapters import Lora, check_all

if TYPE_CHECKING:
    from ..models.encoders import EncoderFile
    from ..store import Store
    from .embedder import Embedder
    from .encode import Encoder
    from .generate import Generator
    from .incremental import Past
    from .model import Model
    from .score import Scorer


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """``model`` as given by ``-m`` (None: the default), threads (0: all usable), GPU layers.

    ``gpu``: "auto", "require" (fail rather than run on the CPU) or "off".
    ``encoder`` is a name or a path (None: by the language of question and text), ``prefixes``
    ("question|text") what it wants before them; ``offline``: nothing is fetched.
    ``loras`` are adapters of the model, all at once.
    """

    model: str | None = None
    threads: int = 0
    gpu_layers: str = "auto"
    gpu: str = "auto"
    encoder: str | None = None
    prefixes: str = ""
    offline: bool = field(default_factory=lambda: _is_on("CTXC_OFFLINE"))
    loras: tuple[Lora, ...] = ()

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise UsageError(f"--threads must be at least 1, not {self.threads}")
        if self.gpu_layers not in ("auto", "all") and not self.gpu_layers.isdecimal():
            raise UsageError(f"--gpu-layers takes auto, all or a number, not {self.gpu_layers!r}")
        if self.gpu not in ("auto", "require", "off"):
            raise UsageError(f"--gpu takes auto, require or off, not {self.gpu!r}")
        if self.gpu == "require" and self.layers == 0:
            raise UsageError("--gpu require and --gpu-layers 0 exclude each other")
        if self.prefixes and not self.encoder:
            raise UsageError("--encoder-prefixes is for the encoder that --encoder names")

    @property
    def layers(self) -> int | None:
        """How many layers were asked for: None for as many as fit, -1 for all."""
        if self.gpu == "off":
            return 0
        named = {"auto": None, "all": -1}
        return named[self.gpu_layers] if self.gpu_layers in named else int(self.gpu_layers)


class Runtime:
    """Opens the language model and encoders when an engine first asks for one.

    On a CPU they live in this process; what uses a GPU lives in a worker
    (``ctxc.llama.worker``), and the objects returned have the same methods.
    ``CTXC_WORKER=1`` uses a worker on a CPU too. Embeddings are looked up and kept in what
    ``store`` gives, which is called once, where something is embedded, and closed by its owner.
    """

    def __init__(
        self,
        options: RuntimeOptions = RuntimeOptions(),
        store: Callable[[], Store | None] = lambda: None,
    ) -> None:
        self.options = options
        self._store = store
        self._open: dict[str, Any] = {}
        self._embedders: dict[str, Embedder] = {}
        self._others: dict[Path, Runtime] = {}  # of a second encoder

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Free everything that was opened."""
        opened, self._open = self._open, {}
        for name in ("vocabulary", "encoder-vocabulary", "seats", "worker"):
            if name in opened:
                opened[name].close()
        while self._others:
            self._others.popitem()[1].close()

    def model_name(self) -> str:
        """What reports call the language model, without opening it."""
        name = str(self._file().name)
        return "+".join([name, *(lora.name for lora in self.options.loras)])

    def model_path(self) -> Path:
        """The language model's file, fetched now if it is the default and not there."""
        return Path(self._file().path)

    def adapt(self, loras: Sequence[Lora]) -> None:
        """Use these adapters from here on, and none for none: the weights stay in memory.

        Raises ModelError where one does not fit.
        """
        self.options = replace(self.options, loras=tuple(loras))
        if "file" not in self._open:
            return
        self._check_adapters(self._open["file"].path)
        for name in ("scorer", "generator", "past"):
            self._open.pop(name, None)  # what a worker's parent holds; nothing is open in it
        choice = self._choice(lm=True)
        for name in ("seats", "worker"):
            if name in self._open:
                self._open[name].use(choice)

    def _check_adapters(self, path: Path) -> None:
        if self.options.loras:
            from ..models.gguf import read

            check_all(self.options.loras, read(path))

    def _file(self) -> Any:
        if "file" not in self._open:
            from ..models.resolve import resolve

            file = resolve(self.options.model, fetch=not self.options.offline)
            self._check_adapters(file.path)
            if file.origin == "path":
                from ..models.gguf.vocabulary import check

                check(file.path)  # what llama.cpp would abort on is one line here
            self._open["file"] = file
        return self._open["file"]

    def embedder(self, name: str = "") -> Embedder:
        """The encoder of sentences called ``name``, with what is kept of it.

        "" is the one that the options name, else the one in this package. Raises ModelError.
        """
        from ..models.encoders import encoder_file

        main = self.encoder_name()
        name = name or main
        if name not in self._embedders:
            from ..models.gguf import read
            from .embedder import Embedder

            prefixes = self.options.prefixes if name == main else ""
            file = encoder_file(name, prefixes, fetch=not self.options.offline)
            opened = self.encoder if name == main else lambda: self._other(file).encoder()
            width = read(file.path).embedding_length
            self._embedders[name] = Embedder(file, opened, width, self._store())
        return self._embedders[name]

    def encoder_name(self) -> str:
        """The encoder that the options name, else the one in this package."""
        from ..models.encoders import BUILTIN

        return self.options.encoder or BUILTIN

    def _other(self, file: EncoderFile) -> Runtime:
        """Where a second encoder runs: beside the first, by the same options."""
        if file.path not in self._others:
            options = replace(self.options, model=None, encoder=str(file.path), prefixes="")
            self._others[file.path] = Runtime(options)
        return self._others[file.path]

    def encoder(self) -> Encoder:
        """The model of ``embedder()``, without prefixes and what is kept."""
        if not self._in_worker():
            return cast("Encoder", self._seats().encoder())
        model = self._vocabulary("encoder-vocabulary", self._encoder())
        return cast("Encoder", self._remote("encoder", model))

    def scorer(self) -> Scorer:
        """Log-likelihoods under the language model."""
        if not self._in_worker():
            return cast("Scorer", self._seats(lm=True).scorer())
        return cast("Scorer", self._remote("scorer", self.lm()))

    def past(self, length: int = 1024) -> Past:
        """Two texts under way, of ``length`` tokens each, for scoring what follows them.

        There is one at a time: another length closes the one before.
        """
        if not self._in_worker():
            return cast("Past", self._seats(lm=True).past(length))
        held = self._open.get("past")
        if held is None or held[0] != length:
            from .worker.proxies import RemotePast

            held = (length, RemotePast(self.lm(), self._worker(lm=True), length))
            self._open["past"] = held
        return cast("Past", held[1])

    def generator(self) -> Generator:
        """Text from the language model; the same weights as ``scorer``."""
        if not self._in_worker():
            return cast("Generator", self._seats(lm=True).generator())
        return cast("Generator", self._remote("generator", self.lm()))

    def lm(self) -> Model:
        """The language model, for its vocabulary; in a worker's parent it has no weights.

        On a CPU it is the fastest copy of equal likelihood (``llama.tune``).
        """
        if not self._in_worker():
            return cast("Model", self._seats(lm=True).lm())
        return self._vocabulary("vocabulary", self.model_path())

    def rest(self) -> None:
        """Give back what a GPU holds for this run; it is taken again at the next use.

        Two models that do not fit one card together take turns this way.
        """
        if worker := self._open.get("worker"):
            worker.close()

    def placed(self) -> str:
        """Where the language model is, in a clause; "" before it is opened."""
        held = self._open.get("worker") or self._open.get("seats")
        plan = held.plan() if held else None
        return plan.line() if plan else ""

    # ---- here, or in a worker ----------------------------------------------------

    def _in_worker(self) -> bool:
        if "in-worker" not in self._open:
            self._open["in-worker"] = self._use_gpu() or os.environ.get("CTXC_WORKER", "") == "1"
        return bool(self._open["in-worker"])

    def _use_gpu(self) -> bool:
        if "gpu" not in self._open:
            self._open["gpu"] = self._find_gpu()
        return bool(self._open["gpu"])

    def _find_gpu(self) -> bool:
        """Whether there is a GPU to use. Raises where one is insisted on and there is none."""
        if self.options.layers == 0:
            return False
        from .placement.devices import has_gpu

        if has_gpu():
            return True
        from .machine import gpu_without_support

        why = gpu_without_support() or "llama.cpp sees no GPU here"
        insists = [f"--gpu-layers {self.options.gpu_layers}"] if self.options.layers else []
        insists += ["--gpu require"] if self.options.gpu == "require" else []
        if insists:
            raise UsageError(
                f"{insists[0]}: {why}",
                hint="ctxc doctor says what to install; --gpu-layers auto runs on the CPU",
            )
        if gpu_without_support():
            note(f"on the CPU: {why} (ctxc doctor says what to install)")
        return False

    def _encoder(self) -> Path:
        if "encoder-path" not in self._open:
            from ..models.encoders import encoder_file

            file = encoder_file(self.encoder_name(), fetch=not self.options.offline)
            self._open["encoder-path"] = file.path
        path: Path = self._open["encoder-path"]
        return path

    def _choice(self, lm: bool) -> Any:
        """What is opened; the language model is looked for (and fetched) only when needed."""
        from .worker.fallback import Choice

        known = lm or "file" in self._open
        return Choice(
            lm=self.model_path() if known else None,
            name=self.model_name() if known else "",
            encoder=self._encoder(),
            threads=self.options.threads,
            layers=self.options.layers,
            gpu=self.options.gpu,
            loras=self.options.loras,
        )

    def _seats(self, lm: bool = False) -> Any:
        from .worker.open_models import Seats

        if "seats" not in self._open:
            self._open["seats"] = Seats(self._choice(lm))
        elif lm and self._open["seats"].choice.lm is None:
            self._open["seats"].use(self._choice(lm))
        return self._open["seats"]

    def _worker(self, lm: bool = False) -> Any:
        from .worker.supervisor import Supervisor

        choice = self._choice(lm)
        if "worker" not in self._open:
            self._open["worker"] = Supervisor(choice, choice.ladder(self._use_gpu()))
        elif self._open["worker"].choice != choice:
            self._open["worker"].use(choice)
        return self._open["worker"]

    def _remote(self, role: str, model: Model) -> Any:
        if role not in self._open:
            from .worker import proxies

            cls = {
                "scorer": proxies.RemoteScorer,
                "encoder": proxies.RemoteEncoder,
                "generator": proxies.RemoteGenerator,
            }[role]
            self._open[role] = cls(model, self._worker(lm=role != "encoder"))
        return self._open[role]

    def _vocabulary(self, name: str, path: Path) -> Model:
        if name not in self._open:
            from .worker.proxies import vocabulary

            self._open[name] = vocabulary(path)
        model: Model = self._open[name]
        return model
