/** What hands do on the canvas, for its nodes and lines; what is carried from the palette, and whether it may be put down there. */
import { createContext, useContext } from "react";
import type { Place, Refusal } from "../../../lib/graph";

/** A step or a trigger on its way from the palette. */
export interface Carried {
  part: "nodes" | "triggers";
  kind: string;
}

export interface Acts {
  carried: Carried | null;
  /** Opens the list of steps for a place; the button that was pressed says where on the screen. */
  pick: (place: Place, at: DOMRect) => void;
  put: (place: Place, carried: Carried) => void;
  putTrigger: (carried: Carried) => void;
  refused: (place: Place) => Refusal | "trigger" | null;
  note: (id: string, text: string) => void;
  removeNote: (id: string) => void;
}

const Context = createContext<Acts | null>(null);
export const ActsProvider = Context.Provider;

export function useActs(): Acts {
  const acts = useContext(Context);
  if (!acts) throw new Error("useActs outside the canvas");
  return acts;
}
