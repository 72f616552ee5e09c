/** The control API over fetch. Every call either gives its answer or throws a Failure that a person can be told. */
import type {
  CrowdReport,
  Customer,
  FaultName,
  Faults,
  LogEntry,
  LogEntryWhole,
  Message,
  ScenarioRun,
  State,
  Template,
  WindowState,
} from './types';

const BASE = '/_control';
const CLOUD = '/whatsapp_cloud';

export class Failure extends Error {
  constructor(
    /** The server's code, or `offline` when there was no answer. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

async function call<T>(method: string, path: string, body?: object | FormData): Promise<T> {
  const form = body instanceof FormData;
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers: body && !form ? { 'Content-Type': 'application/json' } : {},
      body: body === undefined ? null : form ? body : JSON.stringify(body),
    });
  } catch {
    throw new Failure('offline', 'no answer');
  }
  const parsed = await answer.json().catch(() => null);
  if (!answer.ok) throw new Failure(parsed?.error?.code ?? 'unknown', parsed?.error?.message ?? `HTTP ${answer.status}`);
  return parsed as T;
}

let before: Promise<unknown> = Promise.resolve();

/** In the order of the person's clicks: what is switched first holds for what is written next. */
function inTurn<T>(action: () => Promise<T>): Promise<T> {
  const turn = before.then(action, action);
  before = turn;
  return turn;
}

const query = (values: Record<string, string | number | undefined>) => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') params.set(name, String(value));
  return `?${params}`;
};

export interface NewCustomer {
  name?: string;
  phone?: string;
  username?: string;
  number: string;
}

export interface FileFields {
  filename: string;
  caption?: string;
  voice?: boolean;
  /** Else the kind follows from the file's type. */
  type?: 'document' | 'sticker';
  replyTo?: string | undefined;
}

export interface Review {
  after_s: number;
  verdict: { status: string };
}

export interface Settings {
  whatsapp_cloud: { media_url_s: number };
}

export const api = {
  state: () => call<State>('GET', '/state'),
  reset: () => call<object>('POST', '/reset'),
  setFault: (name: FaultName, wish: object | null) =>
    inTurn(() => call<Faults>('PUT', '/faults', { number: null, faults: { [name]: wish } })),
  clearFaults: () => inTurn(() => call<Faults>('DELETE', '/faults')),
  clearLog: () => call<object>('DELETE', '/log'),
  flush: () => call<{ flushed: number }>('POST', '/queue/flush'),
  settings: () => call<Settings>('GET', '/settings'),
  setMediaLife: (media_url_s: number) => call<Settings>('PUT', '/settings', { whatsapp_cloud: { media_url_s } }),
  templates: (number: string) => call<{ items: Template[] }>('GET', `${CLOUD}/templates${query({ number })}`),
  judge: (id: string, wish: object) => inTurn(() => call<Template>('PATCH', `${CLOUD}/templates/${id}`, wish)),
  review: () => call<Review>('GET', `${CLOUD}/review`),
  setReview: (after_s: number, verdict: object) => call<Review>('PUT', `${CLOUD}/review`, { after_s, verdict }),
  scenarios: () => call<{ items: string[] }>('GET', `${CLOUD}/scenarios`),
  play: (number: string, name: string) => call<ScenarioRun>('POST', `${CLOUD}/scenarios/${name}`, { number }),
  move: (number: string, customer: number, phone: string) =>
    inTurn(() => call<{ id: string }>('POST', `${CLOUD}/customers/${customer}/number`, { number, phone })),
  log: () => call<{ items: LogEntry[] }>('GET', '/log?limit=200'),
  logEntry: (id: number) => call<LogEntryWhole>('GET', `/log/${id}`),
  customers: (number: string, q: string, limit: number) =>
    call<{ items: Customer[]; total: number }>('GET', `${CLOUD}/customers${query({ number, q, limit })}`),
  addCustomer: (wish: NewCustomer) => call<Customer>('POST', `${CLOUD}/customers`, wish),
  addSamples: (number: string) =>
    call<{ items: Customer[]; total: number }>('POST', `${CLOUD}/customers/samples${query({ number })}`),
  thread: (number: string, customer: number, before?: number) =>
    call<{ items: Message[]; more: boolean }>(
      'GET',
      `${CLOUD}/customers/${customer}/messages${query({ number, before, limit: 50 })}`,
    ),
  write: (number: string, customer: number, message: object) =>
    inTurn(() => call<{ id: string }>('POST', `${CLOUD}/customers/${customer}/messages`, { number, ...message })),
  writeFile: (number: string, customer: number, file: Blob, fields: FileFields) => {
    const form = new FormData();
    form.set('number', number);
    form.set('file', file, fields.filename);
    form.set('mime', file.type);
    if (fields.caption) form.set('caption', fields.caption);
    if (fields.voice) form.set('voice', 'true');
    if (fields.type) form.set('type', fields.type);
    if (fields.replyTo) form.set('reply_to', fields.replyTo);
    return inTurn(() => call<{ id: string }>('POST', `${CLOUD}/customers/${customer}/media`, form));
  },
  setWindow: (number: string, customer: number, state: WindowState) =>
    inTurn(() => call<Customer>('PUT', `${CLOUD}/customers/${customer}/window`, { number, state, hold: true })),
  crowd: (number: string, customers: number) =>
    call<CrowdReport>('POST', `${CLOUD}/crowd`, { number, customers, concurrency: 16 }),
  resend: (id: number) => call<{ status: number | null; error: string | null }>('POST', `/log/${id}/resend`),
  mediaUrl: (id: string) => `${BASE}${CLOUD}/media/${id}`,
};
