"""from_torch: what comes out of the service's network equals what the model in PyTorch gives; what cannot be expressed is named."""
import unittest

import torch
import torch.nn.functional as F
from torch import nn

import gradclinic

from .comparison import Comparison

class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU(), nn.Conv2d(8, 8, 1))
        self.down = nn.Conv2d(16, 6, (3, 2), stride=2, padding=1, groups=2)
        self.gate = nn.Linear(6, 6)
        self.scale = nn.Parameter(torch.ones(6, 1, 1))
        self.head = nn.Linear(6 * 4, 3)

    def forward(self, x):
        h = F.relu(self.norm(self.conv(x)))
        h = F.max_pool2d(h, 2)
        h = torch.cat([F.gelu(h + self.block(h)), h * 0.5 - 1], dim=1)
        h = self.down(h) * self.scale
        gate = torch.sigmoid(self.gate(h.mean((2, 3))))
        h = h * gate.view(h.size(0), 6, 1, 1)
        return self.head(F.dropout(F.max_pool2d(h, (1, 2), stride=1).flatten(1), 0.1, self.training))


class Block(nn.Module):
    """Pre-norm attention with a learned position."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 8)
        self.place = nn.Parameter(torch.randn(1, 6, 8))
        self.n1, self.n2, self.n3 = nn.LayerNorm(8), nn.LayerNorm(8), nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.up, self.down, self.head = nn.Linear(8, 16), nn.Linear(16, 8), nn.Linear(8, 5)

    def forward(self, tokens):
        h = self.table(tokens) + self.place
        n = self.n1(h)
        h = h + self.attention(n, n, n, need_weights=False)[0]
        h = h + self.down(F.gelu(self.up(self.n2(h))))
        return self.head(self.n3(h).mean(1))


class Backwards(nn.Module):
    """A recurrent layer from the last time step to the first, and its own input turned around."""

    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.GRU(3, 5, batch_first=True), nn.Linear(5, 3)

    def forward(self, x):
        h, _ = self.rnn(torch.flip(x, [1]))
        return self.head(h.flip(1)) + x.flip(1, -1)


class Normalized(nn.Module):
    """A forecast of a series by its trend and the rest, each sample in its own scale (DLinear, reversible normalization)."""

    def __init__(self):
        super().__init__()
        self.trend, self.rest = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, x):
        mean = x.mean(1, keepdim=True).detach()
        deviation = torch.sqrt(torch.var(x, dim=1, keepdim=True, unbiased=False) + 1e-5).detach()
        x = (x - mean) / deviation
        padded = torch.cat([x[:, 0:1].repeat(1, 1, 1), x, x[:, -1:].expand(-1, 2, -1)], 1)
        trend = F.avg_pool1d(padded.permute(0, 2, 1), 4, 1).permute(0, 2, 1)
        y = self.trend(trend.permute(0, 2, 1)) + self.rest((x - trend).permute(0, 2, 1))
        return y.permute(0, 2, 1) * deviation + mean


class Functions(nn.Module):
    """Functions of numbers, sums and spreads over some axes, copies, and modules that are written as functions."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.rand(6)), nn.Parameter(torch.rand(6))
        self.kernel = nn.Parameter(torch.rand(4, 6))

    def forward(self, x):
        h = F.layer_norm(x, (6,), self.weight, self.bias, 1e-5)
        h = torch.exp(h.clamp(-1, 1)) + h.abs().pow(1.5) + 2 / (1 + h**2)
        spread = h.std(1, keepdim=True) + h.var((1, 2), keepdim=True) + h.sum(1, keepdim=True)
        h = torch.cat([h, spread.expand(-1, 3, -1), h.repeat_interleave(2, 1)], 1)
        return F.linear(h.amax((1,)), self.kernel)


class Volumes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv3d(2, 4, (3, 2, 3), stride=(1, 2, 1), padding=(1, 0, 1)), nn.BatchNorm3d(4)
        self.pool, self.second = nn.MaxPool3d((2, 1, 2)), nn.Conv3d(4, 3, 1)
        self.mean, self.head = nn.AdaptiveAvgPool3d(1), nn.Linear(3, 2)

    def forward(self, x):
        h = self.second(self.pool(F.relu(self.norm(self.conv(x)))))
        return self.head(self.mean(h).flatten(1) + h.amax((2, 3, 4)))


