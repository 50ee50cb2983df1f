/** Not every stroke is a question. */
import { useEffect, useState } from "react";

const REST_MS = 500;

/** A value that has rested for a moment. */
export function useRested<V>(value: V): V {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(() => value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
