"""Prompts in a model's own chat format, with the document's text as nothing but text.

The template is rendered around a placeholder and only its own parts are
tokenised as special tokens. What stands in the placeholder's place (the
instruction, the question, the document) is ordinary text: ``<|im_end|>`` in a
document is ten characters, not the end of the turn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from .model import Ids, Model

# Private-use characters: no template produces them, and no filter changes them.
_SLOT = "\ue000\ue001ctxc\ue001\ue000"
_OPEN_THOUGHT = re.compile(r"<think(?:ing)?>\s*$")
_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*?</think(?:ing)?>\s*", re.DOTALL)
_UNFINISHED = re.compile(r"\s*<think(?:ing)?>.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids: ``prefix`` is the same for every text, ``own`` one text's, ``tail`` behind it."""

    prefix: Ids
    tail: Ids
    chat: bool

    def own(self, model: Model, text: str) -> Ids:
        """What follows the prefix for one text: the text itself, then the template's end."""
        return np.concatenate((model.encode(text), self.tail)).astype(np.int32)


def prompt(model: Model, instruction: str, closing: str = "") -> Prompt:
    """The prompt ``instruction`` + text + ``closing`` in the model's chat format.

    A base model (no template, or one that does not render) gets the same words
    plainly, to go on from ``closing`` or else from an empty line.
    """
    around = _render(model)
    head, tail = around or ("", "" if closing else "\n")
    parts = [model.encode(head, special=True), model.encode(instruction)]
    bos = model._c.llama_vocab_bos(model.vocab)
    there = bool(len(parts[0])) and parts[0][0] == bos
    if model._c.llama_vocab_get_add_bos(model.vocab) and bos >= 0 and not there:
        parts.insert(0, np.array([bos], np.int32))
    after = np.concatenate((model.encode(closing), model.encode(tail, special=True)))
    return Prompt(
        np.concatenate(parts).astype(np.int32), after.astype(np.int32), around is not None
    )


def without_thoughts(text: str) -> str:
    """``text`` without a leading ``<think>…</think>``; all of it where the thought never ends.

    >>> without_thoughts("<think>hm</think>\\nYes."), without_thoughts("<think>hm")
    ('Yes.', '')
    """
    if match := _THOUGHT.match(text):
        return text[match.end() :]
    return "" if _UNFINISHED.match(text) else text


def _render(model: Model) -> tuple[str, str] | None:
    """What the template puts before and behind a user's message; None without a usable one."""
    if not model.chat_template:
        return None
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda _format: ""  # a date would change the bytes
    variables: dict[str, Any] = {
        "messages": [{"role": "user", "content": _SLOT}],
        "add_generation_prompt": True,
        "bos_token": _piece(model, "llama_vocab_bos"),
        "eos_token": _piece(model, "llama_vocab_eos"),
        "enable_thinking": False,  # read by the templates that can switch it off
        "tools": None,
    }
    try:
        shown = environment.from_string(model.chat_template).render(**variables)
    except (TemplateError, TypeError, ValueError, AttributeError, KeyError):
        return None
    head, slot, tail = shown.partition(_SLOT)
    if not slot or _SLOT in tail:
        return None
    if _OPEN_THOUGHT.search(tail):
        tail = tail.rstrip() + "\n\n</think>\n\n"  # the thought is over before it begins
    return head, tail


def _piece(model: Model, which: str) -> str:
    token = int(getattr(model._c, which)(model.vocab))
    return model.pieces[token].decode("utf-8", "replace") if token >= 0 else ""


def _raise(message: str) -> NoReturn:
    from jinja2 import TemplateError

    raise TemplateError(message)