class Styled(nn.Module):
    """Norms of every channel of an image and of a sequence, by themselves."""

    def __init__(self):
        super().__init__()
        self.first, self.conv = nn.InstanceNorm2d(2, affine=True), nn.Conv2d(2, 4, 3)
        self.second, self.head = nn.InstanceNorm1d(4, affine=True), nn.Linear(16, 3)

    def forward(self, x):
        h = self.second(self.conv(self.first(x)).flatten(2))
        return self.head(torch.cat([F.log_softmax(h.transpose(1, 2), -1).mean(1), h[:, :, :3].flatten(1)], 1))


class Optional_(nn.Module):
    """As language models are often written: what is not given is None, and what is given back besides the output, too."""

    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(11, 6), nn.Linear(6, 5)

    def forward(self, tokens, targets=None, scale=2.0, mean=False):
        h = self.table(tokens)
        if targets is not None:
            h = h + targets.view(-1)
        if mean:
            h = h.mean(1, keepdim=True)
        return self.head(h[:, [-1], :] * scale), None


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.rnn = kind(3, 5, batch_first=True, **options)
        self.second = nn.LSTM(5, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        h, _ = self.rnn(x)
        _, (last, _) = self.second(torch.tanh(h))
        return self.head(last[-1])


class LastStep(Recurrent):
    def forward(self, x):
        h, _ = self.rnn(x)
        out, _ = self.second(h)
        return self.head(out[:, -1])


def sequential():
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 8), nn.LeakyReLU(0.2), nn.Dropout(0.1),
                         nn.Linear(8, 3))  # fmt: skip


def lenet():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(),
                         nn.Linear(24, 5), nn.Hardswish(), nn.Linear(5, 2))  # fmt: skip


def wavelet():
    return nn.Sequential(nn.Conv1d(3, 6, 3, padding=2, dilation=2), nn.ReLU(), nn.BatchNorm1d(6), nn.MaxPool1d(2), nn.Conv1d(6, 4, 3),
                         nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2))  # fmt: skip


