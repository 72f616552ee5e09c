/** The one place that talks HTTP to the server. Turns refusals into ApiError, lost connections into NetworkError, and reports 401. */
import { currentLocale } from '@/shared/i18n/i18n';

export interface FieldError {
  path: string;
  code: string;
}

export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly params: Record<string, unknown>,
    readonly fields: FieldError[],
    readonly requestId: string | null,
  ) {
    super(message);
  }
}

/** Nothing came back, or a proxy answered for a server that is down: the request may be sent again with the same key. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

const BASE = '/api/v1';
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

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value != null) search.set(name, String(value));
  const text = search.toString();
  return `${BASE}${path}${text ? `?${text}` : ''}`;
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': currentLocale() };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(apiUrl(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new NetworkError(error instanceof Error ? error.message : String(error));
  }
  const text = await response.text().catch(() => {
    throw new NetworkError('the answer broke off');
  });
  if (!response.ok) throw refusal(response.status, text, response.headers.get('Retry-After'), path);
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Reads an error body; what is not in our shape came from something in between (502 of a proxy). */
export function refusal(status: number, text: string, retryAfter: string | null, path: string): ApiError | NetworkError {
  const error = parseError(text);
  if (!error) {
    if (status >= 500) return new NetworkError(`HTTP ${status}`);
    return new ApiError(status, `http_${status}`, '', retryParams({}, retryAfter), [], null);
  }
  if (status === 401 && error.code !== 'credentials_invalid' && path !== '/session') reportUnauthorized();
  return new ApiError(
    status,
    error.code,
    error.message ?? '',
    retryParams(error.params ?? {}, retryAfter),
    error.fields ?? [],
    error.request_id ?? null,
  );
}

interface ErrorBody {
  code: string;
  message?: string;
  params?: Record<string, unknown>;
  fields?: FieldError[];
  request_id?: string;
}

function parseError(text: string): ErrorBody | null {
  try {
    const body = JSON.parse(text) as { error?: ErrorBody };
    return typeof body.error?.code === 'string' ? body.error : null;
  } catch {
    return null; // Not JSON: an answer of a proxy, told apart by its status.
  }
}

function retryParams(params: Record<string, unknown>, retryAfter: string | null): Record<string, unknown> {
  if (params.retry_after_s !== undefined || !retryAfter) return params;
  const seconds = Number(retryAfter);
  return Number.isFinite(seconds) ? { ...params, retry_after_s: seconds } : params;
}

/** May the same request be sent again, unchanged? Only when the server cannot have refused it for good. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429 || error.status === 408);
}
