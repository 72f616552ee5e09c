/** Everything the page shows, in one store; the socket and the control API write into it. */
import { create } from 'zustand';
import { api, Failure } from './api';
import { Live } from './live';
import type { Shown } from './thread';
import type {
  BusinessNumber,
  Changes,
  CrowdReport,
  Customer,
  Faults,
  LogEntry,
  Message,
  ScenarioRun,
  Waiting,
  WindowState,
} from './types';

const LOG_KEPT = 300;
const PAGE = 100;

export type Tab = 'customers' | 'phone' | 'controls' | 'templates' | 'log';
export interface Draft {
  kind: 'reply' | 'edit';
  message: Shown;
}

interface Page {
  phase: 'loading' | 'ready' | 'failed';
  connected: boolean;
  numbers: BusinessNumber[];
  webhookUrl: string | null;
  number: string;
  customers: Customer[];
  total: number;
  query: string;
  limit: number;
  selected: number | null;
  thread: Message[];
  threadPhase: 'loading' | 'ready' | 'failed';
  more: boolean;
  typingUntil: number;
  faults: Faults;
  log: LogEntry[];
  logSkipped: number;
  logPaused: boolean;
  crowd: CrowdReport | null;
  waiting: Waiting;
  playing: ScenarioRun | null;
  /** Counts what was told about templates. */
  templatesTurn: number;
  /** What the next message answers or changes. */
  draft: Draft | null;
  tab: Tab;
  problem: Failure | null;
}

const nothing: Page = {
  phase: 'loading',
  connected: false,
  numbers: [],
  webhookUrl: null,
  number: '',
  customers: [],
  total: 0,
  query: '',
  limit: PAGE,
  selected: null,
  thread: [],
  threadPhase: 'ready',
  more: false,
  typingUntil: 0,
  faults: { global: {}, numbers: {} },
  log: [],
  logSkipped: 0,
  logPaused: false,
  crowd: null,
  waiting: { total: 0, items: [] },
  playing: null,
  templatesTurn: 0,
  draft: null,
  tab: 'customers',
  problem: null,
};

export const usePage = create<Page>(() => nothing);

const get = usePage.getState;
const set = usePage.setState;

const live = new Live({
  changes: hear,
  connected: () => {
    set({ connected: true });
    void load();
  },
  disconnected: () => set({ connected: false, phase: get().phase === 'loading' ? 'failed' : get().phase }),
});

// What this tab has opened before a reload stays in its hands.
const OPENED = 'invekto.sandbox.opened';
const opened = new Map<string, Set<number>>(
  Object.entries(JSON.parse(sessionStorage.getItem(OPENED) ?? '{}') as Record<string, number[]>).map(([number, ids]) => [
    number,
    new Set(ids),
  ]),
);

function tellView(): void {
  const { number, selected, tab } = get();
  if (!number) return;
  const mine = opened.get(number) ?? new Set<number>();
  if (selected !== null) mine.add(selected);
  opened.set(number, mine);
  sessionStorage.setItem(OPENED, JSON.stringify(Object.fromEntries([...opened].map(([key, ids]) => [key, [...ids]]))));
  const onScreen = document.visibilityState === 'visible' && (tab === 'phone' || !narrow());
  live.show({ number, customer: selected, visible: selected !== null && onScreen, opened: [...mine] });
}

export const narrow = () => matchMedia('(width < 760px)').matches;

export function start(): () => void {
  const params = new URLSearchParams(location.search);
  const selected = Number(params.get('customer')) || null;
  set({ number: params.get('number') ?? '', selected, tab: selected === null ? 'customers' : 'phone' });
  document.addEventListener('visibilitychange', tellView);
  addEventListener('resize', tellView);
  live.open();
  return () => {
    document.removeEventListener('visibilitychange', tellView);
    removeEventListener('resize', tellView);
    live.close();
  };
}

export const retry = () => live.retry();

