"""What a document says to a terminal does not reach it; a pipe gets the document's bytes."""

from __future__ import annotations

import pytest

from ctxc.batch.run import Finished
from ctxc.console import harmless
from ctxc.output.sinks import Text
from ctxc.result import Compression

ORDER = "Fine.\x1b]0;title\x07\x1b[2J Done."


def test_control_characters_are_shown_not_obeyed() -> None:
    assert harmless("a\x1b]0;title\x07\tb\r\n\x9b2J") == "a\\x1b]0;title\\x07\tb\n\\x9b2J"


@pytest.mark.parametrize("several", [False, True])
def test_only_a_terminal_is_spared_the_documents_control_characters(several: bool) -> None:
    done = Compression("a.txt", ORDER, 9, 9, 9, "o200k_base", "none", None, 0.0)
    texts = Text(json=False, show=False, several=several)
    assert ORDER in texts.of(Finished(done), done, terminal=False)
    seen = texts.of(Finished(done), done, terminal=True)
    assert "\x1b" not in seen and "\x07" not in seen and "Fine." in seen
