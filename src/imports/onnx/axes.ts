/** @file Layers on the axes that an ONNX node names, wherever they lie. */
import { sizeOf } from '../tensors.ts';
import type { Value } from '../writer.ts';
import { Arrangement } from './arrangement.ts';
import { type Axis, BATCH, isSame, type Laid, ONE } from './laid.ts';

export class Axes extends Arrangement {
  /** Every number by itself. */
  pointwise({ value, axes }: Laid, apply: (x: Value) => Value, name: string): Laid {
    if (value.shape.length <= 3) return { value: apply(value), axes };
    const last = value.shape.at(-1) as number;
    const rows = this.inShape(value, [sizeOf(value.shape) / last, last], name);
    return { value: this.inShape(apply(rows), value.shape, name), axes };
  }

  /**
   * @param apply to [rows, n] or, where that is all, [n]: gives as many rows
   * @param most axes of what `apply` takes where that is as it should be
   */
  alongAxis(laid: Laid, axis: number, apply: (x: Value) => Value, name: string, most = 2): Laid {
    const { value, axes } = laid;
    const own = axes[axis]?.parts ?? [];
    const isLast =
      own.length === 1 && own[0] === value.shape.length - 1 && !this.isStretched(laid, axes[axis] as Axis);
    if (isLast && value.shape.length <= most) {
      const out = apply(value);
      return { value: out, axes: axes.with(axis, { parts: own, size: out.shape.at(-1) as number }) };
    }
    const apart = this.real(laid, name);
    const others = this.places(apart).filter((i) => i !== axis);
    const x = this.arranged(apart, others.length === 0 ? [[axis]] : [others, [axis]], name);
    const out = apply(x);
    const sizes = others.map((i) =>
      this.product(
        apart.value,
        (apart.axes[i] as Axis).parts.filter((part) => part !== BATCH),
      ),
    );
    const whole = this.inShape(out, [...sizes, out.shape.at(-1) as number], name);
    return this.relaid(whole, apart.axes, [...others, axis]);
  }

  /** As `alongAxis`; of images [channels, height, width] along the channels as they are. */
  alongFeatures(laid: Laid, axis: number, apply: (x: Value) => Value, name: string): Laid {
    const { value, axes } = laid;
    if (value.shape.length === 3 && isSame(axes[axis]?.parts ?? [], [0]))
      return { value: apply(value), axes };
    return this.alongAxis(laid, axis, apply, name);
  }

  /**
   * What slides over one to three axes.
   * @param features the axes that stand beside them, joined
   * @param apply to [time, features], [features, height, width] or [time, features, height, width]
   */
  gridded(
    laid: Laid,
    grid: readonly number[],
    features: readonly number[],
    apply: (x: Value) => Value,
    name: string,
  ): Laid {
    // Images have their features first; with a time, it stands before them.
    const at = grid.length === 2 ? 0 : 1;
    const lists = grid.map((axis) => [axis]).toSpliced(at, 0, [...features]);
    const out = apply(this.arranged(laid, lists, name));
    const around =
      features.length === 1
        ? [out.shape[at] as number]
        : features.map((axis) => this.sizesOfOne(laid)[axis] ?? 1);
    const whole = this.inShape(out, out.shape.toSpliced(at, 1, ...around), name);
    return this.relaid(whole, laid.axes, lists.flat());
  }

  /** Axes of more than one element but these. */
  others(laid: Laid, ...axes: readonly number[]): number[] {
    return this.places(laid).filter((axis) => !axes.includes(axis));
  }

  /** These axes are gone, or 1; what is left of the value is the others, in this order. */
  reduced(
    laid: Laid,
    value: Value,
    gone: ReadonlySet<number>,
    others: readonly number[],
    keep: boolean,
    name: string,
  ): Laid {
    const whole =
      others.length === 0
        ? value
        : this.inShape(
            value,
            others.map((i) => this.sizesOfOne(laid)[i] ?? 1),
            name,
          );
    const { axes } = this.relaid(
      whole,
      laid.axes.map((axis, i) => (gone.has(i) ? ONE : axis)),
      others,
    );
    return { value: whole, axes: keep ? axes : axes.filter((_, i) => !gone.has(i)) };
  }

  /** Several tensors with the same axes, but for one along which they are joined, or for those that are broadcast. */
  together(
    laids: readonly Laid[],
    apply: (xs: readonly Value[], axis: number) => Value,
    name: string,
    joined: number | null = null,
  ): Laid {
    const rank = Math.max(...laids.map(({ axes }) => axes.length));
    const all = laids.map((laid) => this.ranked(joined === null ? laid : this.real(laid, name), rank));
    const [first] = all as [Laid];
    const isAlike = ({ value, axes }: Laid) =>
      axes.every(
        ({ parts, size }, i) =>
          isSame(parts, first.axes[i]?.parts ?? []) && (i === joined || size === first.axes[i]?.size),
      ) && value.shape.length === first.value.shape.length;
    const own = first.axes[joined ?? 0]?.parts ?? [];
    if (all.every(isAlike) && (joined === null || (own.length === 1 && own[0] !== BATCH))) {
      const value = apply(
        all.map((laid) => laid.value),
        own[0] ?? 0,
      );
      const axes =
        joined === null
          ? first.axes
          : first.axes.with(joined, { parts: own, size: value.shape[own[0] as number] as number });
      return { value, axes };
    }
    const largest = all.reduce((a, b) => (sizeOf(b.value.shape) > sizeOf(a.value.shape) ? b : a));
    const unstretched = all.map(
      ({ value, axes }): Laid => ({
        value,
        axes: axes.map(({ parts }) => ({ parts, size: this.product(value, parts) })),
      }),
    );
    const order = [
      ...new Set([
        ...this.places(largest),
        ...unstretched.flatMap((laid) => this.places(laid)),
        ...(joined === null ? [] : [joined]),
      ]),
    ];
    const values = unstretched.map((laid) =>
      this.arranged(
        laid,
        order.map((axis) => [axis]),
        name,
      ),
    );
    const value = apply(values, order.indexOf(joined ?? 0));
    const axes = first.axes.map((axis, i): Axis => {
      const others = all.map((laid) => laid.axes[i] as Axis);
      const held = others.find(({ parts }) => parts.includes(BATCH)) ?? axis;
      return { parts: held.parts, size: Math.max(...others.map(({ size }) => size)) };
    });
    return this.relaid(value, axes, order);
  }
}