async function load(): Promise<void> {
  const seen = clicks;
  await guarded(async () => {
    const [state, log] = await Promise.all([api.state(), api.log()]);
    const channel = state.channels.find((one) => one.kind === 'whatsapp_cloud');
    const numbers = channel?.numbers ?? [];
    const known = numbers.some((one) => one.phone_number_id === get().number);
    const number = known ? get().number : (numbers[0]?.phone_number_id ?? '');
    set({ phase: 'ready', numbers, number, webhookUrl: channel?.webhook_url ?? null, log: log.items, waiting: state.waiting });
    if (clicks === seen) putFaults(state.faults);
    await Promise.all([loadCustomers(), loadThread()]);
    tellView();
  });
  if (get().phase === 'loading') set({ phase: 'failed' });
}

export async function loadCustomers(): Promise<void> {
  const { number, query, limit } = get();
  const seen = clicks;
  await guarded(async () => {
    const found = await api.customers(number, query, limit);
    if (get().number !== number || get().query !== query) return;
    if (clicks === seen) set({ customers: found.items.map(asWished), total: found.total });
    else await loadCustomers();
  });
}

async function loadThread(): Promise<void> {
  const { number, selected } = get();
  if (selected === null) return;
  const here = () => get().number === number && get().selected === selected;
  try {
    const found = await api.thread(number, selected);
    if (here()) set((page) => ({ thread: merge(page.thread, found.items), more: found.more, threadPhase: 'ready' }));
  } catch (error) {
    if (!here()) return;
    // A customer that a reset has taken away is no error: nobody is selected then.
    if (error instanceof Failure && error.code === 'not_found') select(null);
    else set({ threadPhase: 'failed' });
  }
}

export const reloadThread = () => {
  set({ threadPhase: 'loading' });
  return loadThread();
};

export async function loadOlder(): Promise<void> {
  const { number, selected, thread } = get();
  if (selected === null) return;
  await guarded(async () => {
    const found = await api.thread(number, selected, thread[0]?.seq);
    if (get().number === number && get().selected === selected)
      set((page) => ({ thread: merge(found.items, page.thread), more: found.more }));
  });
}

export function select(customer: number | null): void {
  const same = customer === get().selected;
  set({
    selected: customer,
    tab: customer === null ? 'customers' : 'phone',
    ...(same
      ? {}
      : { draft: null, thread: [], more: false, typingUntil: 0, threadPhase: customer === null ? 'ready' : 'loading' }),
  });
  remember();
  tellView();
  if (!same) void loadThread();
}

export function chooseNumber(number: string): void {
  set({ number, customers: [], total: 0, thread: [], selected: null, query: '', limit: PAGE, tab: 'customers' });
  remember();
  tellView();
  void loadCustomers();
}

export function showTab(tab: Tab): void {
  set({ tab });
  tellView();
}

export function search(query: string): void {
  set({ query, limit: PAGE });
  void loadCustomers();
}

export function showMore(): void {
  set({ limit: get().limit + PAGE });
  void loadCustomers();
}

function remember(): void {
  const { number, selected } = get();
  const params = new URLSearchParams({ number });
  if (selected !== null) params.set('customer', String(selected));
  history.replaceState(null, '', `?${params}`);
}

/** Runs an action; what goes wrong is shown at the top. Gives whether it went well. */
export async function guarded(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    set({ problem: error });
    return false;
  }
}

export const dismissProblem = () => set({ problem: null });
export const pauseLog = (logPaused: boolean) => set({ logPaused });
export const setDraft = (draft: Draft | null) => set({ draft });
export const clearLog = () => guarded(api.clearLog);
export const play = (name: string) =>
  guarded(async () => {
    const run = await api.play(get().number, name);
    // The socket may have told more by now.
    if (get().playing?.id !== run.id) set({ playing: run });
  });
/** The answer to the click; the socket may have told more of the same run by then. */
export const putCrowd = (crowd: CrowdReport) => set((page) => (page.crowd?.id === crowd.id ? {} : { crowd }));

// A switch moves at once. What the sandbox says meanwhile may be from before the click and must not move it back.
let clicks = 0;
let faultsUnderWay = 0;
const wishedWindows = new Map<number, WindowState>();

