"""Architectures as people write them in PyTorch, small: what generate_architecture_fixtures.py exports to ONNX."""
import math

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(i, o, k, s=1, p=None, groups=1, act=True):
    layers = [nn.Conv2d(i, o, k, s, k // 2 if p is None else p, groups=groups, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if act else []))


class AlexNet(nn.Module):
    """Krizhevsky et al. 2012: local response normalization, adaptive pooling."""
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 11, stride=4, padding=2), nn.ReLU(inplace=True), nn.LocalResponseNorm(5, 1e-2, 0.75, 2.0),
            nn.MaxPool2d(3, 2), nn.Conv2d(8, 12, 5, padding=2), nn.ReLU(inplace=True), nn.LocalResponseNorm(4), nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(12, 16), nn.ReLU(inplace=True), nn.Linear(16, 5))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Fire(nn.Module):
    def __init__(self, i, s, e):
        super().__init__()
        self.squeeze, self.one, self.three = nn.Conv2d(i, s, 1), nn.Conv2d(s, e, 1), nn.Conv2d(s, e, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)


class SqueezeNet(nn.Module):
    """Iandola et al. 2016: ceil_mode, a convolution as classifier."""
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(8, 4, 6), Fire(12, 4, 6),
                                 nn.AvgPool2d(3, 2, 1, ceil_mode=True), nn.Dropout(0.5), nn.Conv2d(12, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)))

    def forward(self, x):
        return torch.flatten(self.net(x), 1)


def channel_shuffle(x, groups):
    n, c, h, w = x.size()
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)


class ShuffleUnit(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.branch = nn.Sequential(conv_bn(c // 2, c // 2, 1), conv_bn(c // 2, c // 2, 3, groups=c // 2, act=False), conv_bn(c // 2, c // 2, 1))

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        return channel_shuffle(torch.cat((a, self.branch(b)), dim=1), 2)


class ShuffleNet(nn.Module):
    """Ma et al. 2018: channels in halves, shuffled; the mean of the pixels."""
    def __init__(self):
        super().__init__()
        self.net, self.fc = nn.Sequential(conv_bn(3, 8, 3, 2), ShuffleUnit(8), ShuffleUnit(8)), nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(self.net(x).mean([2, 3]))


class GoogLeNet(nn.Module):
    """Szegedy et al. 2015: four branches, ceil_mode with padding."""
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 6, 7, 2), nn.MaxPool2d(3, stride=2, ceil_mode=True))
        self.b1, self.b2 = conv_bn(6, 4, 1), nn.Sequential(conv_bn(6, 3, 1), conv_bn(3, 4, 3))
        self.b3 = nn.Sequential(conv_bn(6, 2, 1), conv_bn(2, 3, 5))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), conv_bn(6, 3, 1))
        self.fc = nn.Linear(14, 4)

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class SqueezeExcite(nn.Module):
    """Hu et al. 2018, with linear layers and expand_as."""
    def __init__(self, c):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(c, c // 2), nn.ReLU(), nn.Linear(c // 2, c), nn.Sigmoid())

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.fc(F.adaptive_avg_pool2d(x, 1).view(b, c)).view(b, c, 1, 1)
        return x * y.expand_as(x)


class RegNetBlock(nn.Module):
    """Radosavovic et al. 2020: grouped convolution and a gate."""
    def __init__(self, i, o, stride):
        super().__init__()
        self.body = nn.Sequential(conv_bn(i, o, 1), conv_bn(o, o, 3, stride, groups=4), SqueezeExcite(o), conv_bn(o, o, 1, act=False))
        self.skip = conv_bn(i, o, 1, stride, act=False)

    def forward(self, x):
        return F.relu(self.skip(x) + self.body(x))


class MixerBlock(nn.Module):
    def __init__(self, tokens, dim):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.t1, self.t2, self.c1, self.c2 = nn.Linear(tokens, 6), nn.Linear(6, tokens), nn.Linear(dim, 12), nn.Linear(12, dim)

    def forward(self, x):
        x = x + self.t2(F.gelu(self.t1(self.n1(x).transpose(1, 2)))).transpose(1, 2)
        return x + self.c2(F.gelu(self.c1(self.n2(x))))


class Mixer(nn.Module):
    """Tolstikhin et al. 2021."""
    def __init__(self):
        super().__init__()
        self.patch, self.blocks = nn.Conv2d(3, 8, 4, 4), nn.Sequential(MixerBlock(9, 8), MixerBlock(9, 8))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 4)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.patch(x).flatten(2).transpose(1, 2))).mean(dim=1))


