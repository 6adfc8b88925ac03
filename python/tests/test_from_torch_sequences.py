"""from_torch of attention, masks and recurrent layers as people write them."""
import unittest

import torch
import torch.nn.functional as F
from torch import nn

import gradclinic

from .comparison import Comparison


class FusedAttention(nn.Module):
    """Query, key and value of one product, with a causal mask in a buffer."""

    def __init__(self, width, heads, time):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.register_buffer("below", torch.ones(time, time).tril())

    def forward(self, x):
        b, t, c = x.size()
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2) for y in self.qkv(x).split(c, dim=2))
        scores = (q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5
        weights = scores.masked_fill(self.below[:t, :t] == 0, float("-inf")).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).contiguous().view(b, t, c))


class Dropping(FusedAttention):
    def forward(self, x):
        return F.dropout(super().forward(x), 0.5, self.training)


class DropPath(nn.Module):
    """Has the name of noise, and scales."""

    rate = 0.1

    def forward(self, x):
        return 3 * x


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(9, 8), nn.Embedding(12, 8)
        self.norm, self.attention, self.head = nn.LayerNorm(8), FusedAttention(8, 4, 12), nn.Linear(8, 9, bias=False)

    def forward(self, tokens):
        h = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        return self.head(h + self.attention(self.norm(h)))


