"""from_torch of models with several outputs: tuples, lists and dictionaries of tensors, each with a loss of its own."""
import unittest

import torch
from torch import nn

import gradclinic

X = torch.randn(12, 4, generator=torch.Generator().manual_seed(3))


class Heads(nn.Module):
    """The outputs as a tuple, a list or a dictionary."""

    def __init__(self, kind=tuple):
        super().__init__()
        torch.manual_seed(5)
        self.kind, self.body = kind, nn.Linear(4, 6)
        self.group, self.answer, self.box = nn.Linear(6, 3), nn.Linear(6, 1), nn.Linear(6, 2)

    def forward(self, x):
        y = torch.relu(self.body(x))
        ends = {"group": self.group(y), "answer": self.answer(y), "box": self.box(y)}
        return ends if self.kind is dict else self.kind(ends.values())


class Tagger(nn.Module):
    """A label for every word and one for the sentence."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(6)
        self.table, self.lstm = nn.Embedding(9, 4), nn.LSTM(4, 5, batch_first=True)
        self.intent, self.slots = nn.Linear(5, 3), nn.Linear(5, 4)

    def forward(self, tokens):
        y, _ = self.lstm(self.table(tokens))
        return self.intent(y[:, -1]), self.slots(y)


class Outputs(unittest.TestCase):
    client = gradclinic.Client()

    def first_loss(self, converted, inputs, targets):
        data = {"type": "inline", "inputs": inputs.tolist(), "targets": targets, "validation_split": 0}
        training = {"optimizer": "sgd", "batch_size": len(inputs), "steps": 1}
        body = converted.experiment(data, training, remedies={"verify": False}, diagnostics={"probe_every": 1})
        losses = self.client.submit(body).wait(progress=False).statistics(metric="loss")
        return next(row["value"] for row in losses if row["step"] == 0)

    def test_the_loss_is_the_sum_of_those_of_the_modules(self):
        groups = torch.arange(12) % 3
        answers, boxes = (X[:, :1] > 0).float(), X[:, 1:3]
        criteria = [nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.HuberLoss(delta=0.5)]
        targets = [[int(g), float(a), *b] for g, a, b in zip(groups, answers, boxes.tolist())]
        for kind in (tuple, list, dict):
            model = Heads(kind)
            with torch.no_grad():
                ends = model(X)
                ends = list(ends.values()) if kind is dict else ends
                expected = float(sum(criterion(end, target) for criterion, end, target in zip(criteria, ends, (groups, answers, boxes))))
            converted = gradclinic.from_torch(model, X, criterion=criteria)
            self.assertEqual(converted.network["layers"][-1]["type"], "outputs")
            self.assertIn("group, answer, box" if kind is dict else "0, 1, 2", "".join(converted.warnings))
            found = self.first_loss(converted, X, targets)
            self.assertAlmostEqual(found, expected, delta=1e-5 * expected)

    def test_classes_of_words_and_of_the_sentence(self):
        tokens = torch.arange(60).reshape(12, 5) * 7 % 9
        intents, slots = torch.arange(12) % 3, tokens % 4
        model = Tagger()
        with torch.no_grad():
            sentence, words = model(tokens)
            expected = float(nn.CrossEntropyLoss()(sentence, intents) + nn.CrossEntropyLoss()(words.transpose(1, 2), slots))
        converted = gradclinic.from_torch(model, tokens, criterion=[nn.CrossEntropyLoss(), nn.CrossEntropyLoss()])
        found = self.first_loss(converted, tokens, [[int(a), *b] for a, b in zip(intents, slots.tolist())])
        self.assertAlmostEqual(found, expected, delta=1e-5 * expected)

    def test_what_cannot_be_expressed(self):
        weighed = nn.CrossEntropyLoss(weight=torch.ones(3))
        for criteria, why in (([weighed, nn.MSELoss()], "class_weights"), ([nn.MSELoss()], "by itself")):
            with self.assertRaises(gradclinic.CannotConvert) as caught:
                gradclinic.from_torch(Heads(), X, criterion=criteria)
            self.assertIn(why, str(caught.exception))

        class Pair(nn.Module):
            def forward(self, x):
                return x.relu(), 3

        with self.assertRaises(gradclinic.CannotConvert) as caught:
            gradclinic.from_torch(Pair(), X)
        self.assertIn("output 1: it is no tensor of a layer", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
