/** @file How much memory threads take for new objects that do something large now and then. */

/** V8 lets this part grow to 128 MiB in a thread that reads a long text, and does not make it smaller again. */
export const YOUNG_HEAP_MIB = 32;
