/** Who keeps the stock; everybody else of the dealer looks. */
import { useStaff } from "../../app/session";

export const useKeeps = () => ["admin", "dealer_manager"].includes(useStaff().role);
