/** @file A heat map of layers by steps: drawn on a canvas, read with the pointer or the keyboard, zoomed and panned over steps. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clip, number } from '../lib/format.ts';
import { dark } from '../lib/theme.ts';
import { type Heat, type HeatScale, panned, ranked, type View, zoomed } from './heat.ts';
import { draw } from './paint.ts';

interface Props {
  readonly heat: Heat;
  readonly scale: HeatScale;
  readonly title: string;
  readonly selected: string | null;
  onSelect(layer: string): void;
}

interface Cursor {
  readonly row: number;
  readonly column: number;
}

const ROW_PX = 22;
const [LEAST_PX, MOST_PX] = [110, 460];
const LABEL_PX = 16;

const heightOf = (layers: number): number => Math.min(MOST_PX, Math.max(LEAST_PX, layers * ROW_PX));

const read = (value: number): string =>
  Number.isNaN(value) ? 'not measured' : Number.isFinite(value) ? number(value) : 'not finite';

/** Every k-th layer's name, so that they do not overlap. */
function Labels({
  layers,
  height,
  selected,
  onSelect,
}: Pick<Props, 'selected' | 'onSelect'> & { layers: readonly string[]; height: number }) {
  const every = Math.ceil((layers.length * LABEL_PX) / height);
  return (
    <div class="heat-labels" style={{ height: `${height}px` }}>
      {layers.map((layer, i) =>
        i % every === 0 || layer === selected ? (
          <button
            type="button"
            key={layer}
            class={layer === selected ? 'heat-label chosen' : 'heat-label'}
            style={{ top: `${((i + 0.5) / layers.length) * 100}%` }}
            title={clip(layer)}
            onClick={() => onSelect(layer)}
          >
            <bdi>{clip(layer, 40)}</bdi>
          </button>
        ) : null,
      )}
    </div>
  );
}

/** So near to an edge a number would stand out of the map. */
const EDGE = 0.05;

function Ticks({ steps, view }: { steps: readonly number[]; view: View }) {
  const seen = view.to - view.from;
  const indices = [0, 0.25, 0.5, 0.75, 1].map((at) =>
    within(Math.round(view.from + at * (seen - 1)), steps.length),
  );
  // In the middle of its cell, which may be a wide one.
  const marks = [...new Set(indices)].map((index) => ({
    at: (index + 0.5 - view.from) / seen,
    step: steps[index] ?? 0,
  }));
  return (
    <div class="heat-ticks" aria-hidden="true">
      {marks.map(({ at, step }, i) => (
        <span
          key={step}
          style={{ left: `${at * 100}%` }}
          class={at < EDGE ? 'first' : at > 1 - EDGE ? 'last' : ''}
        >
          {i === 0 ? `step ${step}` : step}
        </span>
      ))}
    </div>
  );
}

/** Draws now and whenever the size, the view or the theme changes. */
function useDrawing(heat: Heat, scale: HeatScale, view: View) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const cells = useMemo(() => ranked(heat, scale), [heat, scale]);
  const theme = dark.value;
  useEffect(() => {
    const target = canvas.current;
    if (target === null) return;
    const paint = () => {
      const ratio = devicePixelRatio || 1;
      const [width, height] = [
        Math.round(target.clientWidth * ratio),
        Math.round(target.clientHeight * ratio),
      ];
      if (target.width !== width) target.width = width;
      if (target.height !== height) target.height = height;
      draw(target, cells, view);
    };
    paint();
    const observer = new ResizeObserver(paint);
    observer.observe(target);
    return () => observer.disconnect();
  }, [cells, view, theme]);
  return canvas;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

type On<E> = E & { readonly currentTarget: HTMLCanvasElement };

interface Reading {
  readonly view: View;
  readonly cursor: Cursor | null;
  setView(view: View): void;
  readonly handlers: {
    onPointerDown(event: On<PointerEvent>): void;
    onPointerMove(event: On<PointerEvent>): void;
    onPointerUp(event: On<PointerEvent>): void;
    onPointerLeave(): void;
    onWheel(event: On<WheelEvent>): void;
    onKeyDown(event: KeyboardEvent): void;
  };
}

const within = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));

