"""Modules in the manner of published ones: by the walk over modules where it reaches, else by way of their ONNX files."""
import math
import unittest

import torch
import torch.nn.functional as F
from torch import nn

import gradclinic

from .comparison import Comparison


class Pyramid(nn.Module):
    """Lin et al. 2017, and a decoder: sizes of another map, copies and straight lines between corners."""

    def __init__(self):
        super().__init__()
        self.fine, self.coarse, self.up = nn.Conv2d(2, 4, 3, 1, 1), nn.Conv2d(4, 4, 3, 2, 1), nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)

    def forward(self, x):
        a = F.relu(self.fine(x))
        b = self.coarse(a)
        return F.interpolate(b, size=a.shape[-2:], mode="nearest") + self.up(b)


class SuperResolution(nn.Module):
    """Shi et al. 2016: pixels from channels; VGG's pooling to a fixed size behind it."""

    def __init__(self):
        super().__init__()
        self.conv, self.shuffle, self.pool = nn.Conv2d(1, 8, 3, 1, 1), nn.PixelShuffle(2), nn.AdaptiveAvgPool2d((4, 3))

    def forward(self, x):
        return self.pool(self.shuffle(self.conv(x)))


class LanguageModel(nn.Module):
    """pytorch/examples: tied weights, states of zeros; the largest of the steps beside their mean (Howard & Ruder 2018)."""

    def __init__(self):
        super().__init__()
        self.encoder, self.rnn, self.decoder = nn.Embedding(9, 6), nn.LSTM(6, 6, 2, batch_first=True), nn.Linear(6, 9)
        self.decoder.weight = self.encoder.weight
        self.head = nn.Linear(18, 2)

    def forward(self, x):
        states = (torch.zeros(2, x.size(0), 6), torch.zeros(2, x.size(0), 6))
        steps = self.decoder(self.rnn(self.encoder(x), states)[0])
        return self.head(torch.cat([steps.mean(1), torch.max(steps, 1)[0]], 1))


class GatedConvolutions(nn.Module):
    """Dauphin et al. 2017."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.utils.weight_norm(nn.Conv1d(2, 4, 3, padding=1)) for _ in range(2)])

    def forward(self, x):
        for conv in self.convs:
            x = x + F.glu(conv(x), dim=1)
        return x.mean(2)


class TransformerModel(nn.Module):
    """The tutorial of PyTorch: nn.TransformerEncoder with a square mask."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(9, 8), nn.Linear(8, 3)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 1)

    def forward(self, tokens):
        x = self.embedding(tokens) * math.sqrt(8)
        return self.head(self.encoder(x, torch.triu(torch.full((x.size(1), x.size(1)), float("-inf")), diagonal=1)))


class Similarities(nn.Module):
    """Products of all pairs of time steps."""

    def __init__(self):
        super().__init__()
        self.query, self.head = nn.Linear(6, 4), nn.Linear(5, 2)

    def forward(self, x):
        q = self.query(x)
        return self.head(torch.einsum("btf,bsf->bts", q, q))


def tokens():
    return torch.randint(0, 9, (8, 5), generator=torch.Generator().manual_seed(4))


class SameOutputs(Comparison, unittest.TestCase):
    def x(self, *shape):
        return torch.randn(8, *shape, generator=torch.Generator().manual_seed(2))

    def test_larger_images(self):
        self.same(nn.Sequential(Pyramid(), nn.Flatten()), self.x(2, 6, 8))
        self.same(nn.Sequential(SuperResolution(), nn.Flatten()), self.x(1, 4, 3))

    def test_tied_weights_and_states_of_zeros(self):
        converted = self.same(LanguageModel(), tokens())
        self.assertEqual(converted.warnings, ())
        self.assertEqual([layer["tied_to"] for layer in converted.network["layers"] if "tied_to" in layer], ["encoder"])

    def test_gates(self):
        converted = self.same(GatedConvolutions(), self.x(2, 6))
        self.assertRegex(str(converted.warnings), "convs.0: the norm of its weights is left out")

    def test_transformers_of_the_library(self):
        self.same(TransformerModel(), tokens())

    def test_by_way_of_its_onnx_file(self):
        model = Similarities()
        with self.assertRaisesRegex(gradclinic.CannotConvert, r"einsum.*\n.*client="):
            gradclinic.from_torch(model, self.x(5, 6))
        converted = self.same(model, self.x(5, 6), client=self.client)
        self.assertRegex(converted.warnings[0], "ONNX")
        self.assertEqual(sum(value.numel() for value in converted.weights.values()), sum(p.numel() for p in model.parameters()))

    def test_ids_without_an_axis(self):
        with self.assertRaisesRegex(gradclinic.CannotConvert, r"input 1: it has no axis behind the batch"):
            gradclinic.from_torch(nn.Embedding(3, 2), torch.tensor([0, 1]))

    def test_what_neither_way_can_express(self):
        class Sorted(nn.Module):
            def forward(self, x):
                return torch.cumsum(x, 1)

        with self.assertRaisesRegex(gradclinic.CannotConvert, r"cumsum: .*\n.*of its ONNX file: .*CumSum"):
            gradclinic.from_torch(Sorted(), self.x(3), client=self.client)


if __name__ == "__main__":
    unittest.main()
