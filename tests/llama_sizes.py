"""Run as a script: prints, as JSON, the sizes that llama.cpp itself reports.

python llama_sizes.py types
python llama_sizes.py cache MODEL.gguf '[[n_ctx, n_seq, unified, swa_full, "q8_0"], ...]'
"""

from __future__ import annotations

import ctypes
import json
import re
import sys

from llama_cpp import llama_cpp as c

TYPE_ID = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 8, "bf16": 30}
lines: list[str] = []


@c.llama_log_callback
def keep(_level: int, text: bytes, _data: object) -> None:
    lines.append(text.decode("utf-8", "replace"))


def types() -> dict[int, tuple[str, int, int]]:
    lib = c._lib
    lib.ggml_type_name.restype = ctypes.c_char_p
    lib.ggml_type_size.restype = ctypes.c_size_t
    lib.ggml_blck_size.restype = ctypes.c_int64
    return {
        number: (lib.ggml_type_name(number).decode(), lib.ggml_blck_size(number), size)
        for number in range(43)
        if (size := lib.ggml_type_size(number))
    }


def cache(path: str, cases: list[list[object]]) -> list[list[str]]:
    """For each case [KV MiB in all, recurrent MiB], two decimals as logged."""
    c.llama_backend_init()
    model_params = c.llama_model_default_params()
    model_params.n_gpu_layers = 0
    model = c.llama_model_load_from_file(path.encode(), model_params)
    assert model, "".join(lines[-9:])
    return [_one(model, *case) for case in cases]


def _one(model: object, n_ctx: int, n_seq: int, unified: bool, swa_full: bool, kind: str):
    params = c.llama_context_default_params()
    params.n_ctx, params.n_seq_max, params.n_threads = n_ctx, n_seq, 1
    params.kv_unified, params.swa_full = unified, swa_full
    params.n_batch = params.n_ubatch = 512
    params.type_k = params.type_v = TYPE_ID[kind]
    lines.clear()
    context = c.llama_init_from_model(model, params)
    log = "".join(lines)
    assert context, log[-900:]
    c.llama_free(context)
    found = [
        sum(map(float, re.findall(rf"{what} buffer size = +([\d.]+) MiB", log)))
        for what in ("KV", "RS")
    ]
    return [round(size, 2) for size in found]


if __name__ == "__main__":
    c.llama_log_set(keep, ctypes.c_void_p(0))
    if sys.argv[1] == "types":
        print(json.dumps(types()))
    else:
        print(json.dumps(cache(sys.argv[2], json.loads(sys.argv[3]))))
