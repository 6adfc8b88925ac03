"""
Callbacks, each driven as its framework drives it (a stub of its protocol: Keras, Lightning and transformers are not
installed here), against the service at GRADCLINIC_URL.
"""
import unittest
from types import SimpleNamespace

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import gradclinic


def batches():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(128, 8, generator=generator)
    y = (x[:, 0] > 0).long()
    return [(x[i : i + 32], y[i : i + 32]) for i in range(0, 128, 32)]


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))


class Lightning(unittest.TestCase):
    def test_the_order_of_its_hooks(self):
        class Module(nn.Module):  # its training_step calls the network, not itself
            def __init__(self):
                super().__init__()
                self.net = net()

        module = Module()
        optimizer = torch.optim.Adam(module.parameters(), 0.01)
        trainer = SimpleNamespace(accumulate_grad_batches=1)
        callback = gradclinic.LightningCallback(every=5)
        callback.on_train_start(trainer, module)
        losses = []
        for step in range(60):
            x, y = batches()[step % 4]
            loss = F.cross_entropy(module.net(x), y)
            losses.append(loss.item())
            optimizer.zero_grad()
            callback.on_before_backward(trainer, module, loss)
            loss.backward()
            callback.on_before_optimizer_step(trainer, module, optimizer)
            optimizer.step()
            callback.on_train_batch_end(trainer, module, {"loss": loss}, (x, y), step)
        callback.on_train_end(trainer, module)
        self.assertEqual(callback.recorder.losses, losses)
        self.assertEqual(callback.recorder.coverage.fraction, 1.0)
        report = callback.diagnose(gradclinic.Client())
        self.assertEqual(report.check("vanishing_gradient").status, "clear")

    def test_nothing_recorded(self):
        with self.assertRaisesRegex(RuntimeError, "nothing was recorded"):
            gradclinic.LightningCallback().diagnose()


class Transformers(unittest.TestCase):
    def test_the_order_of_its_events(self):
        class Model(nn.Module):  # gives its loss with its output
            def __init__(self):
                super().__init__()
                self.net = net()

            def forward(self, inputs, labels):
                logits = self.net(inputs)
                return {"loss": F.cross_entropy(logits, labels), "logits": logits}

        model = Model()
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        callback = gradclinic.TransformersCallback(every=5)
        told = (SimpleNamespace(), SimpleNamespace(), SimpleNamespace())
        callback.on_init_end(*told)
        callback.on_train_begin(*told, model=model)
        losses = []
        for step in range(40):
            x, y = batches()[step % 4]
            callback.on_step_begin(*told, model=model)
            loss = model(inputs=x, labels=y)["loss"]
            losses.append(loss.item())
            loss.backward()
            callback.on_pre_optimizer_step(*told, model=model)
            optimizer.step()
            callback.on_optimizer_step(*told, model=model)
            optimizer.zero_grad()
            callback.on_step_end(*told, model=model)
        callback.on_train_end(*told, model=model)
        self.assertEqual(callback.recorder.losses, losses)
        report = callback.diagnose(gradclinic.Client())
        self.assertIn(report.check("update_ratio").status, ("found", "clear"))


class Keras(unittest.TestCase):
    def test_the_order_of_its_hooks(self):
        class Variable:
            def __init__(self, name, value):
                self.name, self.value, self.shape = name, value, value.shape

            def numpy(self):
                return self.value

        class Dense:
            def __init__(self, name, before, after):
                self.name, self.output = name, SimpleNamespace(shape=(None, after))
                random = numpy.random.default_rng(0)
                self.trainable_weights = [Variable("kernel", random.normal(size=(before, after))), Variable("bias", numpy.zeros(after))]

        model = SimpleNamespace(layers=[Dense("dense", 8, 16), Dense("dense_1", 16, 1)])
        callback = gradclinic.KerasCallback(every=2)
        callback.set_model(model)
        callback.on_train_begin()
        for epoch in range(4):
            callback.on_epoch_begin(epoch)
            sums = 0.0
            for batch in range(10):
                callback.on_train_batch_begin(batch)
                for layer in model.layers:
                    layer.trainable_weights[0].value = layer.trainable_weights[0].value * 0.99
                sums += 1 / (1 + epoch * 10 + batch)
                callback.on_train_batch_end(batch, {"loss": sums / (batch + 1)})
            callback.on_epoch_end(epoch, {"loss": sums / 10, "val_loss": 0.5})
        trace = callback.trace()
        numpy.testing.assert_allclose(trace["losses"], 1 / (1 + numpy.arange(40)), rtol=1e-9)
        ratios = [s for s in trace["series"] if s["metric"] == "ratio_to_weight" and s["tensor"] == "kernel.update"]
        numpy.testing.assert_allclose(ratios[0]["values"], 0.01, rtol=1e-9)
        report = callback.diagnose(gradclinic.Client())
        self.assertEqual(report.check("update_ratio").status in ("found", "clear"), True)
        self.assertEqual(report.check("vanishing_gradient").status, "not_evaluable")


if __name__ == "__main__":
    unittest.main()
