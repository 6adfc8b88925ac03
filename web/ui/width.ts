/** @file How wide a part of the page is, for pictures whose text keeps its size. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** @param usual until it is known */
export function useWidth<E extends HTMLElement>(usual: number): [RefObject<E | null>, number] {
  const holder = useRef<E>(null);
  const [width, setWidth] = useState(usual);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth || usual));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [holder, width];
}
