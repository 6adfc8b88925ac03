"""Recorder: what is seen of a model, that nothing of it is touched, and what the service says of it."""
import copy
import io
import unittest
import warnings

import torch
import torch.nn.functional as F
from torch import nn

import gradclinic


def moons(samples=128):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(samples, 8, generator=generator)
    return x, (x[:, 0] * x[:, 1] > 0).long()


def batches(samples=128, size=32):
    x, y = moons(samples)
    return [(x[i : i + size], y[i : i + size]) for i in range(0, samples, size)]


def train(model, steps=20, data=None, optimizer=None, criterion=None, recorder=None, scale=1.0, before=None, **options):
    """:returns: the recorder, after its context"""
    data = data or batches()
    criterion = criterion or nn.CrossEntropyLoss()
    optimizer = optimizer or torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1, momentum=0.9)
    with recorder or gradclinic.Recorder(model, every=5, **options) as recorder:
        for step in range(steps):
            x, y = data[step % len(data)]
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            (loss * scale).backward()
            with recorder.step(loss):
                if before:
                    before()
                optimizer.step()
    return recorder


def layers(recorder):
    return {layer["name"]: layer for layer in recorder.trace()["layers"]}


def series(trace, layer, tensor, metric):
    found = [s for s in trace["series"] if (s["layer"], s["tensor"], s["metric"]) == (layer, tensor, metric)]
    return found[0]["values"] if found else None


class Sequences(nn.Module):
    """Embedding, LSTM, GRU, RNN, attention, a raw parameter, a transposed convolution, a subclass of Linear."""

    class Own(nn.Linear):
        pass

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 8)
        self.place = nn.Parameter(torch.randn(6, 8) * 0.02)
        self.lstm = nn.LSTM(8, 8, num_layers=2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(16, 8)
        self.rnn = nn.RNN(8, 8, batch_first=True)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.up = nn.ConvTranspose2d(1, 2, 2, stride=2)
        self.many = nn.ParameterList([nn.Parameter(torch.ones(2))])
        self.head = Sequences.Own(2 * 12 * 16, 2)

    def forward(self, tokens):
        h, _ = self.lstm(self.table(tokens) + self.place)
        h, _ = self.gru(h.transpose(0, 1))
        h, _ = self.rnn(h.transpose(0, 1))
        h, _ = self.attention(h, h, h)
        h = self.up(h.unsqueeze(1)) * self.many[0].view(1, 2, 1, 1)
        return self.head(h.flatten(1))


class Functional(nn.Module):
    """Activations that are functions, a residual sum, a module that is called twice."""

    def __init__(self):
        super().__init__()
        self.first, self.shared, self.head = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 2)

    def forward(self, x):
        h = F.relu(self.first(x))
        h = torch.tanh(self.shared(h))
        h = (h + self.shared(h)).relu()
        return self.head(h)


