/** What of a graph the sheet shows: all that moves something at once, words once the hand rests, so that whoever types does not wait for it. */
import { useDeferredValue, useEffect, useState } from "react";
import type { DraftGraph, PortsOf } from "../../../lib/graph";
import { shapeKey } from "./shape";

const REST_MS = 120;

export function useShown(graph: DraftGraph, portsOf: PortsOf): { shown: DraftGraph; key: string } {
  const [rested, setRested] = useState(graph);
  useEffect(() => {
    const timer = setTimeout(() => setRested(graph), REST_MS);
    return () => clearTimeout(timer);
  }, [graph]);
  const [now, before] = [shapeKey(graph, portsOf), shapeKey(rested, portsOf)];
  const shown = useDeferredValue(now === before && graph.notes === rested.notes ? rested : graph);
  return { shown, key: shapeKey(shown, portsOf) };
}
