/** The one place that talks HTTP to the server. Turns refusals into ApiError, lost connections into NetworkError, and reports 401. */
import createClient from 'openapi-fetch';
import { currentLocale } from '@/shared/i18n/i18n';
import type { components, paths } from './schema';

type ErrorDetail = components['schemas']['ErrorDetail'];

export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly params: ErrorDetail['params'],
    /** Which fields of the body were wrong, and how. */
    readonly fields: ErrorDetail['fields'] = [],
  ) {
    super(message);
  }
}

/** Nothing came back, or a proxy answered for a server that is down: the request may be sent again with the same key. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

const TIMEOUT_MS = 20_000;
const unauthorizedListeners = new Set<() => void>();

/** Called when any request or the socket says that the session is over. */
export function onUnauthorized(listener: () => void): () => void {
  unauthorizedListeners.add(listener);
  return () => unauthorizedListeners.delete(listener);
}

export function reportUnauthorized(): void {
  for (const listener of unauthorizedListeners) listener();
}

async function timedFetch(request: Request): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return await fetch(request, { signal });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new NetworkError(error instanceof Error ? error.message : String(error));
  }
}

export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin', fetch: timedFetch });

api.use({
  onRequest({ request }) {
    request.headers.set('Accept', 'application/json');
    request.headers.set('Accept-Language', currentLocale());
  },
});

/** The body of a good answer; everything else is thrown as ApiError or NetworkError. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw refusal(response.status, error, response.headers.get('Retry-After'));
  return data as T;
}

/** Reads an error body; what is not in our shape came from something in between (502 of a proxy). */
export function refusal(status: number, body: unknown, retryAfter: string | null): ApiError | NetworkError {
  const detail = errorDetail(body);
  if (!detail) {
    return status >= 500
      ? new NetworkError(`HTTP ${status}`)
      : new ApiError(status, `http_${status}`, '', withRetry({}, retryAfter));
  }
  // Signing in and asking whether one is signed in end no session.
  if (status === 401 && detail.code !== 'credentials_invalid') reportUnauthorized();
  return new ApiError(status, detail.code, detail.message ?? '', withRetry(detail.params ?? {}, retryAfter), detail.fields ?? []);
}

function errorDetail(body: unknown): ErrorDetail | null {
  const detail = (body as { error?: ErrorDetail } | null | undefined)?.error;
  return typeof detail?.code === 'string' ? detail : null;
}

function withRetry(params: ErrorDetail['params'], retryAfter: string | null): ErrorDetail['params'] {
  const seconds = Number(retryAfter);
  return params.retry_after_s !== undefined || !retryAfter || !Number.isFinite(seconds)
    ? params
    : { ...params, retry_after_s: seconds };
}

/** May the same request be sent again, unchanged? Only when the server cannot have refused it for good. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429 || error.status === 408);
}