class FusedAttention(nn.Module):
    """One product for query, key and value, as timm writes it."""
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(dim, dim * 3), nn.Linear(dim, dim)

    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attn = ((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1)
        return self.proj((attn @ v).transpose(1, 2).reshape(B, N, C))


class Block(nn.Module):
    def __init__(self, dim, attention):
        super().__init__()
        self.n1, self.n2, self.attn = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6), attention
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Dropout(0.0), nn.Linear(2 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.n1(x))
        return x + self.mlp(self.n2(x))


class DeiT(nn.Module):
    """Touvron et al. 2021: class token, learned positions, the token read out."""
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.cls_token, self.dist_token = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 1, 8))
        self.pos_embed = nn.Parameter(torch.randn(1, 11, 8))
        self.blocks = nn.Sequential(Block(8, FusedAttention(8, 2)), Block(8, FusedAttention(8, 2)))
        self.norm, self.head, self.head_dist = nn.LayerNorm(8), nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        tokens = [t.expand(x.shape[0], -1, -1) for t in (self.cls_token, self.dist_token)]
        x = self.norm(self.blocks(torch.cat((*tokens, x), dim=1) + self.pos_embed))
        return (self.head(x[:, 0]) + self.head_dist(x[:, 1])) / 2


class WindowAttention(nn.Module):
    def __init__(self, dim, window, heads):
        super().__init__()
        self.heads, self.scale, self.window = heads, (dim // heads) ** -0.5, window
        self.table = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads))
        grid = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        offsets = (grid[:, :, None] - grid[:, None, :]).permute(1, 2, 0) + window - 1
        self.register_buffer("index", offsets[..., 0] * (2 * window - 1) + offsets[..., 1])
        self.qkv, self.proj = nn.Linear(dim, dim * 3), nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        B_, N, C = x.shape
        qkv = self.qkv(x).reshape(B_, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        attn = (q * self.scale) @ k.transpose(-2, -1)
        bias = self.table[self.index.view(-1)].view(N, N, -1).permute(2, 0, 1).contiguous()
        attn = attn + bias.unsqueeze(0)
        if mask is not None:
            nW = mask.shape[0]
            attn = attn.view(B_ // nW, nW, self.heads, N, N) + mask.unsqueeze(1).unsqueeze(0)
            attn = attn.view(-1, self.heads, N, N)
        return self.proj((attn.softmax(-1) @ v).transpose(1, 2).reshape(B_, N, C))


def windows(x, w):
    B, H, W, C = x.shape
    return x.view(B, H // w, w, W // w, w, C).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, w, w, C)


def joined(parts, w, H, W):
    B = int(parts.shape[0] / (H * W / w / w))
    return parts.view(B, H // w, W // w, w, w, -1).permute(0, 1, 3, 2, 4, 5).contiguous().view(B, H, W, -1)


class SwinBlock(nn.Module):
    def __init__(self, dim, size, window, shift):
        super().__init__()
        self.size, self.window, self.shift = size, window, shift
        self.n1, self.n2, self.attn = nn.LayerNorm(dim), nn.LayerNorm(dim), WindowAttention(dim, window, 2)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        mask = None
        if shift:
            zones = torch.zeros(1, size, size, 1)
            parts = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
            for i, h in enumerate(parts):
                for j, v in enumerate(parts):
                    zones[:, h, v] = 3 * i + j
            flat = windows(zones, window).view(-1, window * window)
            apart = flat.unsqueeze(1) - flat.unsqueeze(2)
            mask = apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)
        self.register_buffer("mask", mask)

    def forward(self, x):
        H = W = self.size
        B, L, C = x.shape
        y = self.n1(x).view(B, H, W, C)
        if self.shift:
            y = torch.roll(y, shifts=(-self.shift, -self.shift), dims=(1, 2))
        parts = windows(y, self.window).view(-1, self.window * self.window, C)
        parts = self.attn(parts, self.mask).view(-1, self.window, self.window, C)
        y = joined(parts, self.window, H, W)
        if self.shift:
            y = torch.roll(y, shifts=(self.shift, self.shift), dims=(1, 2))
        x = x + y.view(B, H * W, C)
        return x + self.mlp(self.n2(x))


class PatchMerging(nn.Module):
    def __init__(self, dim, size):
        super().__init__()
        self.size, self.norm, self.reduction = size, nn.LayerNorm(4 * dim), nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x):
        B, L, C = x.shape
        x = x.view(B, self.size, self.size, C)
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.reduction(self.norm(x.view(B, -1, 4 * C)))


class Swin(nn.Module):
    """Liu et al. 2021: windows, shifted windows with masks, relative positions, merged patches."""
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 2, 2)
        self.body = nn.Sequential(SwinBlock(8, 4, 2, 0), SwinBlock(8, 4, 2, 1), PatchMerging(8, 4))
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 3)

    def forward(self, x):
        x = self.norm(self.body(self.patch(x).flatten(2).transpose(1, 2)))
        return self.head(torch.flatten(nn.AdaptiveAvgPool1d(1)(x.transpose(1, 2)), 1))


