/** Filters as the address bar has them. */

/** In one spelling, so that two can be compared: sorted, and without those that are empty. */
export function spelled(query: string): string {
  const filters = new URLSearchParams([...new URLSearchParams(query)].filter(([, value]) => value));
  filters.sort();
  return filters.toString();
}
