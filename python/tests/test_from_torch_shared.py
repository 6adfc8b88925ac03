"""from_torch: the same weights in several places, once in the network."""
import unittest

import torch
import torch.nn.functional as F
from torch import nn

import gradclinic

from .comparison import Comparison


class Siamese(nn.Module):
    """One encoder for both inputs, with an activation of its own behind every call."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, a, b):
        return self.head(torch.tanh(self.encoder(a)) - torch.relu(self.encoder(b)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.rnn, self.head = nn.Embedding(9, 4), nn.LSTM(4, 5, batch_first=True), nn.Linear(10, 2)

    def forward(self, question, answer):
        a, b = (self.rnn(self.table(x))[1][0][-1] for x in (question, answer))
        return self.head(torch.cat([a, b], 1))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.up, self.down = nn.Linear(8, 12), nn.Linear(12, 8)

    def forward(self, x):
        n = self.norm(x)
        x = x + self.attention(n, n, n, need_weights=False)[0]
        return x + self.down(F.gelu(self.up(x)))


class Albert(nn.Module):
    """Lan et al. 2019: one block, applied three times, and an output that is tied to the table."""

    def __init__(self):
        super().__init__()
        self.table, self.block, self.bias = nn.Embedding(9, 8), Block(), nn.Parameter(torch.randn(9))

    def forward(self, tokens):
        x = self.table(tokens)
        for _ in range(3):
            x = self.block(x)
        return F.linear(x, self.table.weight, self.bias)


class Autoencoder(nn.Module):
    def __init__(self, written):
        super().__init__()
        self.encoder, self.bias, self.written = nn.Linear(6, 3), nn.Parameter(torch.randn(6)), written

    def forward(self, x):
        code = torch.sigmoid(self.encoder(x))
        return code @ self.encoder.weight if self.written == "product" else F.linear(code, self.encoder.weight.t(), self.bias)


class GPT(nn.Module):
    """Radford et al. 2019: `self.head.weight = self.embed.weight`."""

    def __init__(self):
        super().__init__()
        self.embed, self.block, self.head = nn.Embedding(9, 8), Block(), nn.Linear(8, 9, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens):
        return self.head(self.block(self.embed(tokens)))


def tokens(seed):
    return torch.randint(0, 9, (8, 5), generator=torch.Generator().manual_seed(seed))


class SameOutputs(Comparison, unittest.TestCase):
    def x(self, *shape, seed=2):
        return torch.randn(8, *shape, generator=torch.Generator().manual_seed(seed))

    def once(self, model, *samples, second_biases=0):
        """As many numbers as the model has (of an LSTM two biases are one sum), and no warning of copies."""
        converted = self.same(model, *samples)
        held = {id(p): p.numel() for p in model.parameters()}
        own = [value.numel() for name, value in converted.weights.items() if "/moving_" not in name]
        self.assertEqual(sum(own), sum(held.values()) - second_biases)
        self.assertNotIn("copies", str(converted.warnings))
        return [layer["type"] for layer in converted.network["layers"]]

    def test_two_branches(self):
        types = self.once(Siamese(), self.x(2, 5), self.x(2, 5, seed=3))
        self.assertEqual(types.count("shared"), 3)

    def test_two_sequences(self):
        self.assertEqual(self.once(Recurrent(), tokens(1), tokens(2), second_biases=20).count("shared"), 2)

    def test_a_block_again_and_again(self):
        types = self.once(Albert(), tokens(1))
        self.assertEqual((types.count("self_attention"), types.count("shared")), (1, 8))

    def test_tied_outputs(self):
        self.assertEqual(self.once(GPT(), tokens(1)).count("dense"), 3)

    def test_tied_autoencoders(self):
        for written in ("function", "product"):
            model = Autoencoder(written)
            if written == "product":
                del model.bias
            self.assertEqual(self.once(model, self.x(6)).count("dense"), 2)

    def test_both_states_of_a_layer_that_is_called_twice(self):
        class Both(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(3, 3, batch_first=True)

            def forward(self, x):
                return self.rnn(self.rnn(x)[0])[1][-1]

        with self.assertRaisesRegex(gradclinic.CannotConvert, "both all steps and the last state"):
            gradclinic.from_torch(Both(), self.x(4, 3))


if __name__ == "__main__":
    unittest.main()
