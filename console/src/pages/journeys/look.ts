/** What somebody looks at on a journey's map, kept in the address: a step, a figure of it, one person. */
import { useSearchParams } from "react-router";

const NAMES = ["version", "node", "figure", "detail", "q", "walk", "person"] as const;
type Name = (typeof NAMES)[number];
export type Look = Record<Name, string | null>;

/** What lies under what: another step has other figures, another figure other people. */
const UNDER: Partial<Record<Name, Name[]>> = {
  version: ["figure", "detail", "q", "walk"],
  node: ["figure", "detail", "q", "walk"],
  figure: ["detail", "q", "walk"],
};

export function useLook(): [Look, (change: Partial<Look>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const look = Object.fromEntries(NAMES.map((name) => [name, parameters.get(name)])) as Look;
  const go = (change: Partial<Look>) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        for (const name of Object.keys(change) as Name[]) for (const under of UNDER[name] ?? []) next.delete(under);
        for (const [name, value] of Object.entries(change)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  return [look, go];
}