function putFaults(faults: Faults): void {
  if (faultsUnderWay === 0) set({ faults });
}

/** Back to what was when the sandbox refuses. */
export async function changeFaults(wish: Faults, ask: () => Promise<Faults>): Promise<void> {
  const before = get().faults;
  let after = before;
  clicks += 1;
  faultsUnderWay += 1;
  set({ faults: wish });
  await guarded(async () => {
    after = await ask();
  });
  faultsUnderWay -= 1;
  putFaults(after);
}

/** The same for the window of one customer. */
export async function changeWindow(customer: Customer, state: WindowState): Promise<void> {
  const { number } = get();
  let after = customer;
  wishedWindows.set(customer.id, state);
  putCustomer(customer);
  await guarded(async () => {
    after = await api.setWindow(number, customer.id, state);
  });
  if (wishedWindows.get(customer.id) === state) wishedWindows.delete(customer.id);
  putCustomer(after);
}

function asWished(customer: Customer): Customer {
  const state = wishedWindows.get(customer.id);
  return state ? { ...customer, window: { ...customer.window, state, hold: state === 'open' ? null : state } } : customer;
}

export function putCustomer(customer: Customer): void {
  clicks += 1;
  set((page) => ({ ...upsert(page, [customer]) }));
}

// Whoever a scenario brings is taken up once; after that the person chooses.
let shownFor: number | null = null;

function hear(frame: Changes): void {
  set((page) => {
    const next: Partial<Page> = { waiting: frame.waiting };
    if (frame.number === page.number) {
      if (frame.customers?.length) Object.assign(next, upsert(page, frame.customers));
      if (frame.messages?.length && frame.customer === page.selected) {
        next.thread = merge(page.thread, frame.messages);
        if (frame.messages.some((one) => one.direction === 'business')) next.typingUntil = 0;
      }
    }
    if (frame.log.length && !page.logPaused) {
      next.log = [...frame.log.toReversed(), ...page.log].slice(0, LOG_KEPT);
      next.logSkipped = page.logSkipped + frame.log_skipped;
    }
    for (const notice of frame.notices) {
      if (notice.type === 'faults' && faultsUnderWay === 0) next.faults = notice.faults;
      if (notice.type === 'crowd') next.crowd = notice.report;
      if (notice.type === 'templates') next.templatesTurn = page.templatesTurn + 1;
      if (notice.type === 'scenario') next.playing = notice.run;
      if (notice.type === 'log_cleared') Object.assign(next, { log: [], logSkipped: 0 });
      if (notice.type === 'typing' && notice.number === page.number && notice.customer === page.selected)
        next.typingUntil = notice.until * 1000;
    }
    return next;
  });
  const run = get().playing;
  if (run?.customer && run.customer !== shownFor && run.number === get().number) {
    shownFor = run.customer;
    select(run.customer);
  }
  if (frame.notices.some((notice) => notice.type === 'reset')) {
    opened.clear();
    set({ thread: [], log: [], crowd: null, playing: null });
    select(null);
    void load();
  } else if (frame.reload && frame.number === get().number) void loadCustomers();
}

function upsert(page: Page, rows: Customer[]): Pick<Page, 'customers' | 'total'> {
  const byId = new Map(page.customers.map((one) => [one.id, one]));
  let total = page.total;
  for (const row of rows) {
    // A search or a crowd's newcomer beyond the page is not pushed into the list.
    if (!byId.has(row.id)) {
      if (page.query || (row.last_at === null && row.group !== 'person')) continue;
      total += 1;
    }
    byId.set(row.id, asWished(row));
  }
  const customers = [...byId.values()].sort((a, b) => (b.last_at ?? 0) - (a.last_at ?? 0) || a.id - b.id);
  return { customers, total };
}

function merge(old: Message[], fresh: Message[]): Message[] {
  const bySeq = new Map(old.map((one) => [one.seq, one]));
  for (const one of fresh) bySeq.set(one.seq, one);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
