/** @file What comes while work of its kind is under way waits for its end, and is then done together. */

/**
 * @param work is given what has come since it last began; one call at a time
 * @returns a function that hands one item over; its promise is that of the call which the item went with
 */
export function gather<Item>(work: (items: readonly Item[]) => Promise<void>): (item: Item) => Promise<void> {
  let next: { readonly items: Item[]; readonly done: Promise<void> } | null = null;
  let last = Promise.resolve();
  return (item) => {
    if (next === null) {
      const items: Item[] = [];
      const done = last.then(() => {
        next = null;
        return work(items);
      });
      next = { items, done };
      last = done.catch(() => {});
    }
    next.items.push(item);
    return next.done;
  };
}
