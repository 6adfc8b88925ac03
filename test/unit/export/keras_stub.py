"""The namespace of Keras 3 without Keras: it takes calls of known classes with known arguments, and refuses all others.

Signatures: https://keras.io/api/ (Keras 3.6), of what generated code uses. Arguments in their order; `*` before what is by keyword.
"""

import re
import sys
import types

KERNEL = "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer kernel_constraint bias_constraint"
CONV = "strides padding data_format dilation_rate groups activation use_bias"
GATED = (
    "units activation recurrent_activation use_bias kernel_initializer recurrent_initializer bias_initializer unit_forget_bias "
    "kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer kernel_constraint recurrent_constraint "
    "bias_constraint dropout recurrent_dropout seed return_sequences return_state go_backwards stateful unroll"
)
POOL = "pool_size strides padding data_format"
LAYERS = {
    "Activation": "activation",
    "Add": "", "Average": "", "Maximum": "", "Multiply": "", "Subtract": "",
    "AveragePooling1D": POOL, "AveragePooling2D": POOL, "MaxPooling1D": POOL, "MaxPooling2D": POOL,
    "AveragePooling3D": POOL, "MaxPooling3D": POOL,
    "BatchNormalization": "axis momentum epsilon center scale beta_initializer gamma_initializer",
    "Bidirectional": "layer merge_mode weights backward_layer",
    "Concatenate": "axis",
    "LSTMCell": GATED.split(" return_sequences")[0],
    "RNN": "cell return_sequences return_state go_backwards stateful unroll zero_output_for_mask",
    "Conv1D": f"filters kernel_size {CONV} {KERNEL}",
    "Conv3D": f"filters kernel_size {CONV} {KERNEL}",
    "Conv2D": f"filters kernel_size {CONV} {KERNEL}",
    "Conv1DTranspose": f"filters kernel_size strides padding output_padding data_format dilation_rate activation use_bias {KERNEL}",
    "Conv2DTranspose": f"filters kernel_size strides padding output_padding data_format dilation_rate activation use_bias {KERNEL}",
    "Cropping1D": "cropping", "Cropping2D": "cropping data_format",
    "Dense": f"units activation use_bias {KERNEL} lora_rank",
    "DepthwiseConv2D": "kernel_size strides padding depth_multiplier data_format dilation_rate activation use_bias "
    "depthwise_initializer bias_initializer depthwise_regularizer bias_regularizer",
    "Dropout": "rate noise_shape seed",
    "ELU": "alpha",
    "Embedding": "input_dim output_dim embeddings_initializer embeddings_regularizer embeddings_constraint mask_zero weights lora_rank",
    "Flatten": "data_format",
    "GRU": GATED.replace("unit_forget_bias ", "") + " reset_after use_cudnn",
    "GaussianNoise": "stddev seed",
    "GlobalAveragePooling1D": "data_format keepdims", "GlobalAveragePooling2D": "data_format keepdims",
    "GlobalAveragePooling3D": "data_format keepdims", "GlobalMaxPooling3D": "data_format keepdims",
    "GlobalMaxPooling1D": "data_format keepdims", "GlobalMaxPooling2D": "data_format keepdims",
    "GroupNormalization": "groups axis epsilon center scale",
    "Identity": "",
    "LSTM": GATED + " use_cudnn",
    "LayerNormalization": "axis epsilon center scale rms_scaling beta_initializer gamma_initializer",
    "LeakyReLU": "negative_slope",
    "Masking": "mask_value",
    "MultiHeadAttention": f"num_heads key_dim value_dim dropout use_bias output_shape attention_axes flash_attention {KERNEL} seed",
    "PReLU": "alpha_initializer alpha_regularizer alpha_constraint shared_axes",
    "Permute": "dims",
    "RMSNormalization": "axis epsilon",
    "RepeatVector": "n",
    "Rescaling": "scale offset",
    "Reshape": "target_shape",
    "SeparableConv2D": "filters kernel_size strides padding data_format dilation_rate depth_multiplier activation use_bias "
    "depthwise_initializer pointwise_initializer bias_initializer depthwise_regularizer pointwise_regularizer",
    "SimpleRNN": GATED.replace("recurrent_activation ", "").replace("unit_forget_bias ", ""),
    "SpatialDropout1D": "rate seed name dtype", "SpatialDropout2D": "rate data_format seed",
    "TimeDistributed": "layer",
    "UpSampling1D": "size", "UpSampling2D": "size data_format interpolation",
    "ZeroPadding1D": "padding data_format", "ZeroPadding2D": "padding data_format",
    "ZeroPadding3D": "padding data_format",
}
OPTIMIZER = " * weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum loss_scale_factor name"
OTHERS = {
    "initializers": {
        "Constant": "value", "Identity": "gain", "Orthogonal": "gain seed", "RandomNormal": "mean stddev seed",
        "RandomUniform": "minval maxval seed", "TruncatedNormal": "mean stddev seed", "VarianceScaling": "scale mode distribution seed",
    },
    "optimizers": {
        "Adagrad": "learning_rate initial_accumulator_value epsilon" + OPTIMIZER,
        "Adam": "learning_rate beta_1 beta_2 epsilon amsgrad" + OPTIMIZER,
        "AdamW": "learning_rate weight_decay beta_1 beta_2 epsilon amsgrad" + OPTIMIZER,
        "Lion": "learning_rate beta_1 beta_2" + OPTIMIZER,
        "Nadam": "learning_rate beta_1 beta_2 epsilon" + OPTIMIZER,
        "RMSprop": "learning_rate rho momentum epsilon centered" + OPTIMIZER,
        "SGD": "learning_rate momentum nesterov" + OPTIMIZER,
    },
    "losses": {
        "BinaryCrossentropy": "from_logits label_smoothing axis reduction",
        "BinaryFocalCrossentropy": "apply_class_balancing alpha gamma from_logits label_smoothing axis reduction", "Huber": "delta reduction",
        "SparseCategoricalCrossentropy": "from_logits ignore_class reduction",
    },
    "regularizers": {"L1L2": "l1 l2"},
}
NAMES = {
    "losses": {"binary_crossentropy", "sparse_categorical_crossentropy", "hinge", "kl_divergence", "log_cosh", "poisson"}
    | {"mean_absolute_error", "mean_squared_error"},
    "initializers": {"zeros", "ones", "uniform", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform"}
    | {"lecun_normal", "orthogonal"},
    "activations": set(
        "celu elu exponential gelu hard_sigmoid hard_swish hard_tanh leaky_relu linear mish relu relu6 selu sigmoid silu softmax "
        "softplus softsign tanh".split()
    ),
    "ops": set(
        "abs add arctan cast celu concatenate cos erf exp expand_dims flip stop_gradient log log1p matmul max maximum mean minimum mod norm one_hot ones_like split "
        "pad power repeat softmax take relu relu6 reshape sigmoid sign silu sin softplus softsign sqrt square sum tan tanh tile transpose where "
        "zeros_like sinh cosh floor round elu gelu selu leaky_relu hard_sigmoid hard_swish hard_tanh mish clip".split()
    ),
}


class Tensor:
    """What a layer gives."""


class Layer:
    def __init__(self, **options):
        assert set(options) <= {"name", "dtype", "trainable"}, f"Layer: {options}"

    def add_weight(self, shape=None, initializer=None, dtype=None, trainable=True, name=None):
        check_initializer(initializer)
        return Tensor()

    def __call__(self, x, *args, **options):
        assert all(isinstance(one, Tensor) for one in (x if isinstance(x, list) else [x])), f"called on {x}"
        return Tensor()


def check_initializer(value):
    known = callable(value) or type(value).__module__ == "initializers" or value in NAMES["initializers"]
    assert known, f"initializer {value!r}"


def known_class(module, name, signature, base):
    words, _, keywords = signature.partition("*")
    places, known = words.split(), {*words.split(), *keywords.split(), "name", "dtype"}

    def construct(self, *args, **options):
        assert len(args) <= len(places), f"{name} takes {len(places)} arguments: {args}"
        given = dict(zip(places, args))
        assert not set(options) - known, f"{name} has no {set(options) - known}"
        assert not set(options) & set(given), f"{name}: {set(options) & set(given)} twice"
        for key, value in {**given, **options}.items():
            if key.endswith("_initializer") and value is not None:
                check_initializer(value)
            if key in ("activation", "recurrent_activation") and isinstance(value, str):
                assert value in NAMES["activations"], f"activation {value!r}"
            if key == "units" and name == "LSTMCell":
                self.units, self.state_size = value, [value, value]
            if key == "layer":
                assert isinstance(value, Layer), f"{name} of {value}"

    return type(name, (base,), {"__init__": construct, "__module__": module})


class Sequential(Layer):
    outputs = 1

    def __init__(self, layers=None, trainable=True, name=None):
        assert all(isinstance(one, Layer) for one in layers or []), layers

    def compile(self, optimizer=None, loss=None, loss_weights=None):
        assert type(optimizer).__module__ == "optimizers", optimizer
        several = loss if isinstance(loss, list) else [loss]
        for one in several:
            assert callable(one) or type(one).__module__ == "losses" or one in NAMES["losses"], f"loss {one!r}"
        assert len(several) == self.outputs and (loss_weights is None or len(loss_weights) == self.outputs), loss_weights
        self.optimizer, self.compiled = optimizer, True

    def fit(self, x=None, y=None, batch_size=None, epochs=1, callbacks=None, shuffle=True, sample_weight=None):
        assert self.compiled and x is not None and y is not None


class Model(Sequential):
    def __init__(self, inputs, outputs, name=None):
        self.outputs = len(outputs) if isinstance(outputs, list) else 1
        for given in (inputs, outputs):
            for one in given if isinstance(given, list) else [given]:
                assert isinstance(one, Tensor), one


def Input(shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None):
    assert isinstance(shape, tuple), shape
    return Tensor()


def functions(names):
    return types.SimpleNamespace(**{name: lambda *args, **options: Tensor() for name in names})


class Callback:
    pass


def install():
    keras = types.ModuleType("keras")
    keras.layers = types.ModuleType("keras.layers")
    for name, signature in LAYERS.items():
        setattr(keras.layers, name, known_class("layers", name, signature, Layer))
    for module, classes in OTHERS.items():
        setattr(keras, module, types.SimpleNamespace(
            **{name: known_class(module, name, signature, object) for name, signature in classes.items()}
        ))
    keras.ops, keras.activations = functions(NAMES["ops"]), functions(NAMES["activations"])
    keras.random = functions({"normal", "uniform"})
    keras.callbacks = types.SimpleNamespace(Callback=Callback)
    keras.Layer = keras.layers.Layer = Layer
    keras.Sequential, keras.Model, keras.Input = Sequential, Model, Input
    sys.modules["keras"], sys.modules["keras.layers"] = keras, keras.layers


def check_names(code):
    """Functions inside what is not run."""
    for module in ("ops", "activations"):
        unknown = set(re.findall(rf"keras\.{module}\.(\w+)", code)) - NAMES[module]
        assert not unknown, f"keras.{module} has no {unknown}"
