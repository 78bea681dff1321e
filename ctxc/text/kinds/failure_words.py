"""What a key and its value say about something that went wrong, whatever the format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .data_tree import Node, number_of

FAILURE = 4.0
WARNING = 3.0
TOTAL = 3.0
ORDINARY = 1.0
SLIGHT = 0.5  # an empty value
NOISE = 0.0

_SHORT = 60  # characters: a longer value is a text, in which a word like "error" says little
_LONG = 500  # how much of a message is looked at


def _words_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# CamelCase and snake_case values are read as their words: CrashLoopBackOff, exit_timeout.
_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_FAILURES = _words_of(
    "fail fails failed failing failure failures error errors errored fatal critical crit panic "
    "emergency exception abort aborted crash crashed crashing killed oom timeout timedout "
    "unhealthy unreachable unavailable down degraded broken corrupt corrupted dead lost denied "
    "forbidden unauthorized unauthorised rejected refused declined disputed dispute chargeback "
    "overdue expired evicted invalid blocked conflict conflicting notready stuck backoff "
    "breached violated violation vulnerable fraud fraudulent bounced undeliverable defunct "
    "zombie oomkilled"
)
_PAIRS = frozenset(
    tuple(pair.split("_"))
    for pair in _words_of(
        "back_off not_ready timed_out not_ok not_found no_route past_due of_memory "
        "not_initialized not_running not_available not_healthy"
    )
)
_WARNINGS = _words_of(
    "warn warning warnings deprecated pending unknown suspended cancelled canceled skipped "
    "refunded flaky retry retrying throttled delayed unstable terminating partial "
    "waiting initializing creating pulling"
)
_MESSAGE = re.compile(
    r"\b(?:error|exception|failed|failure|fatal|panic|traceback|refused|timed out|denied|"
    r"out of memory|oomkilled|cannot|could not|unable to|not found|crashed)\b",
    re.IGNORECASE,
)
_NEGATED = frozenset(("no", "non", "not", "without", "zero", "0"))
_TRUE, _FALSE = frozenset(("true", "yes", "on")), frozenset(("false", "no", "off"))
_NAME_KEYS = _words_of("name title id key path file filename label labels url description")
_STATE_KEY = re.compile(
    r"status|state|level|phase|result|severity|outcome|conclusion|health|condition|reason|verdict|"
    r"ready|success|code|exit|passed|enabled|active|stat$",
    re.IGNORECASE,
)
_CODE_KEY = re.compile(r"(?:^|[_.\- ]|http|response)(?:status|code)(?:[_\- ]?code)?$", re.I)
_EXIT_KEY = re.compile(r"(?:exit|return)[_\- ]?(?:code|status)$|^rc$|^exit$", re.IGNORECASE)
_GOOD_KEY = re.compile(
    r"(?:^|_|is)(?:ok|success|successful|succeeded|passed|valid|ready|healthy|up|alive)$", re.I
)
_BAD_KEY = re.compile(
    r"(?:^|_|is|has)(?:errors?|failed|failures?|exceptions?|crashed|oomkilled|fatal|aborted|"
    r"panic|stderr|timed_?out)$|(?:error|exception|failure)(?:_?(?:message|msg|text|count|reason))?$",
    re.IGNORECASE,
)
_TOTAL_KEY = re.compile(
    r"^(?:total|totals|summary|verdict|result|conclusion|outcome|grand_?total|passed)$"
    r"|^(?:total|num|n)_|_?(?:total|count)$",
    re.IGNORECASE,
)
_NOISE_KEY = re.compile(
    r"_url$|^(?:node_id|gravatar_id|etag|selfLink|managedFields|resourceVersion|_links|"
    r"\$schema|checksum|integrity|signature)$"
)
_USAGE_KEY = re.compile(r"^(?:i?use%|capacity|usage|used_?(?:percent|pct))$", re.IGNORECASE)
_FRACTION = re.compile(r"(\d{1,6})/(\d{1,6})$")
_FULL = 90  # per cent of a disk


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key promises of its value."""

    is_name: bool
    is_state: bool
    is_code: bool
    is_exit: bool
    is_good: bool
    is_bad: bool
    is_total: bool
    is_noise: bool
    is_usage: bool


@lru_cache(maxsize=20_000)
def _key(key: str) -> _Key:
    """
    >>> _key("exitCode").is_exit, _key("statusCode").is_code, _key("avatar_url").is_noise
    (True, True, True)
    """
    patterns = (
        _STATE_KEY,
        _CODE_KEY,
        _EXIT_KEY,
        _GOOD_KEY,
        _BAD_KEY,
        _TOTAL_KEY,
        _NOISE_KEY,
        _USAGE_KEY,
    )
    return _Key(key.lower() in _NAME_KEYS, *(p.search(key) is not None for p in patterns))


@lru_cache(maxsize=50_000)
def says_failure(value: str) -> bool:
    """Whether a short value has a word of failure.

    >>> [says_failure(v) for v in ("CrashLoopBackOff", "no errors", "Failed", "settled")]
    [True, False, True, False]
    """
    words = [word.lower() for word in _SPLIT.split(value[:_SHORT]) if word]
    for at, word in enumerate(words):
        if word in _FAILURES or tuple(words[at : at + 2]) in _PAIRS:
            return not at or words[at - 1] not in _NEGATED
    return False


@lru_cache(maxsize=50_000)
def says_warning(value: str) -> bool:
    words = (word.lower() for word in _SPLIT.split(value[:_SHORT]))
    return any(word in _WARNINGS for word in words)


def is_state_key(key: str) -> bool:
    """Whether a key promises few values, of which a rare one matters."""
    return _key(key).is_state


def value_salience(key: str, node: Node, alone: bool = True) -> float:
    """How much a scalar says without a question: 4 a failure, 3 a warning or a total.

    ``alone``: it is not a field of one of many records, where a total is nothing special.
    """
    if node.is_empty:
        return SLIGHT
    if node.is_container:
        return ORDINARY
    traits, value = _key(key[-100:]), node.value
    if len(value) <= 5 and (value := value.lower()) in _TRUE | _FALSE:
        return _flag(traits, value in _TRUE)
    if traits.is_good and (part := _FRACTION.match(node.value)):  # kubectl's READY: 0/1
        return FAILURE if int(part[1]) < int(part[2]) else ORDINARY
    number = number_of(node.value)
    if number is not None:
        return _number(traits, number, alone)
    return max(_words(traits, node.value), _named(traits, alone))


def _named(key: _Key, alone: bool) -> float:
    if key.is_noise:
        return NOISE
    return TOTAL if alone and key.is_total else ORDINARY


def _flag(key: _Key, is_true: bool) -> float:
    return FAILURE if (key.is_bad if is_true else key.is_good) else ORDINARY


def _number(key: _Key, number: float, alone: bool) -> float:
    if key.is_exit:
        return FAILURE if number else ORDINARY
    if key.is_code and 400 <= number < 600:
        return FAILURE if number >= 500 else WARNING
    if key.is_bad:
        return FAILURE if number > 0 else ORDINARY
    if key.is_usage and _FULL <= number <= 100:
        return WARNING
    return _named(key, alone)


def _words(key: _Key, value: str) -> float:
    if key.is_name or key.is_noise:
        return NOISE
    if key.is_bad:
        return FAILURE
    if len(value) > _SHORT:
        return WARNING if _MESSAGE.search(value, 0, _LONG) else NOISE
    if says_failure(value):
        return FAILURE
    return WARNING if says_warning(value) else NOISE
