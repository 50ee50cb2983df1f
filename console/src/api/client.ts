/** One fetch for the whole console: JSON in and out, every failure an ApiError that a person can read. */
import { language } from "../lib/language";
import { t } from "../texts";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  get isUnauthorized(): boolean {
    return this.status === 401;
  }
}

async function failure(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as {
    error?: string;
    message?: string;
    details?: Record<string, unknown>;
    request_id?: string;
  };
  return new ApiError(
    response.status,
    body.error ?? "unexpected",
    body.message ?? t.errors.unexpected,
    body.request_id ?? response.headers.get("X-Request-Id"),
    body.details,
  );
}

/** Before what changes something is sent again, in milliseconds. */
const PAUSES = [400, 1_200];

/** 128 random bits in hex; `crypto.randomUUID` is missing where the page came without TLS. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Nothing was heard, a proxy spoke for a server that was away, or our first try is still being worked on. */
const isPassing = (error: unknown) =>
  error instanceof ApiError && ([0, 502, 503, 504].includes(error.status) || error.code === "idempotency.in_progress");

async function send<T>(path: string, request: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, request);
  } catch {
    throw new ApiError(0, "network", t.errors.network, null);
  }
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** What changes something has a key, by which the server knows its repetitions: it happens once, however often the line breaks. */
export async function api<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const isKeyed = method !== "GET" && path.startsWith("staff/");
  if (isKeyed) headers["Idempotency-Key"] = newKey();
  const request: RequestInit = { method, credentials: "same-origin", headers, body: body === undefined ? undefined : JSON.stringify(body), signal: signal ?? null };
  for (const pause of isKeyed ? PAUSES : []) {
    try {
      return await send<T>(path, request);
    } catch (error) {
      if (!isPassing(error) || signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return send<T>(path, request);
}

/** A file, or a form with one, as the body of a request, with how much of it has left in percent; only this old way tells of that. */
export function upload<T>(path: string, body: File | FormData, onProgress: (percent: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/${path}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", language);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? Math.floor((100 * loaded) / total) : 0);
    request.onerror = () => reject(new ApiError(0, "network", t.errors.network, null));
    request.onload = () => {
      const response = new Response(request.response as string, { status: request.status });
      if (response.ok) void response.json().then((told) => resolve(told as T), reject);
      else void failure(response).then(reject);
    };
    request.send(body);
  });
}

/** A query string without the parameters that are empty. */
export function withQuery(path: string, parameters: Record<string, string | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) search.set(name, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
