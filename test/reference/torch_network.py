"""Networks of the wire format in PyTorch, written from the contract; shares nothing with src/."""

import math

import torch

import torch_convolutions
import torch_layers
import torch_masks
import torch_merges
import torch_resampling
import torch_sequences
from torch_numbers import rounded

MODULES = (torch_merges, torch_layers, torch_convolutions, torch_resampling, torch_sequences)


def layer_function(kind):
    return next(getattr(module, kind) for module in MODULES if hasattr(module, kind))


class Layer:
    """One layer in its place: its name, its options, the layers inside it, and its parameters in the network."""

    def __init__(self, network, name, options, body, sources):
        self.network, self.name, self.options, self.body, self.sources = network, name, options, body, sources
        self.function = layer_function(options["type"])
        # Whose parameters it has, and the layer whose kernel is its own turned around.
        self.owner, self.tied = name, None

    def option(self, key, default):
        return self.options.get(key, default)

    def parameter(self, tensor, *shape):
        return self.network.parameter(f"{self.owner}/{tensor}", shape)

    def state(self, tensor, initial):
        return self.network.states.setdefault(f"{self.owner}/{tensor}", initial)

    def move(self, tensor, value, momentum):
        """The state follows `value` when the step is done."""
        self.network.moves.setdefault(f"{self.owner}/{tensor}", []).append((value, momentum))

    def share(self, other):
        """Its parameters are those of the other one, also in the layers inside."""
        self.owner, self.tied = other.owner, other.tied
        for inner, theirs in zip(self.body, other.body):
            inner.share(theirs)

    def again(self, name, sources):
        """The same layer once more, on other inputs."""
        inside = {}
        for inner in self.body:
            inside[inner] = inner.again(f"{name}.{inner.name}", [inside.get(source, source) for source in inner.sources])
        copy = Layer(self.network, name, self.options, list(inside.values()), sources)
        copy.share(self)
        return copy


class Network:
    """`source(name, shape)` gives the float64 values of a parameter when the first forward pass asks for it."""

    def __init__(self, layers, source, dtype=torch.float64):
        self.source, self.dtype = source, dtype
        self.parameters, self.states = {}, {}
        self.layers = self.place(layers, [({}, {})], None)

    def place(self, configs, scopes, given):
        """The layers, `repeat` expanded, each with its sources: layers, or names of inputs. `scopes` count what was seen
        of each type and name: in the copy of a `repeat`, in those around it, and in the whole network. `given` is what the
        list takes in, where that is not an input by name."""

        def count(counts, key):
            counts[key] = counts.get(key, 0) + 1
            return f"{key}_{counts[key]}"

        placed, known, last = [], {}, given
        if given is not None:
            known["input"] = given
        for config in configs:
            # Names that no layer has are the network's inputs.
            sources = [known.get(name, name) for name in config["inputs"]] if "inputs" in config else [last or "input"]
            if config["type"] == "repeat":
                last = sources[0]
                for _ in range(config["times"]):
                    copy = self.place(config["layers"], [({}, {}), *scopes], last)
                    if config.get("shared"):
                        first = copy if last is sources[0] else first
                        for layer, other in zip(copy, first):
                            layer.share(other)
                    for layer in copy:
                        known[layer.names[1]], layer.names = layer, layer.names[1:]
                    placed, last = placed + copy, copy[-1]
                known.setdefault(config.get("name"), last)
                continue
            names = []
            for depth, (types, given_names) in enumerate(scopes):
                name = count(types, config["type"])
                if "name" in config:
                    name = count(given_names, config["name"]) if depth > 0 else config["name"]
                names.append(name)
            if config["type"] == "shared":
                last = known[config["layer"]].again(names[-1], sources)
            else:
                body = self.place(config.get("layers", []), scopes, "input")
                last = Layer(self, names[-1], config, body, sources)
                last.tied = known[config["tied_to"]] if config.get("tied_to") else None
            last.names, known[names[0]] = names, last
            placed.append(last)
        return placed

    def parameter(self, name, shape):
        if name not in self.parameters:
            value = self.source(name, shape).to(self.dtype)
            assert list(value.shape) == list(shape), name
            self.parameters[name] = value.clone().requires_grad_()
        return self.parameters[name]

    def forward(self, x, training=True):
        """The prediction. Leaves every layer's output in `outputs`, what went into and came out of it in `calls`, how
        the states move in `moves`, and in `pieces` how often each piece of a kinked activation was met."""
        self.training = training
        self.outputs, self.calls, self.moves, self.pieces, self.penalties, self.judged = {}, [], {}, {}, [], []
        return self.sequence(self.layers, x)

    def sequence(self, layers, inputs, mask=None):
        """The last layer's output, whose mask is in `mask`. `inputs` are tensors by name, or the one that is called input
        and has this mask."""
        values = dict(inputs) if isinstance(inputs, dict) else {"input": inputs}
        masks = {name: mask for name in values}
        for layer in layers:
            layer.taken = taken = [values[source] for source in layer.sources]
            layer.masks = [masks[source] for source in layer.sources]
            y = layer.function(layer, *taken)
            # A layer that gave back what it got would share its gradient with the layer before.
            y = y.clone() if any(y is x for x in taken) else y
            self.outputs[layer.name] = values[layer] = y
            masks[layer] = torch_masks.mask_after(layer, taken, layer.masks, y)
            self.calls.append((layer, taken[0], y))
        self.mask = masks[layers[-1]]
        return values[layers[-1]]

    def update_states(self):
        for name, moves in self.moves.items():
            for value, momentum in moves:
                self.states[name] = momentum * self.states[name] + (1 - momentum) * value


def drawing(random, gain):
    """A source of random parameters; kernels spread by `gain`/√(inputs of a unit)."""

    def draw(name, shape):
        noise = torch.randn(*shape, generator=random, dtype=torch.float64)
        tensor = name.split("/")[-1]
        if tensor.endswith("kernel"):
            noise *= gain / math.sqrt(inputs_of_unit(shape))
        elif tensor == "gamma":
            noise = 1 + 0.3 * noise
        elif tensor == "slope":
            noise = 0.25 + 0.1 * noise
        elif tensor != "table":
            noise *= 0.3
        return rounded(noise)

    return draw


def inputs_of_unit(shape):
    """Of a kernel [in, out], or [out, in, …window]."""
    return math.prod(shape[1:]) if len(shape) > 2 else shape[0]
