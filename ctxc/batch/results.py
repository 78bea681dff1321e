"""Results that are kept: a ``Compression`` in the store and back, each computed by one run."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from ..result import Compression, Kept
from ..store import MAX_BYTES, Store
from ..store.claims import Claims
from ..store.originals import Originals

_FIELDS = {field.name for field in dataclasses.fields(Compression)}
# What belongs to the document asked for, not to the result.
_NOT_KEPT = ("source", "id", "seconds", "kept")


class Results:
    """Results by key, in ``store``; None keeps nothing."""

    def __init__(self, store: Store | None) -> None:
        self.store = store
        beside = store.path.with_name(store.path.name + "-claims") if store else None
        self._claims = Claims(beside) if beside else None

    @classmethod
    def open(cls, *, wanted: bool = True, max_bytes: int | None = None) -> Results:
        """The user's store; ``wanted=False`` keeps nothing. Raises StoreError."""
        if not wanted:
            return cls(None)
        return cls(Store.open(max_bytes=MAX_BYTES if max_bytes is None else max_bytes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._claims is not None:
            self._claims.close()
        if self.store is not None:
            self.store.close()

    def get(self, key: str | None) -> Compression | None:
        """The result kept under ``key``; its source, id and seconds are the caller's to set."""
        if key is None or self.store is None:
            return None
        value = self.store.get(key)
        result = decode(value) if value is not None else None
        if result is None or (handle := result.extra.get("handle")) is None:
            return result
        # Its text names an original: made anew where that is gone, so that it is kept again.
        return result if Originals(self.store).has(str(handle)) else None

    def put(self, key: str | None, result: Compression) -> None:
        if key is not None and self.store is not None:
            self.store.put(key, encode(result))

    def value(self, key: str) -> Any:
        """Any other JSON value kept under ``key``, or None."""
        if self.store is None or (found := self.store.get(key)) is None:
            return None
        try:
            return json.loads(zlib.decompress(found))
        except (zlib.error, ValueError):
            return None

    def put_value(self, key: str, value: Any) -> None:
        if self.store is not None:
            self.store.put(key, zlib.compress(json.dumps(value).encode(), 1))

    @contextmanager
    def claim(self, key: str | None) -> Iterator[None]:
        """Be the one run that works on ``key``; after a wait ``get`` may have it."""
        store, claims = self.store, self._claims
        if key is None or store is None or claims is None or not store.usable:
            yield
            return
        done: Callable[[], bool] = lambda: store.get(key) is not None  # noqa: E731
        with claims.claim(key, done):
            yield


def encode(result: Compression) -> bytes:
    """``result`` without what belongs to its document."""
    value = {
        field.name: getattr(result, field.name)
        for field in dataclasses.fields(result)
        if field.name not in _NOT_KEPT
    }
    value["kept"] = [[k.start, k.end, k.score, k.out, k.kind] for k in result.kept]
    return zlib.compress(json.dumps(value).encode(), 1)


def decode(value: bytes) -> Compression | None:
    """What ``encode`` made; None for anything else."""
    try:
        fields = json.loads(zlib.decompress(value))
        if set(fields) != _FIELDS - {"source", "id", "seconds"}:
            return None
        fields["kept"] = tuple(Kept(*each) for each in fields["kept"])
        fields["notes"] = tuple(fields["notes"])
        result = Compression(source="", seconds=0.0, **fields)
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError):
        return None
    return result if _whole(result) else None


def _whole(result: Compression) -> bool:
    """Whether every value has its type (the store's file may hold anything)."""
    words = (result.text, result.tokenizer, result.engine, *result.notes)
    counts = (result.original, result.compressed, result.target)
    places = (place for kept in result.kept for place in (kept.start, kept.end))
    return (
        all(isinstance(word, str) for word in words)
        and all(type(count) is int and count >= 0 for count in (*counts, *places))
        and all(isinstance(kept.score, int | float) for kept in result.kept)
        and all(type(kept.out) is int for kept in result.kept)
        and all(isinstance(kept.kind, str) for kept in result.kept)
        and isinstance(result.model, str | None)
        and isinstance(result.question, str | None)
        and isinstance(result.extra, dict)
        and _are_counts(result.extra.get("lines_by", {}))
    )


def _are_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(type(count) is int for count in value.values())
