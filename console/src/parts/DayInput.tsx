/** One day of the address bar, as a list is narrowed by it. */
import { Input } from "antd";
import { useFilter } from "./Searching";

export function DayInput({ name, label }: { name: string; label: string }) {
  const [value, set] = useFilter(name);
  return (
    <label className="day-input">
      <span className="quiet">{label}</span>
      <Input type="date" value={value ?? ""} onChange={(event) => set(event.target.value || null)} />
    </label>
  );
}