class CRNN(nn.Module):
    """Shi et al. 2015: convolutions, then time along the width."""
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 4, 3, 1, 1), nn.ReLU(True), nn.MaxPool2d(2, 2), nn.Conv2d(4, 6, 3, 1, 1), nn.BatchNorm2d(6),
                                 nn.ReLU(True), nn.MaxPool2d((2, 2), (2, 1), (0, 1)), nn.Conv2d(6, 6, 2, 1, 0), nn.ReLU(True))
        self.rnn, self.embedding = nn.LSTM(6, 5, bidirectional=True), nn.Linear(10, 4)

    def forward(self, x):
        conv = self.cnn(x).squeeze(2).permute(2, 0, 1)
        recurrent, _ = self.rnn(conv)
        T, b, h = recurrent.size()
        return self.embedding(recurrent.view(T * b, h)).view(T, b, -1).permute(1, 0, 2)


class Chomp(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return x[:, :, : -self.size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, i, o, dilation):
        super().__init__()
        pad = 2 * dilation
        self.net = nn.Sequential(
            nn.utils.weight_norm(nn.Conv1d(i, o, 3, padding=pad, dilation=dilation)), Chomp(pad), nn.ReLU(), nn.Dropout(0.2),
            nn.utils.weight_norm(nn.Conv1d(o, o, 3, padding=pad, dilation=dilation)), Chomp(pad), nn.ReLU(), nn.Dropout(0.2))
        self.downsample = nn.Conv1d(i, o, 1) if i != o else None

    def forward(self, x):
        return F.relu(self.net(x) + (x if self.downsample is None else self.downsample(x)))


class TCN(nn.Module):
    """Bai et al. 2018: dilated causal convolutions, cut at the end, with weight norm."""
    def __init__(self):
        super().__init__()
        self.tcn, self.linear = nn.Sequential(TemporalBlock(2, 4, 1), TemporalBlock(4, 4, 2)), nn.Linear(4, 3)

    def forward(self, x):
        return self.linear(self.tcn(x.transpose(1, 2))[:, :, -1])


class UNetPlusPlus(nn.Module):
    """Zhou et al. 2018: nested skips; bilinear with align_corners=True."""
    def __init__(self):
        super().__init__()
        block = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
        self.pool, self.up = nn.MaxPool2d(2, 2), nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.a0, self.a1, self.a2 = block(1, 3), block(3, 4), block(4, 5)
        self.b0, self.b1, self.c0 = block(7, 3), block(9, 4), block(10, 3)
        self.final = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        a0 = self.a0(x)
        a1 = self.a1(self.pool(a0))
        b0 = self.b0(torch.cat([a0, self.up(a1)], 1))
        a2 = self.a2(self.pool(a1))
        b1 = self.b1(torch.cat([a1, self.up(a2)], 1))
        return self.final(self.c0(torch.cat([a0, b0, self.up(b1)], 1)))


class EncoderTransformer(nn.Module):
    """nn.TransformerEncoderLayer over tokens: sinusoidal positions kept as a buffer."""
    def __init__(self, batch_first):
        super().__init__()
        self.embed, self.batch_first = nn.Embedding(9, 8), batch_first
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=batch_first, activation="gelu" if batch_first else "relu")
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        position = torch.arange(6).unsqueeze(1)
        div = torch.exp(torch.arange(0, 8, 2) * (-math.log(10000.0) / 8))
        pe = torch.zeros(6, 8)
        pe[:, 0::2], pe[:, 1::2] = torch.sin(position * div), torch.cos(position * div)
        self.register_buffer("pe", pe.unsqueeze(0))
        self.decoder = nn.Linear(8, 3)

    def forward(self, tokens):
        x = self.embed(tokens) * math.sqrt(8) + self.pe
        if self.batch_first:
            return self.decoder(self.encoder(x).mean(1))
        return self.decoder(self.encoder(x.transpose(0, 1)).mean(0))


