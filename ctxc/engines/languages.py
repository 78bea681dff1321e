"""Which encoder a question and a text need: the one in this package reads English alone."""

from __future__ import annotations

from ..console import note
from ..errors import ModelError
from ..llama.runtime import Runtime
from ..models import encoders
from ..models.catalogue import MULTILINGUAL
from ..text.language import is_foreign
from ..text.question import for_encoder

_said: set[str] = set()


def encoder_for(question: str, text: str, runtime: Runtime) -> str:
    """The name of the encoder for ``question`` about ``text``, "" where there is none.

    The one the options name, else the one in this package for English, else the multilingual
    one, which is fetched at its first use. Where that cannot be, one line says so, once.
    """
    if runtime.options.encoder:
        return runtime.options.encoder
    if for_encoder(question) and not is_foreign(text):
        return encoders.BUILTIN
    return MULTILINGUAL.name if _multilingual(runtime) else ""


def encoder_or_builtin(question: str, text: str, runtime: Runtime) -> str:
    """``encoder_for``, for what needs an encoder whatever the language."""
    return encoder_for(question, text, runtime) or encoders.BUILTIN


def _multilingual(runtime: Runtime) -> bool:
    """Whether the multilingual encoder is here, or could be fetched now."""
    if encoders.is_here():
        return True
    if runtime.options.offline:
        return _say("--offline fetches none")
    if (why := encoders.lately_refused()) is not None:
        return _say(why)
    try:
        encoders.fetch_multilingual()
    except ModelError as error:
        return _say(error.message)
    return True


def _say(why: str) -> bool:
    """False, with its one line."""
    message = f"not English, and the encoder for other languages is not here: by words ({why})"
    if message not in _said:
        _said.add(message)
        note(f"ctxc: {message}; ctxc models pull {MULTILINGUAL.name} fetches it")
    return False
