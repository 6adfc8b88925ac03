"""What comes out of the service's network against what the model in PyTorch gives."""
import torch

import gradclinic

#: Of the outputs, relative to the largest.
TOLERANCE = 1e-5


def shaken(model):
    """Weights, running averages and norms other than at the start."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            # Masks and sinusoids in buffers stay what they are.
            if tensor.requires_grad or "running_" in name:
                noise = torch.rand(tensor.shape, generator=generator)
                tensor.copy_(tensor + 0.2 * noise)
    return model.eval()


class Comparison:
    """The loss against the model's own outputs, at these weights: the mean square of the differences."""

    client = gradclinic.Client()

    def same(self, model, *samples, client=None):
        shaken(model)
        with torch.no_grad():
            y = model(*samples)
        converted = gradclinic.from_torch(model, samples, client)
        inputs = [x.tolist() for x in samples]
        named = dict(zip(converted.network.get("inputs", {}), inputs)) if len(inputs) > 1 else inputs[0]
        data = {"type": "inline", "inputs": named, "targets": y.tolist(), "validation_split": 0, "shuffle": False}
        training = {"loss": "mean_squared_error", "optimizer": {"type": "sgd", "learning_rate": 1e-9}, "batch_size": len(samples[0]),
                    "steps": 1}  # fmt: skip
        body = converted.experiment(data, training, remedies={"verify": False}, diagnostics={"probe_every": 1})
        report = self.client.submit(body).wait(progress=False).result()
        loss = report.raw["baseline"]["runs"][0]["initial_loss"]
        self.assertLess(loss**0.5, TOLERANCE * float(y.abs().max()), converted.network)
        self.assertGreater(float(y.std()), 1e-3)
        return converted
