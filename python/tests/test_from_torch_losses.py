"""from_torch with a loss module: the service's loss at the model's weights is that of the module."""
import unittest

import torch
from torch import nn

import gradclinic

X = torch.randn(12, 4, generator=torch.Generator().manual_seed(3))
NUMBERS = torch.rand(12, 3, generator=torch.Generator().manual_seed(4)) * 4
CLASSES = torch.arange(12) % 3
ANSWERS = (NUMBERS > 2).float()


def network(*end):
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3), *end)


class Losses(unittest.TestCase):
    client = gradclinic.Client()

    def same(self, model, criterion, targets):
        with torch.no_grad():
            expected = float(criterion(model(X), targets))
        converted = gradclinic.from_torch(model, X, criterion=criterion)
        data = {"type": "inline", "inputs": X.tolist(), "targets": targets.tolist(), "validation_split": 0}
        training = {"optimizer": "sgd", "batch_size": 12, "steps": 1}
        body = converted.experiment(data, training, remedies={"verify": False}, diagnostics={"probe_every": 1})
        # The loss of the first step is that of the whole batch, weights of classes and smoothed labels included.
        job = self.client.submit(body).wait(progress=False)
        losses = job.statistics(metric="loss")
        found = next(row["value"] for row in losses if row["step"] == 0)
        self.assertAlmostEqual(found, expected, delta=1e-5 * max(1, abs(expected)))

    def test_of_values(self):
        self.same(network(), nn.HuberLoss(delta=0.7), NUMBERS)

    def test_of_classes_with_weights(self):
        self.same(network(), nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.5, 0.4])), CLASSES)

    def test_of_smoothed_classes(self):
        self.same(network(), nn.CrossEntropyLoss(label_smoothing=0.1), CLASSES)

    def test_of_logarithms(self):
        self.same(network(nn.LogSoftmax(dim=1)), nn.NLLLoss(), CLASSES)

    def test_of_answers(self):
        self.same(network(), nn.BCEWithLogitsLoss(), ANSWERS)

    def test_names_of_the_others(self):
        told = {nn.MSELoss: "mean_squared_error", nn.L1Loss: "mean_absolute_error", nn.BCELoss: "binary_cross_entropy"}
        for kind, name in told.items():
            self.assertEqual(gradclinic.from_torch(network(), X, criterion=kind()).training, {"loss": name})

    def test_what_cannot_be_expressed(self):
        for criterion, why in (
            (nn.CrossEntropyLoss(reduction="sum"), "reduction='sum'"),
            (nn.CrossEntropyLoss(ignore_index=0), "weight 0"),
            (nn.BCEWithLogitsLoss(pos_weight=torch.ones(3)), "pos_weight"),
            (nn.SmoothL1Loss(beta=0.5), "HuberLoss"),
            (nn.CTCLoss(), "CTCLoss: the service has no loss for it"),
        ):
            with self.assertRaisesRegex(gradclinic.CannotConvert, why):
                gradclinic.from_torch(network(), X, criterion=criterion)


if __name__ == "__main__":
    unittest.main()
