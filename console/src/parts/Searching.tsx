/** A search box that writes to the address bar after a short rest, so that a result can be shared and returned to. */
import { SearchOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";

const REST_MS = 300;

export function Searching({ placeholder }: { placeholder: string }) {
  const [parameters, setParameters] = useSearchParams();
  const applied = parameters.get("q") ?? "";
  const [typed, setTyped] = useState(applied);
  const [seen, setSeen] = useState(applied);
  if (seen !== applied) {
    setSeen(applied);
    if (typed.trim() !== applied) setTyped(applied);
  }
  useEffect(() => {
    if (typed.trim() === applied) return;
    const timer = setTimeout(() => {
      setParameters(
        (before) => {
          const next = new URLSearchParams(before);
          if (typed.trim()) next.set("q", typed.trim());
          else next.delete("q");
          return next;
        },
        { replace: true },
      );
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [typed, applied, setParameters]);
  return (
    <Input
      className="search"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      placeholder={placeholder}
      prefix={<SearchOutlined className="quiet" />}
      aria-label={placeholder}
      allowClear
    />
  );
}

/** One filter of the address bar; null clears it. What it `resets`, as the page that one is on, is cleared with every change. */
export function useFilter(name: string, resets?: string): [string | null, (value: string | null) => void] {
  const [parameters, setParameters] = useSearchParams();
  const set = (value: string | null) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (resets) next.delete(resets);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  return [parameters.get(name), set];
}
