/** What is seen while the first answer is on its way. */
import { Mark } from "./Mark";

export function Splash() {
  return (
    <output className="splash">
      <Mark />
    </output>
  );
}
