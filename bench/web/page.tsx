/** @file A page with the application's heat map over numbers made up: 100 layers by 10,000 steps. Counts what the browser draws. */
import { render } from 'preact';
import { logScale, ranked } from '../../web/charts/heat.ts';
import { HeatMap } from '../../web/charts/heat_map.tsx';
import { draw } from '../../web/charts/paint.ts';
import '../../web/styles/base.css';
import '../../web/styles/report.css';

const [LAYERS, STEPS] = [100, 10_000];

/** A gradient that falls with depth and wanders with time. */
const cells = Float64Array.from({ length: LAYERS * STEPS }, (_, i) => {
  const [layer, step] = [Math.floor(i / STEPS), i % STEPS];
  return 10 ** (-layer / 12 + Math.sin(step / 300 + layer / 9));
});
const heat = {
  layers: Array.from({ length: LAYERS }, (_, i) => `dense_${i + 1}`),
  steps: Array.from({ length: STEPS }, (_, i) => i),
  cells,
};

/** Milliseconds from the numbers to the pixels on a canvas that is read back, so that all of it is done. */
function drawOnce(): number {
  const canvas = document.createElement('canvas');
  canvas.width = 1200;
  canvas.height = 460;
  const start = performance.now();
  draw(canvas, ranked(heat, logScale([heat])), { from: 0, to: STEPS });
  canvas.getContext('2d')?.getImageData(0, 0, 1, 1);
  return performance.now() - start;
}

const frames: number[] = [];
const onFrame = (time: number) => {
  frames.push(time);
  requestAnimationFrame(onFrame);
};

const root = document.getElementById('root');
if (root !== null) {
  Object.assign(window, { drawOnce, frames });
  render(
    <main class="page">
      <HeatMap heat={heat} scale={logScale([heat])} title="Gradients" selected={null} onSelect={() => {}} />
    </main>,
    root,
  );
  requestAnimationFrame(onFrame);
}
