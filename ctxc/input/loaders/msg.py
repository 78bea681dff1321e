"""Outlook's mail (.msg) -> text, as any mail: its properties are parsed in a process of its own."""

from __future__ import annotations

from ...document import Document
from . import apart, mail
from .raw import Raw


def load(raw: Raw) -> Document:
    """The mail's words as a document. Raises InputError."""
    if len(raw.data) > mail.LARGEST:
        raise raw.refuse(f"is larger than {mail.LARGEST / 1e6:g} MB, too large for a mail")
    message = apart.bounded(raw, f"{__package__}.msg_mapi", "as_mail", raw)
    return mail.document(message, raw)
