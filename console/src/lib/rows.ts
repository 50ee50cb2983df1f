/** The rows of a list that comes page by page; apart from the table that shows them, which is heavy and not needed everywhere. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ApiError } from "../api/client";
import type { Page } from "../api/types";

export type Pages<R> = UseInfiniteQueryResult<InfiniteData<Page<R>>, ApiError>;

export function rowsOf<R>(pages: Pages<R>): R[] {
  return pages.data?.pages.flatMap((page) => page.items) ?? [];
}
