"""What gradclinic.Recorder costs, as a part of the step: /usr/bin/python3 bench/recorder.py [width] [blocks].

A network like ResNet-18 on 64 images of 32 x 32 is trained twice, in turns of ten steps: once with the recorder at its
default settings, which probes one step in ten, once without it. CPU time, since others may use the machine.
"""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))

import torch
import torch.nn.functional as F
from torch import nn

import gradclinic

BATCH, STEPS = 64, 10


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        plain = i == o and stride == 1
        self.shortcut = nn.Identity() if plain else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


def network(width):
    """He et al. 2016: four stages of two blocks."""
    torch.manual_seed(0)
    sizes = [width, width, 2 * width, 4 * width, 8 * width]
    blocks = [
        block
        for k, (i, o) in enumerate(zip(sizes, sizes[1:]))
        for block in (Block(i, o, 1 if k == 0 else 2), Block(o, o, 1))
    ]
    stem = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, 10))


class Training:
    def __init__(self, width, recorded):
        self.model = network(width)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.recorder = gradclinic.Recorder(self.model) if recorded else None
        if self.recorder:
            self.recorder.__enter__()
        self.x, self.y = torch.randn(BATCH, 3, 32, 32), torch.randint(0, 10, (BATCH,))
        self.seconds = []

    def block(self, steps=STEPS):
        start = time.process_time()
        for _ in range(steps):
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.model(self.x), self.y)
            loss.backward()
            if self.recorder:
                with self.recorder.step(loss):
                    self.optimizer.step()
            else:
                self.optimizer.step()
        self.seconds.append(time.process_time() - start)


def main():
    given = [int(x) for x in sys.argv[1:]]
    width, blocks = [*given, *(64, 3)[len(given):]]
    torch.set_num_threads(1)
    plain, recorded = Training(width, False), Training(width, True)
    for one in (plain, recorded):  # a step to warm up
        one.block(1)
        one.seconds.clear()
    for _ in range(blocks):
        plain.block()
        recorded.block()
    ratios = sorted(b / a for a, b in zip(plain.seconds, recorded.seconds))
    assert len(recorded.recorder.losses) == 1 + STEPS * blocks, "it has not recorded"
    print(json.dumps({
        "torch": torch.__version__,
        "parameters": sum(p.numel() for p in plain.model.parameters()),
        "step_ms": round(1000 * sum(plain.seconds) / blocks / STEPS),
        "overhead": round(sum(recorded.seconds) / sum(plain.seconds) - 1, 4),
        "overhead_of_blocks": [round(r - 1, 4) for r in ratios],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
