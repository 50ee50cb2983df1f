/** Counts side by side, each under its name. */
import { t } from "../texts";

export function Figures({ items }: { items: [label: string, n: number][] }) {
  return (
    <dl className="figures">
      {items.map(([label, n]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{t.common.count(n)}</dd>
        </div>
      ))}
    </dl>
  );
}
