"""Commands that take groups of options.

A group is a frozen dataclass whose fields are options of one panel of the help. A command
names the groups it takes, and ``grouped`` makes of them the parameters that typer reads::

    @grouped
    def check(budget: Budget, input: Annotated[Input, without("stdin_name")]) -> int: ...

Called as a function, such a command takes the options by name.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_origin

from typer.models import ParameterInfo


@dataclass(frozen=True, slots=True)
class Changes:
    """How one command's options differ from the group's: other help texts, options left out."""

    helps: Mapping[str, str]
    dropped: tuple[str, ...] = ()


def but(**helps: str) -> Changes:
    """Other help texts, by field."""
    return Changes(helps)


def without(*names: str, **helps: str) -> Changes:
    """A group less some of its fields, which keep their defaults."""
    return Changes(helps, names)


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """``command`` with a parameter for each option of the groups that it takes."""
    flat: list[inspect.Parameter] = []
    groups: dict[str, tuple[type[Any], tuple[str, ...]]] = {}
    for parameter in inspect.signature(command).parameters.values():
        group, changes = _group_of(parameter.annotation)
        if group is None:
            flat.append(parameter)
            continue
        options = list(_options(group, changes))
        groups[parameter.name] = group, tuple(option.name for option in options)
        flat += options
    signature = inspect.Signature(flat, return_annotation=int)

    @wraps(command)
    def called(*args: Any, **kwargs: Any) -> int:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = bound.arguments
        for name, (group, names) in groups.items():
            values[name] = group(**{key: _frozen(group, key, values.pop(key)) for key in names})
        return command(**values)

    called.__dict__["__signature__"] = signature
    called.__annotations__ = {each.name: each.annotation for each in flat} | {"return": int}
    return called


def _group_of(annotation: Any) -> tuple[type[Any] | None, Changes]:
    changes = Changes({})
    if get_origin(annotation) is Annotated:
        annotation, *notes = get_args(annotation)
        changes = next((note for note in notes if isinstance(note, Changes)), changes)
    group = annotation if isinstance(annotation, type) and is_dataclass(annotation) else None
    return group, changes


def _options(group: type[Any], changes: Changes) -> list[inspect.Parameter]:
    options = []
    for field in fields(group):
        if field.name in changes.dropped:
            continue
        value, info = get_args(field.type)
        info = copy(info)
        info.rich_help_panel = info.rich_help_panel or group.PANEL
        info.help = changes.helps.get(field.name, info.help)
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        if get_origin(value) is tuple:
            value = list[get_args(value)[0]]  # type: ignore[misc]
            default = list(default) or None if isinstance(default, tuple) else default
        options.append(_parameter(field.name, value, info, default))
    return options


def _parameter(name: str, value: Any, info: ParameterInfo, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(name, kind, annotation=Annotated[value, info], default=default)


def _frozen(group: type[Any], name: str, value: Any) -> Any:
    """What typer hands over as a list is a tuple in a group."""
    many = get_origin(get_args(group.__dataclass_fields__[name].type)[0]) is tuple
    return tuple(value or ()) if many else value