class CrossAttention(nn.Module):
    """nn.MultiheadAttention to itself with a causal mask, and to another sequence of other features."""
    def __init__(self):
        super().__init__()
        self.own, self.other = nn.MultiheadAttention(8, 2, batch_first=True), nn.MultiheadAttention(8, 4, kdim=6, vdim=6, batch_first=True)
        self.register_buffer("mask", torch.triu(torch.ones(5, 5), 1).bool())
        self.head = nn.Linear(8, 3)

    def forward(self, x, memory):
        x = x + self.own(x, x, x, attn_mask=self.mask, need_weights=False)[0]
        return self.head(x + self.other(x, memory, memory)[0])


class Siamese(nn.Module):
    """Koch et al. 2015: one tower for both inputs, the distance of what it gives."""
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 4))
        self.out = nn.Linear(4, 1)

    def forward(self, a, b):
        return torch.sigmoid(self.out(torch.abs(self.tower(a) - self.tower(b))))


class VAE(nn.Module):
    """Kingma & Welling 2014, as it predicts: the mean of the code."""
    def __init__(self):
        super().__init__()
        self.encoder, self.mu, self.logvar = nn.Sequential(nn.Linear(12, 8), nn.LeakyReLU(0.2)), nn.Linear(8, 3), nn.Linear(8, 3)
        self.decoder = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 12), nn.Sigmoid())

    def forward(self, x):
        h = self.encoder(x.view(-1, 12))
        return self.decoder(self.mu(h)).view(-1, 3, 4)


class WaveNet(nn.Module):
    """van den Oord et al. 2016: gated, dilated, with skips summed."""
    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 4, 1)
        self.dilated = nn.ModuleList([nn.Conv1d(4, 8, 2, dilation=2 ** i) for i in range(3)])
        self.mix, self.skip = nn.ModuleList([nn.Conv1d(4, 4, 1) for _ in range(3)]), nn.ModuleList([nn.Conv1d(4, 6, 1) for _ in range(3)])
        self.end = nn.Sequential(nn.ReLU(), nn.Conv1d(6, 6, 1), nn.ReLU(), nn.Conv1d(6, 3, 1))

    def forward(self, x):
        x, total = self.first(x), 0
        for i, conv in enumerate(self.dilated):
            y = conv(F.pad(x, (2 ** i, 0)))
            a, b = torch.split(y, 4, dim=1)
            z = torch.tanh(a) * torch.sigmoid(b)
            total = total + self.skip[i](z)
            x = x + self.mix[i](z)
        return self.end(total)


class Seq2Seq(nn.Module):
    """Sutskever et al. 2014: the decoder begins with the encoder's state."""
    def __init__(self, cell):
        super().__init__()
        self.source, self.target = nn.Embedding(7, 4), nn.Embedding(8, 4)
        self.encoder, self.decoder = cell(4, 5, batch_first=True), cell(4, 5, batch_first=True)
        self.out = nn.Linear(5, 8)

    def forward(self, source, target):
        _, state = self.encoder(self.source(source))
        return self.out(self.decoder(self.target(target), state)[0])


class AttentiveLSTM(nn.Module):
    """Zhou et al. 2016: a softmax over time weighs the outputs of a recurrent layer."""
    def __init__(self):
        super().__init__()
        self.embed, self.lstm = nn.Embedding(9, 4), nn.LSTM(4, 5, batch_first=True, bidirectional=True)
        self.attention, self.fc = nn.Linear(10, 1), nn.Linear(10, 3)

    def forward(self, tokens):
        outputs, (h, _) = self.lstm(self.embed(tokens))
        weights = F.softmax(self.attention(torch.tanh(outputs)).squeeze(-1), dim=1)
        return self.fc(torch.bmm(weights.unsqueeze(1), outputs).squeeze(1) + torch.cat((h[-2], h[-1]), 1))


