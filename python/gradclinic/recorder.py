"""Records a PyTorch training, for a diagnosis by the service (POST /v1/diagnoses)."""
from __future__ import annotations

import json
import math
import warnings
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

import torch
from torch import nn

from ._inspect import Criterion, Inspection, inspect, signal_to_noise
from ._measure import norm, rms, total_norm
from ._parameters import Coverage, coverage, owned_parameters
from ._watch import Call, Watch

#: Below this part of the trained numbers a diagnosis may have missed what is wrong.
ENOUGH = 0.95
#: Stands for infinity, which JSON lacks.
_BOUNDLESS = 1e12


def _number(value: Optional[float]) -> Optional[float]:
    """JSON has no NaN: it is sent as null."""
    return value if value is not None and math.isfinite(value) else None


class Recorder:
    """
    Measures a training while it runs::

        with gradclinic.Recorder(model, data=loader, criterion=loss_function) as recorder:
            for x, y in loader:
                optimizer.zero_grad()
                loss = loss_function(model(x), y)
                loss.backward()
                with recorder.step(loss):      # around clipping and the update
                    optimizer.step()
        print(gradclinic.Client().diagnose(recorder))

    The model carries nothing of it, and random numbers, modes and buffers are as if it were not there.

    :param every: probes every so many steps; losses and gradient norms are recorded at every step
    :param data: batches for full passes in inference mode, made at the first step, whenever the number of steps has
        doubled, and at the end: dead and saturated units, rank, classes, loss of the whole split. Without it they come
        from calls of ``inspect``
    :param criterion: loss of (prediction, targets); not needed where the model's output has a ``loss`` of its own
    :param validation: batches for the loss, at the end, of samples that are not trained on
    :param loss_scale: by which losses are multiplied before ``backward`` (a number, or a ``GradScaler``)
    """

    def __init__(self, model: nn.Module, every: int = 10, data: Optional[Iterable[Any]] = None,
                 criterion: Optional[Criterion] = None, validation: Optional[Iterable[Any]] = None,
                 loss_scale: Union[float, Any, None] = None, seed: int = 0) -> None:  # fmt: skip
        if every < 1:
            raise ValueError("every: at least 1")
        self.model, self.every, self.seed = model, every, seed
        self.data, self.criterion, self.validation = data, criterion, validation
        self.loss_scale = loss_scale
        self.losses: List[Optional[float]] = []
        self.norms: List[Optional[float]] = []
        self._rows: Dict[Tuple[Optional[str], Optional[str], str], Dict[int, Optional[float]]] = {}
        self._layers: Dict[str, Call] = {}
        self._inspections: List[Tuple[int, Inspection]] = []
        self._validated: Optional[Inspection] = None
        self._probed: List[int] = []
        self._outputs: Dict[str, float] = {}
        self._gradients: Dict[str, float] = {}
        self._backward_seen = False
        self._open: Optional[Tuple[int, Dict[str, Tuple[torch.Tensor, float]]]] = None
        self._owned = owned_parameters(model)
        self._homes = {id(one.home): one.layer for one in self._owned}
        self._watch = Watch(model, self._homes, self._wanted, self._seen)
        self._running = False

    # What is seen in a pass

    def _wanted(self, outermost: nn.Module) -> bool:
        due = len(self.losses) % self.every == 0
        if not (self._running and due and outermost.training and torch.is_grad_enabled()):
            return False
        if self._backward_seen:  # the next batch of an accumulated gradient, or after a step that was given up
            self._forget()
        return True

    def _forget(self) -> None:
        self._watch.reset()
        self._outputs, self._gradients, self._backward_seen = {}, {}, False

    def _seen(self, call: Call, raw: torch.Tensor, out: torch.Tensor) -> None:
        version, scale = call.version, self._scale()
        self._outputs[call.name] = rms(out)
        if not raw.requires_grad:
            return

        def arrived(gradient: torch.Tensor) -> None:
            self._backward_seen = True
            # Only the last of a layer's outputs counts: the one after its activation.
            if call.version == version and self._watch.calls.get(call.name) is call:
                self._gradients[call.name] = rms(gradient) / scale

        raw.register_hook(arrived)

    def _scale(self) -> float:
        given = self.loss_scale
        if given is None:
            return 1.0
        return float(given.get_scale()) if hasattr(given, "get_scale") else float(given)

    # Steps

    def __enter__(self) -> "Recorder":
        self._watch.start()
        self._running = True
        return self

    def __exit__(self, kind: Optional[type], *_: object) -> None:
        self._running = False
        self._watch.stop()
        self._forget()
        if kind is not None or not self.losses:
            return
        if self.data is not None and self._last_inspected() != len(self.losses):
            self.inspect(self.data, self.criterion)
        if self.validation is not None:
            self.validate(self.validation, self.criterion)

    @contextmanager
    def step(self, loss: Any = None, *, unscaled: bool = False) -> Iterator[None]:
        """
        Around the update, after ``backward``.

        :param loss: of this step, not scaled; where left out, the ``loss`` of the model's output
        :param unscaled: whether the gradients were divided by the loss scale already (``scaler.unscale_``)
        """
        self.begin_step(loss, unscaled=unscaled)
        yield
        self.end_step()

    def begin_step(self, loss: Any = None, *, unscaled: bool = False) -> None:
        """As ``step``, where the update is not in one block: before it."""
        if not self._running:
            raise RuntimeError("the recorder is not running; write: with Recorder(model) as recorder: ...")
        step = len(self.losses)
        # Full passes lie before the update, but after this step's outputs: those of the pass are not recorded.
        if self.data is not None and self._is_due(step):
            self.inspect(self.data, self.criterion)
            self._measure_noise(step)
        scale = 1.0 if unscaled else self._scale()
        loss = self._watch.own_loss if loss is None else loss
        if loss is None:
            raise ValueError("no loss: give it, recorder.step(loss); the model's output has no `loss` of its own")
        old: Dict[str, Tuple[torch.Tensor, float]] = {}
        if step % self.every == 0:
            self._note_layers(step)
            for one in self._owned:
                gradient = one.parameter.grad
                if one.parameter.requires_grad:
                    size = 0.0 if gradient is None else float(norm(gradient)) / scale
                    old[one.name] = (one.parameter.detach().clone(), size)
        self.losses.append(_number(float(loss)))
        self.norms.append(_number(total_norm(one.parameter.grad for one in self._owned) / scale))
        self._open = (step, old)

    def end_step(self) -> None:
        """After the update."""
        if self._open is None:
            raise RuntimeError("end_step without begin_step")
        (step, old), self._open = self._open, None
        for one in self._owned:
            if one.name in old:
                before, gradient = old[one.name]
                weight, change = float(norm(before)), float(norm(one.parameter.detach() - before))
                ratio = change / weight if weight > 0 else math.nan
                self._put(one.layer, one.tensor, "l2_norm", step, weight)
                self._put(one.layer, f"{one.tensor}.gradient", "l2_norm", step, gradient)
                self._put(one.layer, f"{one.tensor}.update", "l2_norm", step, change)
                self._put(one.layer, f"{one.tensor}.update", "ratio_to_weight", step, ratio)
        self._forget()

    def _put(self, layer: Optional[str], tensor: Optional[str], metric: str, step: int, value: float) -> None:
        self._rows.setdefault((layer, tensor, metric), {})[step] = _number(value)

    def _note_layers(self, step: int) -> None:
        if not self._watch.calls:
            if not self._layers:
                warnings.warn("no forward pass in training mode was seen before this step", stacklevel=4)
            return
        self._probed.append(step)
        self._layers.update(self._watch.calls)
        for name in self._watch.calls:
            self._put(name, "output", "rms", step, self._outputs[name])
            # A layer on which the loss does not depend gets no gradient at all.
            self._put(name, "output_gradient", "rms", step, self._gradients.get(name, 0.0))

    # Full passes

    def _last_inspected(self) -> int:
        return self._inspections[-1][0] if self._inspections else -1

    def _is_due(self, step: int) -> bool:
        return self._last_inspected() < 0 or step >= max(2 * self._last_inspected(), self.every)

    def inspect(self, batches: Iterable[Any], criterion: Optional[Criterion] = None) -> Inspection:
        """
        A full pass over data in inference mode. Units count as dead or saturated where the last two passes say so.

        :param batches: of (inputs, targets), or of inputs, or of mappings for ``model(**batch)``
        """
        running, self._running = self._running, False
        try:
            found = inspect(self.model, self._homes, batches, criterion)
        finally:
            self._running = running
        self._inspections.append((len(self.losses), found))
        for name, rank in found.ranks.items():
            self._put(name, "output", "effective_rank", len(self.losses), rank)
        return found

    def validate(self, batches: Iterable[Any], criterion: Optional[Criterion] = None) -> Inspection:
        """Loss and accuracy of samples that are not trained on."""
        self._validated = inspect(self.model, {}, batches, criterion, units=False)
        return self._validated

    def _measure_noise(self, step: int) -> None:
        running, self._running = self._running, False
        try:
            value = signal_to_noise(self.model, self.data or [], self.criterion)
        finally:
            self._running = running
        if value is not None:
            self._put(None, None, "gradient_signal_to_noise", step, min(value, _BOUNDLESS))

    # What comes out

    @property
    def coverage(self) -> Coverage:
        return coverage(self._owned, {name.partition("#")[0] for name in self._layers})

    def _layer_rows(self) -> List[Dict[str, Any]]:
        trained: Dict[str, int] = {}
        for one in self._owned:
            if one.parameter.requires_grad:
                trained[one.layer] = trained.get(one.layer, 0) + one.parameter.numel()
        rows = [
            {"name": name, "type": call.kind, "output_shape": call.shape, "parameters": trained.get(name, 0),
             "activation": call.activation, "is_output": call.is_output}
            for name, call in self._layers.items()
        ]  # fmt: skip
        # Without an output there is nothing to compare over depth; their updates are there all the same.
        missing = [layer for layer in dict.fromkeys(one.layer for one in self._owned) if layer not in self._layers]
        return rows + [{"name": layer, "type": "not_called", "output_shape": [1]} for layer in missing]

    def trace(self) -> Dict[str, Any]:
        """The training as the JSON of POST /v1/diagnoses, one of its ``traces``."""
        if not self.losses:
            raise RuntimeError("no step was recorded: wrap optimizer.step() in `with recorder.step(loss):`")
        if self.coverage.fraction < ENOUGH:
            warnings.warn(f"{self.coverage}; a diagnosis may miss what is wrong there", stacklevel=2)
        series = []
        for (layer, tensor, metric), values in self._rows.items():
            over_depth = tensor in ("output", "output_gradient") and metric == "rms"
            steps = self._probed if over_depth else sorted(values)
            series.append({"layer": layer, "tensor": tensor, "metric": metric, "steps": steps,
                           "values": [values.get(step) for step in steps]})  # fmt: skip
        passes = [{"step": step, **units} for step, found in self._inspections for units in found.units
                  if units["layer"] in self._layers]  # fmt: skip
        trace: Dict[str, Any] = {"seed": self.seed, "layers": self._layer_rows(), "series": series,
                                 "losses": self.losses, "gradient_norms": self.norms, "unit_passes": passes}  # fmt: skip
        return {**trace, **{key: value for key, value in self._summary().items() if value is not None}}

    def _summary(self) -> Dict[str, Any]:
        if not self._inspections:
            return {} if self._validated is None else self._validation()
        (at, first), (_, last) = self._inspections[0], self._inspections[-1]
        return {
            "initial_loss": _number(first.loss) if at == 0 else None,
            "final_loss": _number(last.loss) if self._last_inspected() == len(self.losses) else None,
            "constant_loss": last.constant_loss,
            "input_rms": _number(last.input_rms),
            "class_counts": last.class_counts,
            "class_recall": last.class_recall,
            **self._validation(),
        }

    def _validation(self) -> Dict[str, Any]:
        found = self._validated
        return {} if found is None else {"validation_loss": _number(found.loss), "validation_accuracy": found.accuracy}

    def save(self, path: str) -> None:
        """Writes the body of POST /v1/diagnoses."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traces": [self.trace()]}, file, allow_nan=False)
