"""Prices per million tokens, and what sending a text costs with them.

Prices come from three places, named in ``Prices.origin``: numbers given by the
user, a file in the community's ``model_prices_and_context_window.json`` format
(LiteLLM's), or the few that are built in (``prices``). US dollars throughout.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..console import plain
from ..errors import ConfigError, UsageError

MINIMUM = 1024
"""Tokens below which providers do not cache a prompt, unless the price says otherwise."""

_LARGEST_FILE = 64 * 2**20
_INPUT = "input_cost_per_token"
_WRITE = "cache_creation_input_token_cost"
_READ = "cache_read_input_token_cost"
_LONG = re.compile(rf"({_INPUT}|{_WRITE}|{_READ})_above_(\d+)k_tokens")


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per million tokens: plain input, written to the cache, read from it."""

    input: float
    write: float
    read: float


@dataclass(frozen=True, slots=True)
class Prices:
    """What one model's provider charges for input.

    Above ``long_from`` tokens in a request (0: never) all its tokens cost
    ``long``. A context under ``minimum`` tokens is not cached. ``caching`` is
    false where no cache-read price is known.
    """

    name: str
    rates: Rates
    origin: str
    long_from: int = 0
    long: Rates | None = None
    minimum: int = MINIMUM
    caching: bool = True

    def at(self, tokens: int) -> Rates:
        """The rates of a request of ``tokens`` tokens."""
        return self.long if self.long and tokens > self.long_from else self.rates

    def sending(self, tokens: int, requests: int, hit_share: float, cached: bool = True) -> float:
        """Dollars for sending a context of ``tokens`` tokens with each of ``requests`` requests.

        With caching the first request writes it, and of the others the share
        ``hit_share`` reads it while the rest write it again; where that costs
        more than not caching, nothing is cached. ``cached=False``: never.
        """
        rates = self.at(tokens)
        once = tokens / 1e6
        uncached = once * requests * rates.input
        if not (cached and self.caching) or tokens < self.minimum:
            return uncached
        later = hit_share * rates.read + (1 - hit_share) * rates.write
        return min(uncached, once * (rates.write + (requests - 1) * later))


def find_prices(price: str, file: Path | None = None) -> Prices:
    """The prices ``price`` asks for: ``IN[,WRITE[,READ]]`` in dollars per million, or a name.

    A name is looked up in ``file`` where one is given, else among those built in.
    Raises UsageError for a name that is not there or numbers that are no
    prices, ConfigError for a file of the wrong shape.
    """
    if re.match(r"\s*[-+.\d]", price):
        return _given(price)
    if file is not None:
        table = _read_file(file)
        return _from_file(_pick(price, list(table), f"in {plain(file)}"), table, file)
    from .prices import built_in

    known = built_in()
    return known[_pick(price, list(known), "built in")]


def _given(price: str) -> Prices:
    try:
        numbers = [float(part) for part in price.split(",")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or not all(math.isfinite(n) and n >= 0 for n in numbers):
        raise UsageError(
            f"--price {price!r} is no price",
            hint="INPUT[,CACHE_WRITE[,CACHE_READ]] in $ per million tokens, as in 3,3.75,0.30",
        )
    base = numbers[0]
    write = numbers[1] if len(numbers) > 1 else base
    read = numbers[2] if len(numbers) > 2 else base
    return Prices("given", Rates(base, write, read), "given", caching=len(numbers) == 3)


def _pick(name: str, known: list[str], where: str) -> str:
    """``name`` itself, or the one entry ``provider/name``. Raises UsageError with the nearest."""
    if name in known:
        return name
    routed = [entry for entry in known if entry.rsplit("/", 1)[-1] == name]
    if len(routed) == 1:
        return routed[0]
    near = routed[:5] or get_close_matches(name, known, 5, 0.5) or sorted(known)[:8]
    raise UsageError(
        f"there is no price of {name!r} {where}",
        hint=f"perhaps {', '.join(map(plain, near))}; or give numbers: --price 3,3.75,0.30",
    )


def _read_file(path: Path) -> dict[str, Any]:
    shown = plain(path)
    try:
        if not path.is_file():
            raise ConfigError(f"the price file {shown} is not there or is no file")
        if path.stat().st_size > _LARGEST_FILE:
            raise ConfigError(f"the price file {shown} is over {_LARGEST_FILE >> 20} MiB")
        table = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"the price file {shown} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the price file {shown} is not JSON: {plain(error, 100)}") from None
    entries = table.values() if isinstance(table, dict) else ()
    if not any(isinstance(entry, dict) and _INPUT in entry for entry in entries):
        raise ConfigError(
            f"the price file {shown} is not of the shape that is needed",
            hint='as in model_prices_and_context_window.json: {"MODEL": {"'
            + _INPUT
            + '": 3e-06, …}}',
        )
    table.pop("sample_spec", None)
    return {name: entry for name, entry in table.items() if isinstance(entry, dict)}


def _from_file(name: str, table: dict[str, Any], path: Path) -> Prices:
    entry = table[name]
    if _INPUT not in entry:
        raise ConfigError(f"{plain(path)}: {plain(name)} has no {_INPUT}, so it has no price here")
    origin = f"from {plain(path.name)}"
    base = _per_million(entry, _INPUT, name, path)
    assert base is not None
    read = _per_million(entry, _READ, name, path)
    write = _per_million(entry, _WRITE, name, path)
    rates = Rates(base, base if write is None else write, base if read is None else read)
    long_from, long = _long_rates(entry, rates, name, path)
    return Prices(name, rates, origin, long_from, long, caching=read is not None)


def _long_rates(
    entry: dict[str, Any], rates: Rates, name: str, path: Path
) -> tuple[int, Rates | None]:
    """The first higher tier, as in ``input_cost_per_token_above_200k_tokens``."""
    tiers = [match for key in entry if (match := _LONG.fullmatch(key))]
    if not tiers:
        return 0, None
    start = min(int(match[2]) for match in tiers)

    def tier(key: str, otherwise: float) -> float:
        found = _per_million(entry, f"{key}_above_{start}k_tokens", name, path)
        return otherwise if found is None else found

    base = tier(_INPUT, rates.input)
    # What a tier does not name grows as its input price does.
    factor = base / rates.input if rates.input else 1.0
    long = Rates(base, tier(_WRITE, rates.write * factor), tier(_READ, rates.read * factor))
    return start * 1000, long


def _per_million(entry: dict[str, Any], key: str, name: str, path: Path) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigError(
            f"{plain(path)}: {key} of {plain(name)} is {plain(value, 40)}, where a price is meant"
        )
    # 3e-06 * 1e6 is 3.0000000000000004 in some cases; no price has more than nine digits.
    return round(value * 1e6, 9)
