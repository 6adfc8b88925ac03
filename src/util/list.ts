/** @file Lists in schemas. zod reads every element of a list, however wrong, and remembers every fault: a body of 16 MiB has four million. */
import { z } from 'zod';

/** After so many the rest is most likely the same mistake again. */
const MAX_FAULTY_ELEMENTS = 10;

type Payload = z.core.ParsePayload;

/** As zod does, which refuses a list that is too long before it reads an element. */
const longest = ({ checks = [] }: z.core.$ZodArrayDef): number =>
  Math.min(
    ...checks.map(({ _zod: { def } }) =>
      'maximum' in def && typeof def.maximum === 'number' ? def.maximum : Number.POSITIVE_INFINITY,
    ),
  );

function readElement(
  element: z.core.$ZodType,
  value: unknown,
  context: z.core.ParseContextInternal,
): Payload {
  const result = element._zod.run({ value, issues: [] }, context);
  if (result instanceof Promise) throw new z.core.$ZodAsyncError();
  return result;
}

function readElements(
  element: z.core.$ZodType,
  elements: readonly unknown[],
  { payload, context }: { payload: Payload; context: z.core.ParseContextInternal },
): Payload {
  const read = new Array<unknown>(elements.length);
  let faulty = 0;
  for (let i = 0; i < elements.length && faulty < MAX_FAULTY_ELEMENTS; i++) {
    const { value, issues } = readElement(element, elements[i], context);
    read[i] = value;
    if (issues.length === 0) continue;
    faulty++;
    payload.issues.push(...z.core.util.prefixIssues(i, issues));
  }
  payload.value = read;
  return payload;
}

const List = z.core.$constructor<z.ZodArray>('List', (inst, def) => {
  z.ZodArray.init(inst, def);
  const parse = inst._zod.parse;
  const most = longest(def);
  inst._zod.parse = (payload, context) => {
    const { value } = payload;
    return Array.isArray(value) && value.length <= most
      ? readElements(def.element, value, { payload, context })
      : parse(payload, context);
  };
});

/** Like `z.array`, but for one thing: after ten elements that are wrong no more are looked at. */
export const list = <T extends z.core.$ZodType>(element: T): z.ZodArray<T> =>
  new List({ type: 'array', element }) as unknown as z.ZodArray<T>;

/** Whether it was made by `list`. */
export const isList = (schema: z.core.$ZodType): boolean => schema._zod.traits.has('List');
