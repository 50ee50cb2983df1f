/** The stock: cars in every state, their pictures, and the feeds that bring them. */
import { useMutation } from "@tanstack/react-query";
import { api, upload, withQuery, type ApiError } from "./client";
import { CALM, LIVE, useOne, usePages, useStale, WATCHED } from "./queries";
import type { Schemas } from "./schema";

const CARS = "staff/stock/vehicles/";
const FEEDS = "staff/stock/feeds/";
const albumPath = (id: string) => `staff/vehicles/${id}/photos`;

const HOUR = 3_600_000;

export type CarStatus = Schemas["vehicles.CarStatusOut"]["key"];
export type CarRow = Schemas["vehicles.StockRowOut"];
export type Car = Schemas["vehicles.StockPageOut"];

/** What is done with a car by one press; `withdraw` asks for words, another price is not a state. */
export type CarAction = "prepare" | "list" | "withdraw" | "relist" | "sold" | "delivered";
export type Photo = Schemas["vehicles.StaffPhotoOut"];
export type Album = Schemas["vehicles.AlbumOut"];
export type Feed = Schemas["vehicles.FeedRunOut"];
export type RefusedRow = Schemas["vehicles.RefusedRowOut"];
export type Mapping = Schemas["vehicles.MappingOut"];

export const isMoving = (feed: Feed) => feed.status === "waiting" || feed.status === "running";
export const reportOf = (id: string) => `/api/${FEEDS}${id}/rows.csv`;

export const useCars = (filters: Record<string, string | null>) => usePages<CarRow>(CARS, filters, CALM);
export const useCar = (id: string) => useOne<Car>(`${CARS}${id}`, LIVE);
export const useAlbum = (id: string) => useOne<Album>(albumPath(id), (album) => (album?.items.every((one) => one.ready) ? CALM : WATCHED));
export const useFeeds = () => usePages<Feed>(FEEDS, {}, (data) => (data?.pages.some((page) => page.items.some(isMoving)) ? WATCHED : CALM));
export const useFeed = (id: string) => useOne<Feed>(`${FEEDS}${id}`, (feed) => (!feed || isMoving(feed) ? WATCHED : CALM));
export const useRefusedRows = (id: string) => usePages<RefusedRow>(`${FEEDS}${id}/rows`, { limit: "50" }, CALM);
export const useMappings = () => useOne<{ items: Mapping[] }>(`${FEEDS}mappings`, HOUR);

export function useCarAction(id: string) {
  return useMutation<Car, ApiError, { action: CarAction; reason?: string }>({
    mutationFn: ({ action, ...body }) => api("POST", `${CARS}${id}/${action}`, body),
    onSettled: useStale("staff/stock/"),
  });
}

export function useAskPrice(id: string) {
  return useMutation<Car, ApiError, { price_fen: number; version: number }>({
    mutationFn: (body) => api("POST", `${CARS}${id}/price`, body),
    onSettled: useStale("staff/stock/"),
  });
}

export function useConfirmCars() {
  return useMutation<{ confirmed: number; listed_again: string[] }, ApiError, string[]>({
    mutationFn: (ids) => api("POST", `${CARS}confirm`, { vehicle_ids: ids }),
    onSettled: useStale("staff/stock/"),
  });
}

export function usePutUp(id: string, onProgress: (percent: number) => void) {
  return useMutation<Album, ApiError, File>({
    mutationFn: (file) => {
      const form = new FormData();
      form.set("photo", file);
      return upload(albumPath(id), form, onProgress);
    },
    onSettled: useStale(albumPath(id)),
  });
}

type PhotoChange = { does: "arrange"; ids: string[] } | { does: "take_off" | "put_back"; photo: Photo };

export function usePhotos(id: string) {
  return useMutation<Album, ApiError, PhotoChange>({
    mutationFn: (change) => {
      if (change.does === "arrange") return api("PUT", albumPath(id), { photos: change.ids.map((one) => ({ id: one })) });
      const path = `${albumPath(id)}/${change.photo.id}`;
      return change.does === "take_off" ? api("DELETE", path) : api("POST", `${path}/restore`, {});
    },
    onSettled: useStale(albumPath(id)),
  });
}

export function useHandInFeed(onProgress: (percent: number) => void) {
  return useMutation<Feed, ApiError, { file: File; mapping: string; dealer_id: string | null; withdraw_after: number }>({
    mutationFn: ({ file, mapping, dealer_id, withdraw_after }) =>
      upload(withQuery(FEEDS, { mapping, dealer_id, withdraw_after: String(withdraw_after), file_name: file.name }), file, onProgress),
    onSettled: useStale(FEEDS),
  });
}

export function useFeedWord(id: string) {
  return useMutation<Feed, ApiError, "confirm" | "discard">({
    mutationFn: (word) => api("POST", `${FEEDS}${id}/${word}`, {}),
    onSettled: useStale("staff/stock/"),
  });
}
