"""Callbacks of Keras, Lightning and the Trainer of Hugging Face: they record a training and end in ``diagnose(client)``."""
from __future__ import annotations

import math
from importlib import import_module
from typing import Any, Dict, List, Optional, Tuple

from .client import Client
from .results import Diagnosis


def _base(*places: Tuple[str, str]) -> Any:
    """The framework's own class of callbacks where it is installed; they ask for it by isinstance."""
    for module, name in places:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    return object


class _Diagnosed:
    """What all have: `recorder`, once the training has begun."""

    recorder: Any = None

    def diagnose(self, client: Optional[Client] = None, experiment: Optional[Dict[str, Any]] = None) -> Diagnosis:
        if self.recorder is None:
            raise RuntimeError("nothing was recorded: hand the callback to the training, and run it")
        return (client or Client()).diagnose(self.recorder, experiment)


class LightningCallback(_Diagnosed, _base(("lightning.pytorch", "Callback"), ("pytorch_lightning", "Callback"))):  # type: ignore[misc]
    """``Trainer(callbacks=[LightningCallback(data=loader, criterion=...)])``; options are those of Recorder."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options, self._loss, self._open = options, None, False

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        from .recorder import Recorder

        scaler = getattr(getattr(trainer, "precision_plugin", None), "scaler", None)
        self.recorder = Recorder(pl_module, **{"loss_scale": scaler, **self._options})
        self.recorder.__enter__()

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        self._loss = loss.detach()

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any, *_: Any) -> None:
        self._close()
        # Lightning divides the loss by the number of accumulated batches.
        loss = None if self._loss is None else self._loss * getattr(trainer, "accumulate_grad_batches", 1)
        # Its precision plugin unscales before this hook.
        self.recorder.begin_step(loss, unscaled=True)
        self._open = True

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self.recorder.end_step()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._close()
        self.recorder.__exit__(None, None, None)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        if self.recorder is not None:
            self.recorder.__exit__(type(exception), exception, None)


class TransformersCallback(_Diagnosed, _base(("transformers", "TrainerCallback"))):  # type: ignore[misc]
    """
    ``Trainer(callbacks=[TransformersCallback()])``, transformers 4.41 or newer (``on_pre_optimizer_step``).

    Gradients are seen after clipping: the Trainer clips before it calls.
    """

    def __init__(self, **options: Any) -> None:
        self._options, self._open = options, False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):  # the Trainer calls every event
            return lambda *_, **__: None
        raise AttributeError(name)

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        from .recorder import Recorder

        self.recorder = Recorder(model, **self._options)
        self.recorder.__enter__()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.recorder.begin_step(unscaled=True)
        self._open = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._open:
            self._open = False
            self.recorder.end_step()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.on_step_end(args, state, control)
        self.recorder.__exit__(None, None, None)


_KERAS = {"Dense": "dense", "Conv1D": "conv1d", "Conv2D": "conv2d", "LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn",
          "Embedding": "embedding", "BatchNormalization": "batch_norm", "LayerNormalization": "layer_norm",
          "MultiHeadAttention": "multi_head_attention"}  # fmt: skip
_KERAS_TENSORS = {"embeddings": "table"}


class KerasCallback(_Diagnosed, _base(("keras.callbacks", "Callback"), ("tensorflow.keras.callbacks", "Callback"))):  # type: ignore[misc]
    """
    ``model.fit(..., callbacks=[KerasCallback()])``.

    Keras tells a callback losses and weights, not gradients: the checks that need gradients or outputs are not evaluable.
    """

    def __init__(self, every: int = 10) -> None:
        super().__init__()
        self.every, self.losses = every, []  # type: int, List[Optional[float]]
        self._rows: Dict[Tuple[str, str, str], Tuple[List[int], List[Optional[float]]]] = {}
        self._validation: Dict[str, float] = {}
        self._old: Dict[Tuple[str, str], Any] = {}
        self._mean: Tuple[float, int] = (0.0, 0)

    def set_model(self, model: Any) -> None:
        self._model = model

    def set_params(self, params: Any) -> None:
        self.params = params

    def on_train_begin(self, logs: Any = None) -> None:
        self.recorder = self

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._mean = (0.0, 0)

    def _weights(self) -> Dict[Tuple[str, str], Any]:
        import numpy

        found: Dict[Tuple[str, str], Any] = {}
        for layer in self._model.layers:
            for weight in layer.trainable_weights:
                name = weight.name.split("/")[-1].split(":")[0]
                value = weight.numpy() if hasattr(weight, "numpy") else numpy.asarray(weight)
                found[(layer.name, _KERAS_TENSORS.get(name, name))] = numpy.array(value, "float64")
        return found

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._old = self._weights() if len(self.losses) % self.every == 0 else {}

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        step = len(self.losses)
        # Keras gives the mean over the epoch so far.
        told = float((logs or {}).get("loss", math.nan))
        mean, count = self._mean
        loss = told * (count + 1) - mean * count
        self._mean = (told, count + 1)
        self.losses.append(loss if math.isfinite(loss) else None)
        new = self._weights() if self._old else {}
        for (layer, tensor), old in self._old.items():
            norm, change = float((old**2).sum() ** 0.5), float(((new[(layer, tensor)] - old) ** 2).sum() ** 0.5)
            self._put(layer, tensor, "l2_norm", step, norm)
            self._put(layer, f"{tensor}.update", "l2_norm", step, change)
            self._put(layer, f"{tensor}.update", "ratio_to_weight", step, change / norm if norm > 0 else math.nan)

    def _put(self, layer: str, tensor: str, metric: str, step: int, value: float) -> None:
        steps, values = self._rows.setdefault((layer, tensor, metric), ([], []))
        steps.append(step)
        values.append(value if math.isfinite(value) else None)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        told = logs or {}
        names = {"validation_loss": "val_loss", "validation_accuracy": "val_accuracy"}
        self._validation = {ours: float(told[theirs]) for ours, theirs in names.items()
                            if theirs in told and math.isfinite(told[theirs])}  # fmt: skip

    def trace(self) -> Dict[str, Any]:
        """As of Recorder."""
        layers = []
        for layer in self._model.layers:
            shape = getattr(getattr(layer, "output", None), "shape", None) or getattr(layer, "output_shape", None) or (None, 1)
            sizes = [int(size) if size else 1 for size in tuple(shape)[1:]] or [1]
            kind = _KERAS.get(type(layer).__name__, type(layer).__name__.lower())
            if len(sizes) == 3:
                sizes = [sizes[2], *sizes[:2]]  # the service has the channels first
            layers.append({"name": layer.name, "type": kind, "output_shape": sizes,
                           "parameters": sum(int(math.prod(w.shape)) for w in layer.trainable_weights)})  # fmt: skip
        if layers:
            layers[-1]["is_output"] = True
        series = [{"layer": layer, "tensor": tensor, "metric": metric, "steps": steps, "values": values}
                  for (layer, tensor, metric), (steps, values) in self._rows.items()]  # fmt: skip
        return {"layers": layers, "series": series, "losses": self.losses, **self._validation}
