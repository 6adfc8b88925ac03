/** @file Requests that come all at once begin in turns, so that a probe that comes after them does not wait for all of them. */
import type { FastifyInstance } from 'fastify';

/** Each takes up to half a millisecond on the event loop: a turn of it stays below ten. */
const AT_ONCE = 16;

/** Has to be the first hook: what the others do costs as much as the answer. Probes do not wait. */
export function addBeginnings(app: FastifyInstance): void {
  const waiting: (() => void)[] = [];
  let begun = 0;

  function begin(work: () => void): void {
    if (begun === 0) setImmediate(nextTurn);
    begun++;
    work();
  }

  function nextTurn(): void {
    begun = 0;
    for (const work of waiting.splice(0, AT_ONCE)) begin(work);
  }

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config?.probe === true) done();
    else if (waiting.length === 0 && begun < AT_ONCE) begin(done);
    else waiting.push(done);
  });
}