class WhatIsSeen(unittest.TestCase):
    def test_every_parameter_of_every_kind_of_layer(self):
        tokens = torch.randint(0, 10, (32, 6), generator=torch.Generator().manual_seed(0))
        model = Sequences()
        recorder = train(model, 6, [(tokens, tokens[:, 0] % 2)])
        self.assertEqual(recorder.coverage.fraction, 1.0)
        self.assertEqual(recorder.coverage.trained, sum(p.numel() for p in model.parameters()))
        trace = recorder.trace()
        updates = [s for s in trace["series"] if s["metric"] == "ratio_to_weight"]
        self.assertEqual(len(updates), len(list(model.parameters())))
        kinds = [layer["type"] for layer in trace["layers"]]
        for kind in ("embedding", "lstm", "gru", "simple_rnn", "self_attention", "conv2d_transpose", "dense"):
            self.assertIn(kind, kinds)
        shapes = {layer["name"]: layer["output_shape"] for layer in trace["layers"]}
        self.assertEqual(shapes["gru"], [6, 8])  # time first in the module, batch first in the trace

    def test_functional_activations_and_second_calls(self):
        found = layers(train(Functional(), data=batches()))
        self.assertEqual(list(found), ["first", "shared", "shared#2", "model/relu", "head"])
        self.assertEqual(found["first"]["activation"], "relu")
        self.assertEqual(found["shared"]["activation"], "tanh")
        self.assertEqual(found["model/relu"]["activation"], "relu")
        self.assertEqual([n for n, one in found.items() if one["is_output"]], ["head"])
        self.assertEqual(found["shared"]["parameters"], 272)
        self.assertEqual(found["shared#2"]["parameters"], 0)

    def test_norms_are_those_of_autograd(self):
        model = nn.Sequential(nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 2))
        twin = copy.deepcopy(model)
        x, y = batches()[0]
        hidden = torch.sigmoid(twin[0](x))
        hidden.retain_grad()
        F.cross_entropy(twin[2](hidden), y).backward()
        trace = train(model, 1).trace()
        close = dict(rel=1e-5)
        self.assertClose(series(trace, "0", "output", "rms")[0], hidden.square().mean().sqrt().item(), **close)
        self.assertClose(series(trace, "0", "output_gradient", "rms")[0], hidden.grad.square().mean().sqrt().item(), **close)
        self.assertClose(series(trace, "0", "kernel.gradient", "l2_norm")[0], twin[0].weight.grad.norm().item(), **close)
        self.assertClose(series(trace, "0", "kernel.update", "l2_norm")[0], 0.1 * twin[0].weight.grad.norm().item(), **close)
        total = sum(p.grad.square().sum() for p in twin.parameters()).sqrt().item()
        self.assertClose(trace["gradient_norms"][0], total, **close)

    def assertClose(self, a, b, rel):
        self.assertLessEqual(abs(a - b), rel * abs(b), (a, b))

    def test_gradients_below_the_squares_of_float32(self):
        model = nn.Linear(8, 2)
        trace = train(model, 1, scale=1e-25, recorder=gradclinic.Recorder(model)).trace()
        self.assertGreater(trace["gradient_norms"][0], 1e-27)
        self.assertGreater(series(trace, "model", "kernel.gradient", "l2_norm")[0], 1e-28)

    def test_a_scaled_loss_gives_the_same_numbers(self):
        model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
        twin = copy.deepcopy(model)
        plain = train(model, 1).trace()

        def unscale():
            for p in twin.parameters():
                p.grad /= 1024

        scaled = train(twin, 1, scale=1024, before=unscale, loss_scale=1024).trace()
        for key in (("0", "output_gradient", "rms"), ("0", "kernel.gradient", "l2_norm"), ("0", "kernel.update", "l2_norm")):
            self.assertClose(series(scaled, *key)[0], series(plain, *key)[0], 1e-5)
        self.assertClose(scaled["gradient_norms"][0], plain["gradient_norms"][0], 1e-5)

    def test_coverage_below_95_percent_warns(self):
        class Around(nn.Module):
            def __init__(self):
                super().__init__()
                self.used, self.around = nn.Linear(8, 2), nn.Linear(8, 2)

            def forward(self, x):
                return self.used(x) + F.linear(x, self.around.weight, self.around.bias)

        recorder = train(Around(), 6)
        self.assertEqual(recorder.coverage.unseen, ("around.weight", "around.bias"))
        with self.assertWarnsRegex(UserWarning, "18 of 36 .*around.weight"):
            trace = recorder.trace()
        self.assertGreater(min(series(trace, "around", "kernel.update", "l2_norm")), 0)  # updates are seen all the same

    def test_accumulated_gradients_keep_their_names(self):
        model, data = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2)), batches()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        with gradclinic.Recorder(model, every=1) as recorder:
            for _ in range(2):
                optimizer.zero_grad()
                for x, y in data:
                    loss = F.cross_entropy(model(x), y)
                    (loss / 4).backward()
                with recorder.step(loss):
                    optimizer.step()
        self.assertEqual(list(layers(recorder)), ["0", "2"])

    def test_dead_and_saturated_units(self):
        model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 2))
        with torch.no_grad():
            model[0].bias[:12] = -100.0
            model[2].bias[:8] = 50.0
        trace = train(model, 10, data=batches()).trace()
        self.assertEqual(trace["unit_passes"], [])
        trace = train(model, 10, criterion=nn.CrossEntropyLoss(), recorder=gradclinic.Recorder(
            model, data=batches(), criterion=nn.CrossEntropyLoss())).trace()
        last = {one["layer"]: one for one in trace["unit_passes"]}
        self.assertEqual((last["0"]["dead_units"], last["0"]["units"], last["0"]["saturated_units"]), (12, 16, None))
        self.assertEqual((last["2"]["saturated_units"], last["2"]["dead_units"]), (8, None))


