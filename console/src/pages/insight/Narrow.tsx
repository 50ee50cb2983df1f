/** One thing by which figures are narrowed, in the address; the list begins anew with it. */
import { Select } from "antd";
import type { Choice } from "../../api/insight";
import { useFilter } from "../../parts/Searching";

export function Narrow({ name, label, options }: { name: string; label: string; options: Choice[] | undefined }) {
  const [value, set] = useFilter(name, "page");
  return (
    <Select
      className="insight-narrow"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(chosen: string | undefined) => set(chosen ?? null)}
      options={options ?? []}
      loading={!options}
      showSearch={{ optionFilterProp: "label" }}
      popupMatchSelectWidth={false}
      allowClear
    />
  );
}
