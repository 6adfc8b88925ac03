"""Random numbers that float32 and float64 judge alike."""


class TooClose(Exception):
    """A number lies so near a kink that float32 could fall on its other side: these random numbers are no witness."""


class Margin:
    """How far from a kink is clear; networks of thousands of kinked numbers cannot keep as far."""

    value = 1e-3


def keep_clear(values, kinks, margin=None):
    """`margin` where a kink is to be kept clear of by another distance; where none is to be kept clear of, neither is it."""
    distance = Margin.value if margin is None else min(margin, 1e3 * Margin.value)
    for kink in kinks:
        if (values - kink).abs().min() < distance:
            raise TooClose


def rounded(tensor):
    """To float32 numbers, so that both sides start from the same ones."""
    return tensor.float().double()
