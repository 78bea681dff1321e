"""LiteLLM's proxy: tool results shortened before a request goes out; it fails open.

In the proxy's configuration: ``callbacks: ctxc.integrations.litellm.compressor``.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

from ..api import compress_messages
from .shortening import set_fields

_log = logging.getLogger(__name__)


class CtxcCompressor(CustomLogger):
    """Each new tool result is held to ``rate`` of its tokens; messages sent before stay the same.

    ``tokens`` is for all texts of a request instead. Whatever goes wrong, or takes longer than
    ``timeout`` seconds, the request goes out as it came.
    """

    def __init__(
        self,
        rate: float | None = None,
        tokens: int | None = None,
        engine: str = "lexical",
        timeout: float = 2.0,
    ) -> None:
        super().__init__()
        rate = 0.5 if rate is None and tokens is None else rate
        self._fields = set_fields(rate=rate, tokens=tokens, engine=engine)
        self._timeout = timeout

    async def async_pre_call_hook(  # type: ignore[override]
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:
        """``data`` with shorter messages."""
        for key in ("messages", "input"):
            messages = data.get(key)
            if not isinstance(messages, list) or not messages:
                continue
            try:
                work = asyncio.to_thread(compress_messages, messages, **self._fields)
                shorter = await asyncio.wait_for(work, self._timeout)
            except Exception as error:  # the request matters more than what it would have saved
                _log.warning("ctxc: a request goes out as it came: %s", error or "too slow")
            else:
                data = {**data, key: shorter.messages}
        return data


compressor = CtxcCompressor()
