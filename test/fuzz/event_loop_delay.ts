/** @file Loaded before the program: on SIGWINCH it logs how long its event loop was held up since the last time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  process.on('SIGWINCH', () => {
    const [p99_ms, max_ms] = [histogram.percentile(99) / 1e6, histogram.max / 1e6];
    histogram.reset();
    process.stdout.write(`${JSON.stringify({ msg: 'event loop', p99_ms, max_ms })}\n`);
  });
}
