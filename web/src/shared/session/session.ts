/** Who is signed in. Every part of the client reads it from here; only sign-in, sign-out and a 401 change it. */
import { create } from 'zustand';
import { answer, api } from '@/shared/api/client';
import type { Session, Theme } from '@/shared/api/types';
import { type Locale, setLocale } from '@/shared/i18n/i18n';

interface SessionState {
  session: Session | null;
  /** Set by a 401 in the middle of work: the sign-in page says why it is shown. */
  ended: boolean;
}

export const useSession = create<SessionState>(() => ({ session: null, ended: false }));

export function signedIn(session: Session): void {
  useSession.setState({ session, ended: false });
}

export function signedOut(ended: boolean): void {
  useSession.setState({ session: null, ended });
}

/** For what is only shown to somebody who is signed in. */
export function useMe(): Session {
  const session = useSession((state) => state.session);
  if (!session) throw new Error('used outside of a session');
  return session;
}

export const currentZone = (): string => useSession.getState().session?.tenant.timezone ?? 'Europe/Istanbul';

export const useCan = (permission: string): boolean =>
  useSession((state) => state.session?.user.permissions.includes(permission) ?? false);

/** Shown at once; kept on the server for the user's other devices. */
export async function savePreference(change: { locale?: Locale; theme?: Theme }): Promise<void> {
  if (change.locale) await setLocale(change.locale);
  const session = await answer(api.PATCH('/api/v1/session/user', { body: change }));
  useSession.setState({ session });
}