class ConvMixer(nn.Module):
    """Trockman & Kolter 2022: even kernels padded to the same size."""
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 3), nn.GELU(), nn.BatchNorm2d(6))
        self.depth = nn.Sequential(nn.ConstantPad2d((1, 2, 1, 2), 0.0), nn.Conv2d(6, 6, 4, groups=6), nn.GELU(), nn.BatchNorm2d(6))
        self.point = nn.Sequential(nn.Conv2d(6, 6, 1), nn.GELU(), nn.BatchNorm2d(6))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(6, 3))

    def forward(self, x):
        x = self.stem(x)
        return self.head(self.point(x + self.depth(x)))


class ScaledConv(nn.Conv2d):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))

    def forward(self, x):
        mean, var = self.weight.mean([1, 2, 3], keepdim=True), self.weight.var([1, 2, 3], keepdim=True)
        weight = (self.weight - mean) * torch.rsqrt(torch.clamp(var * self.weight[0].numel(), min=1e-4)) * self.gain
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class NFNet(nn.Module):
    """Brock et al. 2021: standardized weights, scaled activations, a learned gain."""
    def __init__(self):
        super().__init__()
        self.stem, self.c1, self.c2 = ScaledConv(3, 8, 3, 2, 1), ScaledConv(8, 8, 3, padding=1, groups=2), ScaledConv(8, 8, 1)
        self.gate, self.skip_gain, self.fc = SqueezeExcite(8), nn.Parameter(torch.tensor(0.3)), nn.Linear(8, 3)

    def forward(self, x):
        x = self.stem(x)
        y = F.gelu(x) * 1.7015043497085571 * 0.98
        y = self.c2(F.gelu(self.c1(y)) * 1.7015043497085571)
        x = x + 0.2 * self.skip_gain * (2.0 * self.gate(y))
        return self.fc(F.gelu(x).mean((2, 3)))


class ConvNeXtBlock(nn.Module):
    """Liu et al. 2022: layer norm and linear layers with the channels last, a learned scale."""
    def __init__(self, dim):
        super().__init__()
        self.dw, self.norm = nn.Conv2d(dim, dim, 7, padding=3, groups=dim), nn.LayerNorm(dim, eps=1e-6)
        self.p1, self.p2, self.gamma = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim), nn.Parameter(torch.randn(dim))

    def forward(self, x):
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        y = self.gamma * self.p2(F.gelu(self.p1(y)))
        return x + y.permute(0, 3, 1, 2)


