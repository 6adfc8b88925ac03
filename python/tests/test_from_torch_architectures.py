"""from_torch of the modules that the service's own code export writes."""
import json
import os
import unittest

import torch

from .comparison import Comparison

#: A file that holds for each architecture its code and its inputs: {"resnet18": {"code": "…", "inputs": [{"shape": [3, 8, 8], …}]}}.
FILE = os.environ.get("GRADCLINIC_ARCHITECTURES")


def sample(form, generator):
    if form["dtype"] == "token":
        return torch.randint(0, form["vocabulary"], (16, *form["shape"]), generator=generator)
    return torch.randn(16, *form["shape"], generator=generator)


@unittest.skipIf(FILE is None, "GRADCLINIC_ARCHITECTURES names no file of exported code")
class Exported(Comparison, unittest.TestCase):
    def test_every_architecture_comes_back_with_the_same_outputs(self):
        with open(FILE, encoding="utf-8") as file:
            architectures = json.load(file)
        self.assertGreaterEqual(len(architectures), 19)
        for name, exported in architectures.items():
            with self.subTest(name):
                scope = {}
                torch.manual_seed(1)
                exec(compile(exported["code"], name, "exec"), scope)  # the service's own code
                generator = torch.Generator().manual_seed(2)
                model = scope["model"]
                converted = self.same(model, *[sample(form, generator) for form in exported["inputs"]])
                kinds = [layer["type"] for layer in converted.network["layers"]]
                # What acts in training only does not show in the outputs.
                for name_of_class, kind in (("Dropout", "dropout"), ("DropPath", "drop_path")):
                    wanted = sum(type(module).__name__ == name_of_class for module in model.modules())
                    self.assertEqual(kinds.count(kind), wanted)


if __name__ == "__main__":
    unittest.main()
