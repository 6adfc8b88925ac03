/**
 * @file Where the axes of an ONNX tensor lie in the layer's output that it stands for. Turning axes round, joining and splitting
 * them there becomes layers here only where a layer needs it.
 */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Misfit, Unsupported } from '../model.ts';
import { sizeOf } from '../tensors.ts';
import type { NetworkWriter, Value } from '../writer.ts';
import { type Axis, BATCH, isAscending, isSame, type Laid, MAX_AXES, ONE, pieced } from './laid.ts';

export class Arrangement {
  readonly #writer: NetworkWriter;
  /** Samples in the tensors of the file; 1 where the file leaves that open. */
  readonly #batch: number;
  /** What shapes and orders were made of. */
  readonly #origins = new Map<string, { readonly from: Value; readonly order: readonly number[] | null }>();
  readonly #made = new Map<string, Value>();

  constructor(writer: NetworkWriter, batch: number) {
    this.#writer = writer;
    this.#batch = batch;
  }

  get batch(): number {
    return this.#batch;
  }

  /** [batch, …shape of the value] */
  plain(value: Value): Laid {
    return this.withBatch(value, 0);
  }

  /** The axes of the value, with the batch at this place among them. */
  withBatch(value: Value, at: number): Laid {
    const batch = { parts: this.#batch === 1 ? [] : [BATCH], size: this.#batch };
    const axes = value.shape.map((size, i): Axis => ({ parts: [i], size }));
    return { value, axes: axes.toSpliced(at, 0, batch) };
  }

  #sizeOf({ shape }: Value, part: number): number {
    return part === BATCH ? this.#batch : (shape[part] as number);
  }