class LayerNorm2d(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(dim)), nn.Parameter(torch.randn(dim))

    def forward(self, x):
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        x = (x - u) / torch.sqrt(s + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class RMSNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(dim))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class Llama(nn.Module):
    """Touvron et al. 2023: RMS norm, rotary positions, grouped keys, a gated MLP."""
    def __init__(self):
        super().__init__()
        self.embed, self.norm, self.norm2 = nn.Embedding(9, 8), RMSNorm(8), RMSNorm(8)
        self.q, self.k, self.v, self.o = nn.Linear(8, 8, False), nn.Linear(8, 4, False), nn.Linear(8, 4, False), nn.Linear(8, 8, False)
        self.gate, self.up, self.down, self.head = nn.Linear(8, 12, False), nn.Linear(8, 12, False), nn.Linear(12, 8, False), nn.Linear(8, 9, False)
        freqs = torch.outer(torch.arange(5).float(), 1.0 / 10000 ** (torch.arange(0, 4, 2).float() / 4))
        self.register_buffer("cos", torch.cat((freqs, freqs), -1).cos())
        self.register_buffer("sin", torch.cat((freqs, freqs), -1).sin())
        self.register_buffer("mask", torch.full((5, 5), float("-inf")).triu(1))

    def rotated(self, x):
        half = torch.cat((-x[..., x.shape[-1] // 2:], x[..., : x.shape[-1] // 2]), dim=-1)
        return x * self.cos + half * self.sin

    def forward(self, tokens):
        x = self.embed(tokens)
        B, T, C = x.shape
        h = self.norm(x)
        q = self.rotated(self.q(h).view(B, T, 2, 4).transpose(1, 2))
        repeated = lambda y: y[:, :, None, :, :].expand(B, 1, 2, T, 4).reshape(B, 2, T, 4)
        k = repeated(self.rotated(self.k(h).view(B, T, 1, 4).transpose(1, 2)))
        v = repeated(self.v(h).view(B, T, 1, 4).transpose(1, 2))
        scores = q @ k.transpose(2, 3) / math.sqrt(4) + self.mask
        x = x + self.o((F.softmax(scores, dim=-1) @ v).transpose(1, 2).contiguous().view(B, T, C))
        h = self.norm2(x)
        return self.head(x + self.down(F.silu(self.gate(h)) * self.up(h)))


class NonLocal(nn.Module):
    """Wang et al. 2018: attention over pixels, without heads."""
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.theta, self.phi, self.g, self.out = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 2, 1), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)

    def forward(self, x):
        x = self.first(x)
        b = x.size(0)
        g = F.max_pool2d(self.g(x), 2).view(b, 2, -1).permute(0, 2, 1)
        theta, phi = self.theta(x).view(b, 2, -1).permute(0, 2, 1), F.max_pool2d(self.phi(x), 2).view(b, 2, -1)
        y = torch.matmul(F.softmax(torch.matmul(theta, phi), dim=-1), g)
        return x + self.out(y.permute(0, 2, 1).contiguous().view(b, 2, *x.size()[2:]))


class SuperResolution(nn.Module):
    """Shi et al. 2016: pixels from channels; group norm and reflected edges around it."""
    def __init__(self):
        super().__init__()
        self.pad, self.c1, self.norm, self.c2 = nn.ReflectionPad2d(2), nn.Conv2d(1, 4, 5), nn.GroupNorm(2, 4), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return F.pixel_shuffle(self.c2(F.instance_norm(F.relu(self.norm(self.c1(self.pad(x)))))), 2)


class Bottleneck(nn.Module):
    """Res2Net (Gao et al. 2019) with cardinality and a top-k free pooling: split, sums along the way, joined."""
    def __init__(self):
        super().__init__()
        self.first, self.last = conv_bn(2, 8, 1), conv_bn(8, 2, 1, act=False)
        self.convs = nn.ModuleList([conv_bn(2, 2, 3) for _ in range(3)])

    def forward(self, x):
        parts, outs = torch.split(self.first(x), 2, 1), []
        for i, conv in enumerate(self.convs):
            y = parts[i] if i == 0 else y + parts[i]
            y = conv(y)
            outs.append(y)
        return F.relu(x + self.last(torch.cat([*outs, parts[3]], 1)))


class CoordinateAttention(nn.Module):
    """Hou et al. 2021: means along height and along width; CBAM's maximum over channels (Woo et al. 2018)."""
    def __init__(self):
        super().__init__()
        self.c1, self.ch, self.cw, self.sp = nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1), nn.Conv2d(2, 4, 1), nn.Conv2d(2, 1, 3, padding=1, bias=False)

    def forward(self, x):
        n, c, h, w = x.size()
        xh, xw = x.mean(3, keepdim=True), x.mean(2, keepdim=True).permute(0, 1, 3, 2)
        y = F.hardswish(self.c1(torch.cat([xh, xw], dim=2)))
        yh, yw = torch.split(y, [h, w], dim=2)
        x = x * self.cw(yw.permute(0, 1, 3, 2)).sigmoid() * self.ch(yh).sigmoid()
        spatial = torch.cat([torch.max(x, 1, keepdim=True)[0], torch.mean(x, 1, keepdim=True)], 1)
        return x * torch.sigmoid(self.sp(spatial))


class TwoTower(nn.Module):
    """Matrix factorization with biases: the cosine of two embeddings."""
    def __init__(self):
        super().__init__()
        self.user, self.item, self.bias = nn.Embedding(6, 4), nn.Embedding(7, 4), nn.Embedding(6, 1)

    def forward(self, user, item):
        u, i = self.user(user), self.item(item)
        return (F.normalize(u, dim=-1) * F.normalize(i, dim=-1)).sum(-1) + self.bias(user).squeeze(-1)


class TextCNN(nn.Module):
    """Kim 2014: windows of three sizes, the maximum over time."""
    def __init__(self):
        super().__init__()
        self.embed, self.convs = nn.Embedding(9, 4), nn.ModuleList([nn.Conv2d(1, 3, (k, 4)) for k in (2, 3, 4)])
        self.fc = nn.Linear(9, 3)

    def forward(self, x):
        x = self.embed(x).unsqueeze(1)
        x = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return F.log_softmax(self.fc(torch.cat([F.max_pool1d(i, int(i.size(2))).squeeze(2) for i in x], 1)), dim=1)