class Edges(nn.Module):
    """What lies inside is put around, by modules, by convolutions and by a function."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 3, 3, padding=(1, 2), padding_mode="reflect")
        self.second = nn.Sequential(nn.ReplicationPad2d((1, 0, 2, 1)), nn.Conv2d(3, 2, 2, padding="same", padding_mode="circular"))
        self.third = nn.Sequential(nn.ReflectionPad1d(2), nn.Conv1d(2, 2, 3, padding=1, padding_mode="replicate"))

    def forward(self, x):
        h = self.second(torch.tanh(self.first(x)))
        return self.third(F.pad(h, (1, 1, 0, 2), mode="replicate").flatten(2)).flatten(1)


def decoder():
    return nn.Sequential(nn.Linear(4, 16), nn.Unflatten(1, (4, 2, 2)), nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1),
                         nn.ReLU(), nn.Upsample(scale_factor=2), nn.AdaptiveMaxPool2d(1), nn.Flatten())  # fmt: skip


class SameOutputs(Comparison, unittest.TestCase):
    def x(self, *shape):
        return torch.randn(16, *shape, generator=torch.Generator().manual_seed(2))

    def test_edges(self):
        converted = self.same(Edges(), self.x(1, 5, 6))
        modes = [layer["mode"] for layer in converted.network["layers"] if layer["type"].startswith("padding")]
        self.assertEqual(modes, ["reflect", "replicate", "circular", "replicate", "reflect", "replicate"])

    def test_volumes(self):
        model = nn.Sequential(nn.Conv3d(2, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d((1, 2, 2)), nn.AdaptiveAvgPool3d(1),
                              nn.Flatten(), nn.Linear(4, 2))  # fmt: skip
        self.same(model, self.x(2, 3, 4, 4), client=self.client)

    def test_dropout_of_attention(self):
        model = Block()
        model.attention.dropout = 0.1
        converted = gradclinic.from_torch(model, torch.arange(6).reshape(1, 6))
        self.assertEqual([layer["dropout"] for layer in converted.network["layers"] if "attention" in layer["type"]], [0.1])

    def test_sequential(self):
        converted = self.same(sequential(), self.x(4))
        kinds = [layer["type"] for layer in converted.network["layers"]]
        self.assertEqual(kinds, ["dense", "batch_norm", "activation", "dense", "dropout", "dense"])
        self.assertEqual(converted.network["layers"][3]["activation"], {"type": "leaky_relu", "negative_slope": 0.2})

    def test_images(self):
        self.same(lenet(), self.x(1, 8, 8))
        self.same(Residual(), self.x(1, 8, 8))

    def test_zeros_around_images_and_sequences(self):
        image = nn.Sequential(nn.ConstantPad2d((0, 1, 2, 0), 0.0), nn.Conv2d(1, 3, 3, stride=2), nn.ZeroPad2d(1), nn.MaxPool2d(2), nn.Flatten())
        self.same(image, self.x(1, 8, 7))
        self.same(nn.Sequential(nn.ConstantPad1d((2, 0), 0.0), nn.Conv1d(3, 4, 3), nn.Tanh(), nn.Flatten()), self.x(3, 6))

    def test_images_from_a_vector(self):
        self.same(decoder(), self.x(4))

    def test_convolutions_over_time(self):
        self.same(wavelet(), self.x(3, 12))

    def test_attention_positions_and_residual_sums(self):
        self.same(Block(), torch.randint(0, 11, (16, 6), generator=torch.Generator().manual_seed(4)))

    def test_a_series_in_its_own_scale(self):
        layers = self.same(Normalized(), torch.randn(4, 8, 3)).network["layers"]
        self.assertEqual(sum(layer["type"] == "stop_gradient" for layer in layers), 2)

    def test_functions(self):
        self.same(Functions(), torch.randn(4, 5, 6))

    def test_modules_over_volumes(self):
        self.same(Volumes(), torch.randn(3, 2, 4, 5, 4))

    def test_instance_norm(self):
        self.same(Styled(), torch.randn(3, 2, 5, 6))

    def test_encoder_of_the_library(self):
        block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
        self.same(nn.Sequential(nn.TransformerEncoder(block, 2), nn.Linear(8, 3)), torch.randn(3, 5, 8))

    def test_log_softmax_at_the_end_is_the_loss(self):
        for last in (nn.LogSoftmax(dim=1), nn.Identity()):
            network = gradclinic.from_torch(nn.Sequential(nn.Linear(4, 3), last), torch.randn(2, 4))
            self.assertEqual([layer["type"] for layer in network.network["layers"]], ["dense"])
            self.assertEqual(len(network.warnings), isinstance(last, nn.LogSoftmax))

    def test_arguments_that_are_not_given(self):
        model = Optional_()
        network = gradclinic.from_torch(model, torch.randint(0, 11, (4, 3))).network
        self.assertEqual([layer["type"] for layer in network["layers"]], ["embedding", "slice", "rescaling", "dense"])

    def test_axes_turned_around(self):
        layers = self.same(Backwards(), torch.randn(4, 5, 3)).network["layers"]
        self.assertEqual(sum(layer["type"] == "reverse" for layer in layers), 4)

    def test_recurrent_layers(self):
        self.same(Recurrent(nn.GRU, num_layers=2), self.x(7, 3))
        self.same(LastStep(nn.RNN, nonlinearity="relu"), self.x(7, 3))
        self.same(LastStep(nn.LSTM, bias=False), self.x(7, 3))


class WhatCannotBeExpressed(unittest.TestCase):
    def refused(self, model, x):
        with self.assertRaises(gradclinic.CannotConvert) as caught:
            gradclinic.from_torch(model, x)
        return caught.exception

    def test_everything_is_named_at_once_with_the_line_of_code(self):
        class Odd(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.fc = nn.ConvTranspose3d(1, 2, 1), nn.Linear(2, 2)

            def forward(self, x):
                h = torch.cumsum(self.conv(x).mean((2, 3, 4)), 1)
                return torch.logsumexp(self.fc(h), 1, keepdim=True)

        error = self.refused(Odd(), torch.zeros(2, 1, 2, 2, 2))
        text = str(error)
        self.assertRegex(text, r"conv \(ConvTranspose3d\)")
        self.assertRegex(text, r"cumsum: .*test_from_torch\.py.*torch\.cumsum")
        self.assertRegex(text, "logsumexp: .*layer")

    def test_a_branch_on_data(self):
        class Branches(nn.Module):
            def forward(self, x):
                return x if x.sum() > 0 else -x

        self.assertRegex(str(self.refused(Branches(), torch.zeros(2, 2))), r"test_from_torch\.py, line \d+")

    def test_the_model_stays_as_it_was(self):
        model = sequential().train()
        before = {key: value.clone() for key, value in model.state_dict().items()}
        gradclinic.from_torch(model, torch.randn(4, 4))
        self.assertTrue(all(m.training for m in model.modules()))
        self.assertTrue(all(torch.equal(before[key], value) for key, value in model.state_dict().items()))

    def test_a_module_called_twice_in_different_ways_is_refused(self):
        class Twice(nn.Module):
            def __init__(self):
                super().__init__()
                self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

            def forward(self, x):
                h = self.attention(x, x, x, need_weights=False)[0]
                return self.attention(h, x, x, need_weights=False)[0]

        self.assertRegex(str(self.refused(Twice(), torch.zeros(2, 3, 4))), "attention .*twice in different ways")


if __name__ == "__main__":
    unittest.main()
