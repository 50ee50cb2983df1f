/** Who deals with money: administrators and finance; the others of headquarters look. */
import type { Staff } from "../../api/types";

export function mayDealWithMoney({ role }: Pick<Staff, "role">): boolean {
  return role === "admin" || role === "finance";
}
