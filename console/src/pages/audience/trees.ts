/** What the builder asks of a tree before it asks the platform. */
import type { Tree } from "../journeys/editor/Conditions";

/** Whether every place has a kind, and no group is empty: only then the platform is asked how many it finds. */
export function isWhole(tree: Tree): boolean {
  if ("kind" in tree) return tree.kind !== "";
  if ("not" in tree) return isWhole(tree.not);
  const inside = "all" in tree ? tree.all : tree.any;
  return inside.length > 0 && inside.every(isWhole);
}
