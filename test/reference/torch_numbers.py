"""Random numbers that float32 and float64 judge alike."""


class TooClose(Exception):
    """A number lies so near a kink that float32 could fall on its other side: these random numbers are no witness."""


class Margin:
    """How far from a kink is clear; networks of thousands of kinked numbers cannot keep as far."""

    value = 1e-3


def keep_clear(values, kinks):
    for kink in kinks:
        if (values - kink).abs().min() < Margin.value:
            raise TooClose


def rounded(tensor):
    """To float32 numbers, so that both sides start from the same ones."""
    return tensor.float().double()
