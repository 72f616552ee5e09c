/** Begins and ends what belongs to one signed-in user: live data, unsent messages, drafts, the socket. */
import type { QueryClient } from '@tanstack/react-query';
import type { Session } from '@/shared/api/types';
import { closeUserDb, openUserDb, table } from '@/shared/offline/db';
import { forgetDrafts, pushDirtyDrafts } from '@/shared/offline/drafts';
import { closeOutbox, resumeOutbox, useOutbox, wakeOutbox } from '@/shared/offline/outbox';
import { onResync, startSocket, stopSocket, useConnection } from '@/shared/realtime/socket';
import { resetLive } from '@/shared/realtime/store';
import { clearSearches } from '@/shared/session/searches';
import { signedIn, signedOut, useSession } from '@/shared/session/session';

let stops: (() => void)[] = [];

export function beginWork(session: Session, queries: QueryClient): void {
  openUserDb(session.user.id);
  resetLive(session.user.id);
  signedIn(session);
  startSocket();
  void resumeOutbox();
  void pushDirtyDrafts();
  stops = [
    onResync(() => {
      resetLive(session.user.id);
      void queries.invalidateQueries();
    }),
    useConnection.subscribe((now, before) => {
      if (now.phase !== 'live' || before.phase === 'live') return;
      wakeOutbox();
      void pushDirtyDrafts();
    }),
  ];
}

/**
 * `ended`: the server ended the session in the middle of work; unsent words stay in this browser for the same user.
 * Otherwise the user signed out: nothing of him stays.
 */
export async function endWork(queries: QueryClient, ended: boolean): Promise<void> {
  for (const stop of stops) stop();
  stops = [];
  stopSocket();
  if (!ended) {
    await table('drafts').clear();
    await table('outbox').clear();
    const user = useSession.getState().session?.user;
    if (user) clearSearches(user.id);
  }
  closeOutbox();
  forgetDrafts();
  await closeUserDb();
  resetLive(null);
  queries.clear();
  signedOut(ended);
}

export const unsentCount = (): number => useOutbox.getState().items.length;
