/** @file To whom belongs what is made. */

/** The owner of what is made without keys. */
export const ANONYMOUS = 'anonymous';
