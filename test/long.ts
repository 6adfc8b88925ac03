/** @file Whether the long form of the tests was asked for: `npm run test:long`. In short, tests that differ in degree alone are left out. */
export const isLong = process.env.TESTS === 'long';
