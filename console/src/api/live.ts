/** What others do is told at once: one stream a tab says which paths are stale, and they are asked for again. Without it they are asked
 * for by the clock, as often as each says; with it, hardly ever. */
import type { QueryClient } from "@tanstack/react-query";
import { api } from "./client";

/** The paths behind each topic of the server; queries that are no path have a name. */
const TOPICS: Record<string, string[]> = {
  leads: ["staff/leads/", "overview"],
  orders: ["staff/orders/", "overview"],
  money: ["staff/payments/"],
  stock: ["staff/stock/vehicles/"],
  broadcasts: ["staff/broadcasts/"],
  exports: ["staff/exports/"],
};
const EVERYTHING = "*";
/** A hint may be lost, so what is told is also asked for, so many times less often and at least as often as this; in milliseconds. */
const LESS_OFTEN = 6;
const STILL_EVERY = 30_000;
/** Before a stream that ended is opened again, in milliseconds: longer each time. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

let isUp = false;

const isOf = (paths: string[], key: unknown) => typeof key === "string" && paths.some((path) => key.startsWith(path));

/** The paths of these topics; all that are ever told for `*`, none of a topic that a newer server has. */
export function pathsOf(topics: string[]): string[] {
  return (topics.includes(EVERYTHING) ? Object.keys(TOPICS) : topics).flatMap((topic) => TOPICS[topic] ?? []);
}

/** How long until this is asked for again, in milliseconds. */
export function pace(path: unknown, every: number, told = isUp): number {
  return told && isOf(pathsOf([EVERYTHING]), path) ? Math.max(every, Math.min(LESS_OFTEN * every, STILL_EVERY)) : every;
}

/** Listen as long as somebody looks at this tab; gives what ends it. */
export function listen(cache: QueryClient): () => void {
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE;
  let turn = 0;

  const stale = (topics: string[]) => {
    const paths = pathsOf(topics);
    void cache.invalidateQueries({ predicate: ({ queryKey: [key] }) => isOf(paths, key) && !String(key).endsWith("/preview") });
  };
  const close = () => {
    turn += 1;
    clearTimeout(timer);
    stream?.close();
    stream = null;
    isUp = false;
  };
  const later = () => {
    close();
    timer = setTimeout(() => void open(), pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  };
  const open = async () => {
    close();
    const mine = turn;
    let url: string;
    try {
      ({ url } = await api<{ url: string }>("GET", "staff/console/live"));
    } catch {
      if (mine === turn) later();
      return;
    }
    if (mine !== turn) return;
    stream = new EventSource(url);
    stream.onopen = () => {
      pause = FIRST_PAUSE;
      isUp = true;
      stale([EVERYTHING]); // what happened before it was open
    };
    stream.addEventListener("stale", ({ data }: MessageEvent<string>) => stale(JSON.parse(data) as string[]));
    stream.onerror = () => {
      later();
      stale([EVERYTHING]); // asks by the clock again from now on
    };
  };
  const look = () => (document.hidden ? close() : void open());

  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    close();
  };
}
