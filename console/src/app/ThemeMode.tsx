/** Light, dark or the system's choice; remembered on this device. */
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";

export type Mode = "light" | "dark" | "system";

const KEY = "marque.theme";
const DARK_QUERY = "(prefers-color-scheme: dark)";

interface ThemeChoice {
  mode: Mode;
  isDark: boolean;
  choose: (mode: Mode) => void;
}

const Context = createContext<ThemeChoice | null>(null);

function remembered(): Mode {
  try {
    const mode = localStorage.getItem(KEY);
    return mode === "light" || mode === "dark" ? mode : "system";
  } catch {
    return "system";
  }
}

function remember(mode: Mode): void {
  try {
    localStorage.setItem(KEY, mode);
  } catch {
    // A browser that forbids storage still gets the theme for this visit.
  }
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}

export const useIsPhone = () => useMedia("(max-width: 767px)");

export function ThemeMode({ children }: { children: ReactNode }) {
  const [mode, setMode] = useState<Mode>(remembered);
  const systemDark = useMedia(DARK_QUERY);
  const isDark = mode === "dark" || (mode === "system" && systemDark);
  useEffect(() => {
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  }, [isDark]);
  const value = useMemo(
    () => ({
      mode,
      isDark,
      choose: (next: Mode) => {
        remember(next);
        setMode(next);
      },
    }),
    [mode, isDark],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useThemeMode(): ThemeChoice {
  const choice = useContext(Context);
  if (!choice) throw new Error("useThemeMode outside ThemeMode");
  return choice;
}