  /** The size of axes of the value that are joined. */
  product(value: Value, parts: readonly number[]): number {
    return sizeOf(parts.map((part) => this.#sizeOf(value, part)));
  }

  /** Whether the axis stands for copies of what is there. */
  isStretched({ value }: Laid, { parts, size }: Axis): boolean {
    return this.product(value, parts) !== size;
  }

  // --- layers that compute nothing

  #add(type: string, options: Record<string, unknown>, x: Value, name: string): Value {
    const key = `${type} ${JSON.stringify(options)} ${x.source}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#writer.add(type, options, [x], { name });
    this.#made.set(key, made);
    return made;
  }

  /** The value's axes in this order. */
  #permuted(x: Value, order: readonly number[], name: string): Value {
    if (isAscending(order)) return x;
    const origin = this.#origins.get(x.source);
    if (origin?.order) {
      const before = origin.order;
      return this.#permuted(
        origin.from,
        order.map((axis) => before[axis] as number),
        name,
      );
    }
    const made = this.#add('permute', { dims: order.map((axis) => axis + 1) }, x, `${name}_order`);
    this.#origins.set(made.source, { from: x, order });
    return made;
  }

  /** The value's numbers in this shape. */
  inShape(x: Value, shape: readonly number[], name: string): Value {
    if (isSame(x.shape, shape)) return x;
    const origin = this.#origins.get(x.source);
    if (origin?.order === null) return this.inShape(origin.from, shape, name);
    if (shape.length > MAX_AXES)
      throw new Unsupported(`a tensor of ${shape.length} axes`, `${MAX_AXES} at most`);
    const made =
      shape.length === 1
        ? this.#add('flatten', {}, x, `${name}_flat`)
        : this.#add('reshape', { shape }, x, `${name}_shape`);
    this.#origins.set(made.source, { from: x, order: null });
    return made;
  }

  /** Copies in place of axes that stand for them. */
  real(laid: Laid, name: string): Laid {
    const at = laid.axes.findIndex((axis) => this.isStretched(laid, axis));
    const axis = laid.axes[at];
    if (axis === undefined) return laid;
    if (axis.parts.some((part) => this.#sizeOf(laid.value, part) > 1))
      throw new Unsupported('copies of samples');
    const flat = this.inShape(laid.value, [sizeOf(laid.value.shape)], name);
    const copied = this.#add('repeat_vector', { n: axis.size }, flat, `${name}_copies`);
    const value = this.inShape(copied, [axis.size, ...laid.value.shape], name);
    const axes = laid.axes.map(
      ({ parts, size }, i): Axis =>
        i === at
          ? { parts: [0], size }
          : { parts: parts.map((part) => (part === BATCH ? BATCH : part + 1)), size },
    );
    return this.real({ value, axes }, name);
  }

  /**
   * The value with one axis for each of these lists of the tensor's axes, which are joined. Axes that are in none have to be of
   * size 1, or the batch.
   */
  arranged(given: Laid, lists: readonly (readonly number[])[], name: string): Value {
    const laid = this.real(given, name);
    const listed = new Set(lists.flat());
    const isLeft = ({ parts }: Axis, i: number) =>
      !listed.has(i) && parts.some((part) => part !== BATCH && this.#sizeOf(laid.value, part) > 1);
    if (laid.axes.some(isLeft))
      throw new Unsupported('it has time steps, or windows, where others have the batch');
    const groups = lists.map((list) =>
      list.flatMap((axis) => (laid.axes[axis]?.parts ?? []).filter((part) => part !== BATCH)),
    );
    const wanted = groups.map((parts) => this.product(laid.value, parts));
    const parts = groups.flat();
    const isInOrder = isAscending(parts.filter((part) => this.#sizeOf(laid.value, part) > 1));
    const rest = laid.value.shape.map((_, axis) => axis).filter((axis) => !parts.includes(axis));
    const ordered = isInOrder ? laid.value : this.#permuted(laid.value, [...parts, ...rest], name);
    return this.inShape(ordered, wanted.length === 0 ? [1] : wanted, name);
  }

  /** What a layer takes: every axis but the batch, which comes first. */
  canonical(laid: Laid, name: string): Value {
    const [, ...others] = laid.axes.keys();
    return this.arranged(
      laid,
      others.map((axis) => [axis]),
      name,
    );
  }

  /** The batch among the parts of an axis that has become one axis of a value, or none. */
  #with({ parts }: Axis, part: number | null): number[] {
    const own = part === null ? [] : [part];
    const at = parts.indexOf(BATCH);
    if (at === -1) return own;
    if (at > 0 && at < parts.length - 1) throw new Unsupported('samples between time steps');
    return at === 0 ? [BATCH, ...own] : [...own, BATCH];
  }

  /** Axes that stand apart in a value: those of `lists`, in this order. */
  relaid(value: Value, axes: readonly Axis[], lists: readonly number[]): Laid {
    const laid = axes.map((axis, i): Axis => {
      const at = lists.indexOf(i);
      const parts = this.#with(axis, at === -1 ? null : at);
      return { parts, size: at === -1 ? axis.size : this.product(value, parts) };
    });
    return { value, axes: laid };
  }

  /** Axes of more than one element, in the order in which they lie in the value. */
  places({ value, axes }: Laid): number[] {
    const first = ({ parts }: Axis) => parts.find((part) => part !== BATCH && this.#sizeOf(value, part) > 1);
    const placed = axes.flatMap((axis, i) => {
      const part = first(axis);
      return part === undefined ? [] : [{ i, part }];
    });
    return placed.toSorted((a, b) => a.part - b.part).map(({ i }) => i);
  }

  /** With one axis of the value for each axis of the tensor that has more than one element, and for these. */
  separated(given: Laid, name: string, ...needed: readonly number[]): Laid {
    const laid = this.real(given, name);
    const isApart = (axis: number) => {
      const parts = laid.axes[axis]?.parts.filter((part) => part !== BATCH);
      return parts?.length === 1;
    };
    if (laid.axes.every(({ parts }) => parts.length < 2) && needed.every(isApart)) return laid;
    const places = this.places(laid);
    const lists = [...places, ...needed.filter((axis) => !places.includes(axis))];
    const value = this.arranged(
      laid,
      lists.map((axis) => [axis]),
      name,
    );
    return this.relaid(value, laid.axes, lists);
  }

  /**
   * Numbers that the file has for every sample, for one of them.
   * @throws Unsupported where samples have other ones
   */
  ofOneSample({ shape, data }: NamedTensor, { value, axes }: Laid): NamedTensor {
    let constant: NamedTensor = { shape, data };
    for (const [i, { parts, size }] of axes.entries()) {
      const axis = i - axes.length + shape.length;
      const at = parts.indexOf(BATCH);
      if (at === -1 || axis < 0 || constant.shape[axis] !== size) continue;
      const [outer, inner] = [
        this.product(value, parts.slice(0, at)),
        this.product(value, parts.slice(at + 1)),
      ];
      const before = sizeOf(constant.shape.slice(0, axis)) * outer;
      const width = inner * sizeOf(constant.shape.slice(axis + 1));
      const block = width * this.#batch;
      const from = constant.data;
      const kept = new Float32Array(before * width);
      for (let row = 0; row < before; row++)
        kept.set(from.subarray(row * block, row * block + width), row * width);
      if (from.some((x, j) => x !== kept[Math.floor(j / block) * width + (j % width)]))
        throw new Unsupported('numbers that differ from sample to sample');
      constant = { shape: constant.shape.with(axis, outer * inner), data: kept };
    }
    return constant;
  }

  /** Sizes of the axes of one sample. */
  sizesOfOne({ value, axes }: Laid): number[] {
    return axes.map(({ parts }) =>
      this.product(
        value,
        parts.filter((part) => part !== BATCH),
      ),
    );
  }

  // --- operators on axes

  transposed({ value, axes }: Laid, perm: readonly number[]): Laid {
    if (perm.some((axis) => axes[axis] === undefined)) throw new Misfit(`it turns ${axes.length} axes`);
    return { value, axes: perm.map((axis) => axes[axis] as Axis) };
  }

  /** @throws Unsupported where samples would be mixed */
  reshaped(given: Laid, sizes: readonly number[], name: string): Laid {
    const laid = this.real(given, name);
    const { value, axes } = laid;
    const parts = axes.flatMap((axis) =>
      axis.parts.map((part) => ({ part, size: this.#sizeOf(value, part) })),
    );
    const groups = pieced(parts, sizes);
    if (groups === null) return this.#reshapedFlat(laid, sizes, name);
    const cut = value.shape.map((_, axis) => groups.flat().filter(({ part }) => part === axis));
    const isCut = cut.some(({ length }) => length > 1);
    const shape = cut.flatMap((pieces) => pieces.map(({ size }) => size));
    const first = cut.map((_, axis) => cut.slice(0, axis).flat().length);
    const used = cut.map(() => 0);
    const place = (part: number): number => {
      if (part === BATCH || !isCut) return part;
      used[part] = (used[part] as number) + 1;
      return (first[part] as number) + (used[part] as number) - 1;
    };
    const laidOut = groups.map(
      (group, i): Axis => ({ parts: group.map(({ part }) => place(part)), size: sizes[i] as number }),
    );
    return { value: isCut ? this.inShape(value, shape, name) : value, axes: laidOut };
  }

  /** Where borders do not meet: all that is one sample in a row, then cut. */
  #reshapedFlat(laid: Laid, sizes: readonly number[], name: string): Laid {
    const [first, ...others] = laid.axes.keys();
    const isFirst = isSame(laid.axes[first ?? 0]?.parts ?? [], [BATCH]) && sizes[0] === this.#batch;
    const isMixed = laid.axes.some(({ parts }) => parts.includes(BATCH)) && !isFirst;
    if (isMixed || sizeOf(sizes) !== sizeOf(laid.axes.map(({ size }) => size)))
      throw new Unsupported(`[${laid.axes.map(({ size }) => size).join(', ')}] as [${sizes.join(', ')}]`);
    const flat = this.arranged(laid, [isFirst ? others : [...laid.axes.keys()]], name);
    const row: Axis = { parts: [0], size: sizeOf(flat.shape) };
    return this.reshaped(
      { value: flat, axes: isFirst ? [{ parts: [BATCH], size: this.#batch }, row] : [row] },
      sizes,
      name,
    );
  }

  squeezed({ value, axes }: Laid, dropped: ReadonlySet<number>): Laid {
    return { value, axes: axes.filter(({ size }, i) => !(dropped.has(i) && size === 1)) };
  }

  unsqueezed({ value, axes }: Laid, added: ReadonlySet<number>): Laid {
    const rest = [...axes];
    const whole = Array.from({ length: axes.length + added.size }, (_, i) =>
      added.has(i) ? ONE : (rest.shift() ?? ONE),
    );
    return { value, axes: whole };
  }

  /** As NumPy broadcasts it: nothing is copied before a layer needs that. */
  stretched(laid: Laid, sizes: readonly number[]): Laid {
    const wide = this.ranked(laid, sizes.length);
    const axes = wide.axes.map((axis, i): Axis => {
      const size = sizes[i - wide.axes.length + sizes.length] ?? 1;
      return axis.size === 1 ? { ...axis, size } : axis;
    });
    return { value: laid.value, axes };
  }

  /** With axes of size 1 in front. */
  ranked({ value, axes }: Laid, rank: number): Laid {
    return { value, axes: [...new Array<Axis>(Math.max(0, rank - axes.length)).fill(ONE), ...axes] };
  }
}
