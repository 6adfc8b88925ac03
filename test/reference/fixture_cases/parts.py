"""What cases are made of."""

SGD = {"type": "sgd", "learning_rate": 0.1}
FLATTEN = {"type": "flatten"}


def layer(kind, /, **options):
    return {"type": kind, **options}


def dense(units, activation=None, **options):
    return layer("dense", units=units, **({"activation": activation} if activation else {}), **options)


def activation(name):
    return layer("activation", activation=name)


def conv1d(filters, kernel_size, **options):
    return layer("conv1d", filters=filters, kernel_size=kernel_size, **options)


def conv2d(filters, kernel_size, **options):
    return layer("conv2d", filters=filters, kernel_size=kernel_size, **options)


def embedding(vocabulary, dimensions, **options):
    return layer("embedding", vocabulary=vocabulary, dimensions=dimensions, **options)


def residual(*layers):
    return layer("residual", layers=list(layers))


def repeat(times, *layers):
    return layer("repeat", times=times, layers=list(layers))


def case(name, layers, shape=(3,), loss="mean_squared_error", optimizer=SGD, training=None, tokens=False, **more):
    """`more`, how its random numbers are drawn: batch (samples), gain (spread of kernels), input_scale, whole_numbers
    (inputs below this one), zeros (parameters set to 0), clip (a clipping whose limit is found by itself),
    first_gradient (range of the largest number in the first parameter's gradient), flat_targets (one number a sample),
    padding (which time steps are masked: behind, before, between, all).
    `note` is copied into the fixture."""
    return {
        "name": name,
        "network": {"input": {"shape": list(shape), **({"dtype": "token"} if tokens else {})}, "layers": layers},
        "training": {"loss": loss, "optimizer": optimizer, **(training or {})},
        **more,
    }
