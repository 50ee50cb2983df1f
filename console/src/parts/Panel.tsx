/** A titled surface; the console's only kind of card. */
import type { ReactNode } from "react";

interface PanelProps {
  title?: ReactNode;
  extra?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, extra, flush, children }: PanelProps) {
  return (
    <section className={flush ? "panel panel-flush" : "panel"}>
      {title && (
        <header className="panel-head">
          <h2>{title}</h2>
          {extra}
        </header>
      )}
      {children}
    </section>
  );
}
