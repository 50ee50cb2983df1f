/** An empty state that says what would be here, and what to do. */
import type { ReactNode } from "react";

export function Nothing({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className="nothing">
      <svg viewBox="0 0 160 48" aria-hidden="true">
        <path
          d="M6 38h12m38 0h50m38 0h10M12 38c-3-9 4-14 16-15 14-2 20-13 36-15 22-2 34 4 45 14 16 1 32 2 36 8 2 3 1 6-1 8"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinecap="round"
        />
        <circle cx="37" cy="37" r="9" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <circle cx="125" cy="37" r="9" fill="none" stroke="currentColor" strokeWidth="1.6" />
      </svg>
      <strong>{title}</strong>
      {hint && <p>{hint}</p>}
      {children && <div className="nothing-actions">{children}</div>}
    </div>
  );
}
