/**
 * @file Keeps ONNX Runtime from collecting and sending usage events: it reads this variable when it is loaded. Imported
 * for its effect, before the runtime and before any thread that loads it.
 */
import { isMainThread } from 'node:worker_threads';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

// In a thread `process.env` is a copy, of which the library sees nothing: the main thread has to have set it before.
if (isMainThread) process.env[SWITCH] = '1';
else if (process.env[SWITCH] !== '1') {
  throw new Error(`${SWITCH} is not set: import src/util/no_telemetry.ts before the thread is started`);
}
