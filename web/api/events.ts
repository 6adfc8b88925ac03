/** @file Follows a job's events by server-sent events, with the access key (which EventSource cannot send), and comes back after a cut. */

import type { JobEvent } from '../../client/index.ts';
import { ApiError, authorization, reach } from './client.ts';

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [500, 8000];

/** The `data` of each whole event in the text, and what is left of it. */
function split(text: string): { events: JobEvent[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.flatMap((block) =>
    block
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as JobEvent),
  );
  return { events, rest };
}

/** @returns whether the stream came to its end, which it does with the job */
async function readStream(response: Response, onEvents: (events: JobEvent[]) => void): Promise<boolean> {
  if (response.body === null) return true;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const read = split(rest + chunk);
    rest = read.rest;
    if (read.events.length > 0) onEvents(read.events);
  }
  return true;
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until the job ends or the signal aborts. */
export async function follow(
  id: string,
  onEvents: (events: JobEvent[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let after = 0;
  let wait = FIRST_WAIT_MS;
  const take = (events: JobEvent[]) => {
    after = events.at(-1)?.seq ?? after;
    wait = FIRST_WAIT_MS;
    onEvents(events);
  };
  while (!signal.aborted) {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after), ...authorization() };
    try {
      const response = await reach(new Request(`/v1/jobs/${id}/events`, { headers, signal }));
      if (response.status >= 400 && response.status < 500)
        throw new ApiError(null, `events: ${response.status}`);
      if (response.ok && (await readStream(response, take))) return;
    } catch (error) {
      if (
        signal.aborted ||
        (error instanceof ApiError && error.problem === null && error.message.startsWith('events:'))
      )
        return;
    }
    await sleep(wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}
