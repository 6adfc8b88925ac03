"""The experiments of the fixtures, by family."""

from fixture_cases import (
    activations,
    architectures,
    attention,
    clipping,
    compositions,
    convolutions,
    edges,
    graphs,
    layers,
    losses,
    masks,
    optimizers,
    pooling,
    recurrence,
    resampling,
    sharing,
)

FAMILIES = (
    activations,
    losses,
    layers,
    convolutions,
    pooling,
    resampling,
    recurrence,
    attention,
    graphs,
    sharing,
    masks,
    compositions,
    clipping,
    edges,
    optimizers,
    architectures,
)
CASES = [case for family in FAMILIES for case in family.CASES]
