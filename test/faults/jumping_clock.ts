/** @file Loaded before the program: on SIGWINCH its clock jumps a day ahead, at the next one two days back. */
const RealDate = Date;
const DAY_MS = 86_400_000;
const jumps = [DAY_MS, -2 * DAY_MS];
let offset = 0;

class JumpingDate extends RealDate {
  constructor(...given: [] | [string | number]) {
    if (given.length === 0) super(JumpingDate.now());
    else super(given[0]);
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}

globalThis.Date = JumpingDate as DateConstructor;
process.on('SIGWINCH', () => {
  offset += jumps.shift() ?? 0;
});