class DQN(nn.Module):
    """Wang et al. 2016, dueling: the value and the advantages around their mean."""
    def __init__(self):
        super().__init__()
        self.body, self.value, self.advantage = nn.Linear(4, 8), nn.Linear(8, 1), nn.Linear(8, 3)

    def forward(self, x):
        x = F.relu(self.body(x))
        a = self.advantage(x)
        return self.value(x) + a - a.mean(dim=1, keepdim=True)


class EinsumAttention(nn.Module):
    """Attention with torch.einsum."""
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(6, 18), nn.Linear(6, 6)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, 2, 3).permute(2, 0, 3, 1, 4)
        weights = (torch.einsum("bhid,bhjd->bhij", q, k) * 3 ** -0.5).softmax(-1)
        y = torch.einsum("bhij,bhjd->bihd", weights, v).reshape(b, n, 6)
        return self.out(y)


class WeightedSteps(nn.Module):
    """Yang et al. 2016: a learned vector weighs the steps, by einsum."""
    def __init__(self):
        super().__init__()
        self.gru, self.context, self.fc = nn.GRU(4, 6, batch_first=True), nn.Parameter(torch.randn(6)), nn.Linear(6, 2)

    def forward(self, x):
        steps, _ = self.gru(x)
        weights = torch.einsum("bth,h->bt", steps, self.context).softmax(1)
        return self.fc(torch.einsum("bt,bth->bh", weights, steps))


TOKENS = "tokens"
#: name: module, shapes of its inputs without the batch (tokens: the shape and the vocabulary)
ARCHITECTURES = {
    "alexnet": (AlexNet, [(3, 63, 63)]),
    "squeezenet": (SqueezeNet, [(3, 24, 24)]),
    "shufflenet": (ShuffleNet, [(3, 12, 12)]),
    "googlenet": (GoogLeNet, [(3, 20, 20)]),
    "regnet": (lambda: nn.Sequential(RegNetBlock(3, 8, 2), RegNetBlock(8, 8, 1)), [(3, 9, 9)]),
    "mlp_mixer": (Mixer, [(3, 12, 12)]),
    "deit": (DeiT, [(3, 12, 12)]),
    "swin": (Swin, [(3, 8, 8)]),
    "crnn": (CRNN, [(1, 8, 16)]),
    "tcn": (TCN, [(7, 2)]),
    "unet_plus_plus": (UNetPlusPlus, [(1, 8, 8)]),
    "transformer_encoder": (lambda: EncoderTransformer(True), [((6,), 9)]),
    "transformer_encoder_time_first": (lambda: EncoderTransformer(False), [((6,), 9)]),
    "cross_attention": (CrossAttention, [(5, 8), (4, 6)]),
    "siamese": (Siamese, [(5,), (5,)]),
    "vae": (VAE, [(3, 4)]),
    "wavenet": (WaveNet, [(1, 12)]),
    "seq2seq_gru": (lambda: Seq2Seq(nn.GRU), [((5,), 7), ((4,), 8)]),
    "seq2seq_lstm": (lambda: Seq2Seq(nn.LSTM), [((5,), 7), ((4,), 8)]),
    "lstm_with_attention": (AttentiveLSTM, [((6,), 9)]),
    "conv_mixer": (ConvMixer, [(3, 12, 12)]),
    "nfnet": (NFNet, [(3, 8, 8)]),
    "convnext": (lambda: nn.Sequential(nn.Conv2d(3, 6, 2, 2), LayerNorm2d(6), ConvNeXtBlock(6), ConvNeXtBlock(6)), [(3, 8, 8)]),
    "llama": (Llama, [((5,), 9)]),
    "non_local": (NonLocal, [(1, 6, 6)]),
    "super_resolution": (SuperResolution, [(1, 6, 5)]),
    "res2net": (Bottleneck, [(2, 5, 5)]),
    "coordinate_attention": (CoordinateAttention, [(4, 5, 6)]),
    "two_tower": (TwoTower, [((), 6), ((), 7)]),
    "text_cnn": (TextCNN, [((7,), 9)]),
    "dueling_dqn": (DQN, [(4,)]),
    "weighted_steps": (WeightedSteps, [(6, 4)]),
    "einsum_attention": (EinsumAttention, [(5, 6)]),
}