/** The cell below the pointer. */
function cellAt(event: On<MouseEvent>, view: View, layers: number, steps: number): Cursor {
  const box = event.currentTarget.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * layers);
  const column = Math.floor(view.from + ((event.clientX - box.left) / box.width) * (view.to - view.from));
  return { row: within(row, layers), column: within(column, steps) };
}

/** A hand that moves less than this has clicked. */
const CLICK_PX = 3;

/** What pointer, wheel and keys do: read a cell, open its layer, zoom and pan over the steps. */
function useReading({ layers, steps }: Heat, onSelect: (layer: string) => void): Reading {
  const all = Math.max(1, steps.length);
  const [view, setView] = useState<View>({ from: 0, to: all });
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const drag = useRef<{ x: number; view: View; moved: boolean } | null>(null);
  useEffect(() => setView({ from: 0, to: all }), [all]);
  const open = (row: number) => {
    const layer = layers[row];
    if (layer !== undefined) onSelect(layer);
  };
  const byKey = (key: string, now: Cursor): boolean => {
    const move = STEPS[key];
    if (move !== undefined) {
      const stride = Math.max(1, Math.round((view.to - view.from) / 100));
      setCursor({
        row: within(now.row + move[0], layers.length),
        column: within(now.column + move[1] * stride, all),
      });
    } else if (key === 'Enter' || key === ' ') open(now.row);
    else if (key === '+' || key === '-') setView(zoomed(view, key === '+' ? 0.8 : 1.25, now.column, all));
    else return false;
    return true;
  };
  return {
    view,
    cursor,
    setView,
    handlers: {
      onPointerDown: (event) => {
        drag.current = { x: event.clientX, view, moved: false };
      },
      onPointerMove: (event) => {
        const from = drag.current;
        if (from === null) return setCursor(cellAt(event, view, layers.length, all));
        const by =
          ((from.x - event.clientX) / event.currentTarget.clientWidth) * (from.view.to - from.view.from);
        if (Math.abs(from.x - event.clientX) > CLICK_PX) from.moved = true;
        if (from.moved) setView(panned(from.view, by, all));
      },
      onPointerUp: (event) => {
        const moved = drag.current?.moved ?? true;
        drag.current = null;
        if (!moved) open(cellAt(event, view, layers.length, all).row);
      },
      onPointerLeave: () => {
        drag.current = null;
        setCursor(null);
      },
      onWheel: (event) => {
        // The wheel alone scrolls the page.
        if (!event.ctrlKey && !event.shiftKey) return;
        event.preventDefault();
        const { column } = cellAt(event, view, layers.length, all);
        setView(zoomed(view, event.deltaY + event.deltaX > 0 ? 1.25 : 0.8, column, all));
      },
      onKeyDown: (event) => {
        if (byKey(event.key, cursor ?? { row: 0, column: Math.floor(view.from) })) event.preventDefault();
      },
    },
  };
}

export function HeatMap({ heat, scale, title, selected, onSelect }: Props) {
  const { layers, steps, cells } = heat;
  const all = steps.length;
  const { view, cursor, setView, handlers } = useReading(heat, onSelect);
  const canvas = useDrawing(heat, scale, view);
  const height = heightOf(layers.length);
  const text =
    cursor === null
      ? ''
      : `${clip(layers[cursor.row] ?? '', 40)}, step ${steps[cursor.column]}: ${read(cells[cursor.row * all + cursor.column] ?? Number.NaN)}`;
  return (
    <figure class="heat">
      <figcaption>
        <span>{title}</span>
        {view.to - view.from < all && (
          <button type="button" class="link" onClick={() => setView({ from: 0, to: all })}>
            all steps
          </button>
        )}
        <output class="heat-read">{text}</output>
      </figcaption>
      <div class="heat-body">
        <Labels {...{ layers, height, selected, onSelect }} />
        <div class="heat-plot">
          <canvas
            ref={canvas}
            style={{ height: `${height}px` }}
            tabIndex={0}
            role="img"
            aria-label={`${title}: ${layers.length} layers by ${all} steps. Arrow keys read a cell, Enter opens its layer.`}
            {...handlers}
          />
          <Ticks steps={steps} view={view} />
        </div>
      </div>
    </figure>
  );
}
