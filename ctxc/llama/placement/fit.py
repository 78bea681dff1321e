"""The most layers, in the best shape, that the devices hold: ``fit``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import ModelError
from ..model import Placement
from .devices import Device
from .need import MIB, Model, Need
from .shape import Shape

LEAST_MARGIN = 400 * MIB
DISPLAY_MARGIN = 1024 * MIB
_WORTH_IT = 0.3  # of the layers; below, moving data costs more than the GPU saves


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What goes where, and why.

    ``layers`` of ``most`` (all layers and the output) go to ``devices``, which
    take ``needs`` (bytes) in the same order; 0 means the CPU. ``host`` is the
    main memory needed beside. ``reason`` is a clause for the user, or "".
    """

    model: str
    layers: int
    most: int
    shape: Shape
    devices: tuple[Device, ...] = ()
    needs: tuple[Need, ...] = ()
    host: int = 0
    reason: str = ""

    @property
    def placement(self) -> Placement:
        split = tuple(need.layers for need in self.needs)
        return Placement(
            self.layers,
            tuple(device.handle for device in self.devices),
            split if len(split) > 1 else (),
        )

    @property
    def on_gpu(self) -> bool:
        return self.layers > 0

    def line(self) -> str:
        """One line: what was chosen, and why."""
        if not self.on_gpu:
            return f"{self.model} on the CPU" + (f": {self.reason}" if self.reason else "")
        whole = self.layers == self.most
        count = f"all {self.most} layers" if whole else f"{self.layers} of {self.most} layers"
        places = " and ".join(
            f"{device.name} ({size(need.total)} of {size(device.free)} free)"
            for device, need in zip(self.devices, self.needs, strict=True)
        )
        reason = f"; {self.reason}" if self.reason else ""
        return f"{self.model}: {count} on {places}, {self.shape}{reason}"


def size(count: int) -> str:
    """Bytes as people read them.

    >>> size(3_400_000_000), size(98_000_000)
    ('3.40 GB', '98 MB')
    """
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def margin(device: Device) -> int:
    """Bytes left free on a device: for what the driver, a desktop and fragmentation take."""
    least = DISPLAY_MARGIN if device.display else LEAST_MARGIN
    return max(least, device.total * 8 // 100)


def room(device: Device) -> int:
    """Bytes of a device that a plan may use."""
    return max(0, device.free - margin(device))


def fit(
    name: str,
    model: Model,
    shapes: Sequence[Shape],
    devices: Sequence[Device],
    wanted: int | None = None,
    cap: int | None = None,
) -> MemoryPlan:
    """The plan for ``devices``, most room first.

    ``shapes`` come best first; each is tried with all layers before any layer
    is given up. ``wanted`` layers are obeyed or refused (ModelError, with the
    numbers); ``cap`` is the most to try when nothing is wanted.
    """
    order = sorted(devices, key=room, reverse=True)
    goal = min(model.most, wanted if wanted is not None else model.most if cap is None else cap)
    if goal <= 0 or not order:
        return cpu(name, model, shapes[-1], "" if order else "there is no GPU")
    for index, shape in enumerate(shapes):
        found = _one(model, goal, shape, order) or _several(model, goal, shape, order)
        if found:
            reason = "" if index == 0 else f"{shapes[0]} needs more"
            return _plan(name, model, shape, found, reason)
    shape = shapes[-1]
    short = _shortage(model, goal, shape, order)
    if wanted is not None:
        raise ModelError(
            f"{name} does not fit: {short}",
            hint="--gpu-layers auto takes as many as fit",
        )
    return _fewer(name, model, goal, shape, order, short)


Found = list[tuple[Device, Need]]


def _one(model: Model, layers: int, shape: Shape, order: Sequence[Device]) -> Found | None:
    units = range(model.most - layers, model.most)
    need = model.need(units, layers, shape)
    return [(order[0], need)] if need.total <= room(order[0]) else None


def _several(model: Model, layers: int, shape: Shape, order: Sequence[Device]) -> Found | None:
    """``layers`` over all devices: from the output backwards, each takes what it can."""
    end, first = model.most, model.most - layers
    found: Found = []
    for device in order if len(order) > 1 else ():
        at = end
        while at > first and model.need(range(at - 1, end), layers, shape).total <= room(device):
            at -= 1
        if at == end:
            continue
        found.insert(0, (device, model.need(range(at, end), layers, shape)))
        end = at
        if end == first:
            return found
    return None


def _fewer(
    name: str, model: Model, goal: int, shape: Shape, order: Sequence[Device], short: str
) -> MemoryPlan:
    """As many layers as fit, or the CPU where they are too few to be worth it."""
    for layers in range(goal - 1, 0, -1):
        if layers < _WORTH_IT * model.most:
            break
        found = _one(model, layers, shape, order) or _several(model, layers, shape, order)
        if found:
            return _plan(name, model, shape, found, f"because {short}")
    reason = f"{short}; so few layers would fit that the CPU does better alone"
    return cpu(name, model, shape, reason)


def _shortage(model: Model, layers: int, shape: Shape, order: Sequence[Device]) -> str:
    need = model.need(range(model.most - layers, model.most), layers, shape)
    free = " and ".join(f"{size(d.free)} free on {d.name}" for d in order)
    kept = size(sum(margin(d) for d in order))
    return (
        f"{layers} layers need {size(need.total)} (weights {size(need.weights)}, cache "
        f"{size(need.cache)}, buffers {size(need.compute)}); {free}, of which {kept} stay free"
    )


def _plan(name: str, model: Model, shape: Shape, found: Found, reason: str) -> MemoryPlan:
    layers = sum(need.layers for _, need in found)
    return MemoryPlan(
        model=name,
        layers=layers,
        most=model.most,
        shape=shape,
        devices=tuple(device for device, _ in found),
        needs=tuple(need for _, need in found),
        host=model.host(layers, shape),
        reason=reason,
    )


def beside(
    plan: MemoryPlan, model: Model, shapes: Sequence[Shape], devices: Sequence[Device]
) -> MemoryPlan | None:
    """``plan`` with one more context, of the best shape that fits what is free now, or None.

    The weights are there already; ``devices`` are the plan's own, asked again.
    """
    free = {device.name: device for device in devices}
    for shape in shapes:
        end = model.most
        needs: list[Need] = []
        for device, held in zip(reversed(plan.devices), reversed(plan.needs), strict=True):
            units = range(end - held.layers, end)
            need = model.need(units, plan.layers, shape)
            needs.insert(0, Need(held.layers, 0, need.cache, need.compute))
            if device.name not in free or needs[0].total > room(free[device.name]):
                break
            end = units.start
        else:
            return replace(plan, shape=shape, needs=tuple(needs))
    return None


def cpu(name: str, model: Model, shape: Shape, reason: str = "") -> MemoryPlan:
    """The plan that uses no device."""
    return MemoryPlan(name, 0, model.most, shape, host=model.host(0, shape), reason=reason)


def check_host(plan: MemoryPlan, available: int | None) -> None:
    """Raise ModelError, with the numbers, where main memory does not hold the plan."""
    if available is None or plan.host <= available:
        return
    beside = " beside the GPU" if plan.on_gpu else ""
    raise ModelError(
        f"{plan.model} needs {size(plan.host)} of main memory{beside}, and {size(available)} "
        "is available",
        hint="a smaller model or a smaller quantisation fits; `ctxc models` lists some",
    )
