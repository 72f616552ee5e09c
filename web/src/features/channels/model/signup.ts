/** Meta's sign-up dialog in a window of its own: its events come from its window, its code through the page it ends at. */
import { currentLocale } from '@/shared/i18n/i18n';
import type { SignupSettings } from '../api';

export type SignupOutcome =
  | { kind: 'done'; code: string; phoneNumberId: string | null; wabaId: string | null; onPhone: boolean }
  | { kind: 'cancelled' }
  | { kind: 'failed'; message: string }
  | { kind: 'blocked' };

interface Ended {
  state: string | null;
  code: string | null;
  error: string | null;
}

interface SignupEvent {
  event: string;
  data: { phone_number_id?: string; waba_id?: string; error_message?: string };
}

const CHANNEL = 'invekto.signup';
const CLOSED_EVERY_MS = 400;
/** The end may be told a moment after the window has closed. */
const LATE_MS = 1500;
const ON_PHONE_EVENT = 'FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING';

export function openSignup(settings: SignupSettings, onPhone: boolean): Promise<SignupOutcome> {
  const state = crypto.randomUUID();
  const url = dialogUrl(settings, state, onPhone);
  const dialog = window.open(url, 'invekto-signup', 'popup,width=680,height=760');
  if (!dialog) return Promise.resolve({ kind: 'blocked' });
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL);
    let said: SignupEvent | null = null;
    let closedAt = 0;

    const end = (outcome: SignupOutcome) => {
      clearInterval(timer);
      channel.close();
      window.removeEventListener('message', listen);
      resolve(outcome);
    };
    const listen = (message: MessageEvent) => {
      if (isFrom(message.origin, url)) said = eventOf(message.data) ?? said;
    };
    channel.onmessage = ({ data }: MessageEvent<Ended>) => {
      if (data.state !== state) return;
      if (said?.event === 'CANCEL' || data.error === 'access_denied') end({ kind: 'cancelled' });
      else if (!data.code) end({ kind: 'failed', message: said?.data.error_message ?? '' });
      else
        end({
          kind: 'done',
          code: data.code,
          phoneNumberId: said?.data.phone_number_id ?? null,
          wabaId: said?.data.waba_id ?? null,
          onPhone: said ? said.event === ON_PHONE_EVENT : onPhone,
        });
    };
    const timer = setInterval(() => {
      if (!dialog.closed) return;
      closedAt ||= Date.now();
      if (Date.now() - closedAt > LATE_MS) end({ kind: 'cancelled' });
    }, CLOSED_EVERY_MS);
    window.addEventListener('message', listen);
  });
}

/** On the page that the dialog ends at: hands over and closes the window. */
export function handOver(search: string): void {
  const query = new URLSearchParams(search);
  const ended: Ended = { state: query.get('state'), code: query.get('code'), error: query.get('error') };
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(ended);
  channel.close();
  window.close();
}

export function dialogUrl(settings: SignupSettings, state: string, onPhone: boolean): string {
  const url = new URL(settings.sandbox_url ?? `https://www.facebook.com/${settings.graph_version}/dialog/oauth`);
  const extras = {
    setup: {},
    featureType: onPhone ? 'whatsapp_business_app_onboarding' : '',
    sessionInfoVersion: '3',
  };
  const query = {
    client_id: settings.app_id ?? '',
    config_id: settings.config_id ?? '',
    redirect_uri: settings.redirect_uri,
    response_type: 'code',
    override_default_response_type: 'true',
    display: 'popup',
    locale: currentLocale() === 'tr' ? 'tr_TR' : 'en_US',
    extras: JSON.stringify(extras),
    state,
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** Only the dialog's own site is believed; Meta's dialog moves between hosts of facebook.com. */
export function isFrom(origin: string, dialog: string): boolean {
  const { origin: own, hostname } = new URL(dialog);
  if (origin === own) return true;
  return hostname.endsWith('facebook.com') && /^https:\/\/([a-z0-9-]+\.)*facebook\.com$/.test(origin);
}

export function eventOf(raw: unknown): SignupEvent | null {
  try {
    const parsed = typeof raw === 'string' ? JSON.parse(raw) : raw;
    if (parsed?.type !== 'WA_EMBEDDED_SIGNUP' || typeof parsed.event !== 'string') return null;
    return { event: parsed.event, data: parsed.data ?? {} };
  } catch {
    // Other scripts of Facebook's window post texts that are no JSON.
    return null;
  }
}
