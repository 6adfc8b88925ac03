/** @file Which of the types that a route can answer with a client prefers. */

/** `text/csv;q=0.5` → the type and its weight (RFC 9110, section 12.5.1). */
function parsed(range: string): { readonly type: string; readonly weight: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = given === undefined ? 1 : Number(given.slice(2));
  return { type, weight: Number.isFinite(weight) ? weight : 0 };
}

/**
 * The offered type with the greatest weight, the earlier one among equals. Wildcards ask for nothing in particular: where no type
 * is named, it is the first.
 * @param offered the default first
 */
export function wantedType<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  const ranges = (accept ?? '').split(',').map(parsed);
  const weightOf = (type: string) => ranges.find((range) => range.type === type)?.weight ?? 0;
  const best = offered.reduce((most, type) => (weightOf(type) > weightOf(most) ? type : most), offered[0]);
  return weightOf(best) > 0 ? best : offered[0];
}
