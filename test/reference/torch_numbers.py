"""Random numbers that float32 and float64 judge alike."""


class TooClose(Exception):
    """A number lies so near a kink that float32 could fall on its other side: these random numbers are no witness."""


def keep_clear(values, kinks, margin=1e-3):
    for kink in kinks:
        if (values - kink).abs().min() < margin:
            raise TooClose


def rounded(tensor):
    """To float32 numbers, so that both sides start from the same ones."""
    return tensor.float().double()