class NothingIsTouched(unittest.TestCase):
    def make(self):
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(16, 2))

    def test_the_training_gives_the_same_bits(self):
        def plain(model):
            optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
            for step in range(20):
                x, y = batches()[step % 4]
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()

        models = [self.make(), self.make()]
        torch.manual_seed(7)
        plain(models[0])
        state = torch.get_rng_state()
        torch.manual_seed(7)
        model = models[1]
        model[4].eval()  # a mode of a part stays as it was
        train(model, 20, data=batches(), recorder=gradclinic.Recorder(
            model, every=3, data=batches(), criterion=F.cross_entropy, validation=batches()))
        self.assertTrue(torch.equal(state, torch.get_rng_state()))
        for (name, a), b in zip(models[0].state_dict().items(), model.state_dict().values()):
            self.assertTrue(torch.equal(a, b), name)
        self.assertEqual([m.training for m in model], [True, True, True, True, False])

    def test_the_model_can_be_saved_and_copied_while_it_is_recorded(self):
        model = self.make()
        with gradclinic.Recorder(model, every=1) as recorder:
            loss = F.cross_entropy(model(batches()[0][0]), batches()[0][1])
            loss.backward()
            with recorder.step(loss):
                pass
            torch.save(model, io.BytesIO())
            copy.deepcopy(model)
            for module in model.modules():
                self.assertFalse(module._forward_hooks or module._forward_pre_hooks)
        hooks = torch.nn.modules.module
        self.assertFalse(hooks._global_forward_hooks or hooks._global_forward_pre_hooks)

    def test_an_error_in_the_training_leaves_nothing_behind(self):
        model = self.make()
        with self.assertRaisesRegex(RuntimeError, "shapes"):
            with gradclinic.Recorder(model) as recorder:
                model(torch.zeros(4, 9))
        hooks = torch.nn.modules.module
        self.assertFalse(hooks._global_forward_hooks or hooks._global_forward_pre_hooks)
        self.assertFalse(torch.overrides.has_torch_function((torch.zeros(1),)))
        with self.assertRaisesRegex(RuntimeError, "no step"):
            recorder.trace()
        with self.assertRaisesRegex(RuntimeError, "with Recorder"):
            recorder.begin_step(1.0)

    def test_a_failed_pass_can_be_repeated(self):
        model = self.make()
        with gradclinic.Recorder(model) as recorder:
            with self.assertRaises(RuntimeError):
                model(torch.zeros(4, 9))
            loss = F.cross_entropy(model(batches()[0][0]), batches()[0][1])
            loss.backward()
            with recorder.step(loss):
                pass
        self.assertEqual(list(layers(recorder)), ["0", "1", "4"])


class Diagnoses(unittest.TestCase):
    """By the service at GRADCLINIC_URL."""

    client = gradclinic.Client()

    def diagnose(self, model, steps=120, optimizer=None, **options):
        data = batches(256)
        criterion = options.pop("criterion", nn.CrossEntropyLoss())
        recorder = gradclinic.Recorder(model, every=10, data=data, criterion=criterion, validation=batches(64), **options)
        train(model, steps, data, optimizer, criterion, recorder)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return self.client.diagnose(recorder)

    def evaluated(self, report):
        return [check.rule for check in report.checks if check.status in ("found", "clear")]

    def test_a_healthy_network_and_fifteen_checks(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
        report = self.diagnose(model, 300, torch.optim.Adam(model.parameters(), 3e-3))
        self.assertEqual([str(check) for check in report.findings if check.rule != "overfitting"], [])
        self.assertGreaterEqual(len(self.evaluated(report)), 15, self.evaluated(report))
        self.assertEqual([check.rule for check in report.checks if check.status == "error"], [])

    def test_deep_sigmoid_vanishes(self):
        torch.manual_seed(0)
        deep = [part for _ in range(10) for part in (nn.Linear(16, 16), nn.Sigmoid())]
        report = self.diagnose(nn.Sequential(nn.Linear(8, 16), nn.Sigmoid(), *deep, nn.Linear(16, 2)))
        self.assertIn("vanishing_gradient", [check.rule for check in report.findings])
        self.assertEqual(report.check("vanishing_gradient").layers[0], "0")
        self.assertIn("unhealthy", str(report))
        self.assertIn("vanishing_gradient", report._repr_html_())

    def test_dead_units_behind_a_function(self):
        torch.manual_seed(0)
        model = Functional()
        with torch.no_grad():
            model.first.bias.fill_(-30.0)
        report = self.diagnose(model)
        self.assertEqual(report.check("dead_units").status, "found")
        self.assertIn("first", report.check("dead_units").layers)

    def test_frozen_layers_do_not_alarm(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))
        model[0].requires_grad_(False)
        trained = [p for p in model.parameters() if p.requires_grad]
        report = self.diagnose(model, optimizer=torch.optim.Adam(trained, 3e-3))
        self.assertEqual(report.check("unchanged_parameters").status, "clear")
        self.assertNotIn("0", report.check("vanishing_gradient").layers)

    def test_an_lstm_alone(self):
        class Alone(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(1, 2, batch_first=True)

            def forward(self, x):
                return self.lstm(x.unsqueeze(-1))[0][:, -1]

        report = self.diagnose(Alone())
        self.assertEqual(report.check("update_ratio").status in ("found", "clear"), True)

    def test_a_loss_of_nan_is_a_finding(self):
        model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
        report = self.diagnose(model, 60, torch.optim.SGD(model.parameters(), 1e25))
        self.assertEqual(report.check("non_finite_values").status, "found")


if __name__ == "__main__":
    unittest.main()