class Patches(nn.Module):
    """A class token, and what is made of it."""

    def __init__(self):
        super().__init__()
        self.cut = nn.Conv2d(1, 6, 2, stride=2)
        self.token, self.place = nn.Parameter(torch.randn(1, 1, 6)), nn.Parameter(torch.randn(1, 5, 6))
        self.attention, self.head = nn.MultiheadAttention(6, 3, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        h = self.cut(x).flatten(2).transpose(1, 2)
        h = torch.cat([self.token.expand(h.shape[0], -1, -1), h], dim=1) + self.place
        h = h + self.attention(h, h, h)[0]
        return self.head(h[:, 0])


class MeanOfKept(nn.Module):
    def forward(self, x, mask):
        kept = mask.unsqueeze(-1).float()
        return (x * kept).sum(1) / kept.sum(1)


class Padded(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.table, self.pool, self.head = nn.Embedding(7, 8), pool, nn.Linear(8, 3)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, tokens):
        h = self.table(tokens)
        h = h + self.attention(h, h, h, key_padding_mask=tokens == 0)[0]
        self.pooled = self.pool(h, tokens != 0) if self.pool is not None else h.mean(1)
        return self.head(self.pooled)


class Translation(nn.Module):
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(6, 8), nn.Embedding(5, 8)
        self.causal, self.crossed = (nn.MultiheadAttention(8, 2, batch_first=True) for _ in range(2))
        self.head = nn.Linear(8, 5)

    def forward(self, source, target):
        memory, h = self.source(source), self.target(target)
        later = torch.triu(torch.full((target.size(1), target.size(1)), float("-inf")), diagonal=1)
        h = h + self.causal(h, h, h, attn_mask=later, need_weights=False)[0]
        h = h + self.crossed(h, memory, memory)[0]
        return self.head(h)


class BothDirections(nn.Module):
    def __init__(self, kind, last):
        super().__init__()
        self.rnn, self.last = kind(3, 4, num_layers=2, batch_first=True, bidirectional=True), last
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        out, h = self.rnn(x)
        h = h[0] if isinstance(self.rnn, nn.LSTM) else h
        if self.last == "state":
            return self.head(torch.cat([h[-2], h[-1]], dim=1))
        return self.head(out[:, -1] if self.last == "step" else out)


class Causal(nn.Module):
    """Gates of two halves, zeros before the first step, 1 - g."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(3, 8, 2, dilation=3), nn.BatchNorm1d(4)
        self.register_buffer("sinusoids", self.angles(10, 4)[None])

    @staticmethod
    def angles(time, features):
        place = torch.arange(time)[:, None].float()
        rate = torch.exp(torch.arange(0, features, 2) * (-torch.log(torch.tensor(10000.0)) / features))
        table = torch.zeros(time, features)
        table[:, 0::2], table[:, 1::2] = torch.sin(place * rate), torch.cos(place * rate)
        return table

    def forward(self, x):
        a, b = self.conv(F.pad(x, (3, 0))).chunk(2, dim=1)
        gate = torch.sigmoid(b)
        h = self.norm(gate * torch.tanh(a) + (1 - gate) * x[:, :1])
        return (h.transpose(1, 2) + self.sinusoids[:, : x.size(2)])[:, 2::3]


class AllAndLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 4, batch_first=True)

    def forward(self, x):
        out, _ = self.rnn(x)
        return out.mean(1) + out[:, -1] * out[..., -2, :]


class Softmaxes(nn.Module):
    """Over each axis behind the batch, as a function and as a module: the service's own is over the features."""

    def __init__(self):
        super().__init__()
        self.images, self.steps, self.head = nn.Conv2d(2, 4, 3), nn.Linear(5, 3), nn.Linear(4, 3)
        self.over_columns, self.over_steps = nn.Softmax(dim=-1), nn.Softmax(dim=1)

    def forward(self, x):
        y = self.images(x)
        y = y.softmax(1) + F.softmax(y, dim=2) + self.over_columns(y) + torch.log_softmax(y, -1)
        y = y.flatten(2)[:, :, :5]
        return self.head(self.over_steps(self.steps(y)).transpose(1, 2)).mean(1)


class SameOutputs(Comparison, unittest.TestCase):
    def x(self, *shape):
        return torch.randn(16, *shape, generator=torch.Generator().manual_seed(2))

    def tokens(self, many, time):
        return torch.randint(0, many, (16, time), generator=torch.Generator().manual_seed(4))

    def layer(self, converted, kind):
        return next(one for one in converted.network["layers"] if one["type"] == kind)

    def test_attention_written_by_hand(self):
        found = self.layer(self.same(Language(), self.tokens(9, 7)), "self_attention")
        self.assertEqual((found["heads"], found["causal"]), (4, True))

    def test_a_class_token(self):
        self.same(Patches(), self.x(1, 4, 4))

    def test_padding_is_masked(self):
        model = Padded(MeanOfKept())
        converted = self.same(model, self.tokens(7, 6))
        self.assertTrue(self.layer(converted, "embedding")["mask_zero"])

    def test_attention_to_another_sequence(self):
        self.same(Translation(), self.tokens(6, 5), self.tokens(5, 4))

    def test_both_directions(self):
        for kind in (nn.LSTM, nn.GRU, nn.RNN):
            for last in ("all", "state", "step"):
                with self.subTest(f"{kind.__name__}, {last}"):
                    self.same(BothDirections(kind, last), self.x(5, 3))

    def test_gates_slices_and_zeros_before_the_first_step(self):
        converted = self.same(Causal(), self.x(3, 10))
        self.assertEqual(self.layer(converted, "positional_embedding")["kind"], "sinusoidal")

    def test_softmax_over_any_axis(self):
        converted = self.same(Softmaxes(), self.x(2, 5, 6))
        self.assertEqual([layer["dims"] for layer in converted.network["layers"] if layer["type"] == "permute"][:2], [[2, 1, 3]] * 2)

    def test_all_steps_and_the_last_one(self):
        self.same(AllAndLast(), self.x(5, 3))


class WhatCannotBeExpressed(unittest.TestCase):
    def refused(self, model, *samples):
        with self.assertRaises(gradclinic.CannotConvert) as caught:
            gradclinic.from_torch(model.eval(), samples)
        return str(caught.exception)

    def test_a_mean_that_counts_what_attention_hides(self):
        self.assertRegex(self.refused(Padded(None), torch.randint(0, 7, (4, 6))), "padding is masked elsewhere and not here")

    def test_softmax_over_the_batch(self):
        self.assertRegex(self.refused(nn.Sequential(nn.Linear(3, 2), nn.Softmax(dim=0)), torch.randn(4, 3)), "has to be one behind the batch")

    def test_attention_with_other_numbers(self):
        class Unscaled(FusedAttention):
            def forward(self, x):
                q, k, v = self.qkv(x).chunk(3, -1)
                return self.proj((q @ k.transpose(1, 2)).softmax(-1) @ v)

        self.assertRegex(self.refused(Unscaled(8, 1, 5), torch.randn(4, 5, 8)), "matmul: the service has no layer for it")

    def test_what_acts_in_training_only_is_warned_of(self):
        x = torch.randn(4, 5, 8)
        warned = gradclinic.from_torch(nn.Sequential(Dropping(8, 2, 5)).eval(), x).warnings
        self.assertRegex(warned[0], "in training only, such as dropout, is left out")
        self.assertEqual(gradclinic.from_torch(nn.Sequential(FusedAttention(8, 2, 5)).eval(), x).warnings, ())

    def test_a_name_alone_is_not_believed(self):
        layers = gradclinic.from_torch(nn.Sequential(DropPath()), torch.randn(4, 3)).network["layers"]
        self.assertEqual([one["type"] for one in layers], ["rescaling"])

    def test_the_model_keeps_its_attributes(self):
        model = Padded(MeanOfKept())
        before = {name: set(vars(module)) for name, module in model.named_modules()}
        gradclinic.from_torch(model, torch.randint(0, 7, (4, 6)))
        self.assertEqual({name: set(vars(module)) for name, module in model.named_modules()}, before)


if __name__ == "__main__":
    unittest.main()
