/** @file CPU time of other processes, as Linux tells it: what the clock says of them also depends on whatever else the machine does. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** Seconds that all threads of a process have used so far; 0 of one that is gone. */
export function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
