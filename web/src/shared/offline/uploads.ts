/** Files on their way to the server. An upload begins when a file is chosen and is shared by the tray and the outbox. */

import { create } from 'zustand';
import type { Upload } from '@/shared/api/types';
import { uploadFile } from '@/shared/api/upload';

/** Share of each upload, 0 to 1, by the local id of its file. */
export const useUploads = create<Record<string, number>>(() => ({}));

const running = new Map<string, { done: Promise<Upload>; stop: AbortController }>();

export function startUpload(localId: string, file: Blob, name: string): Promise<Upload> {
  const held = running.get(localId);
  if (held) return held.done;
  const stop = new AbortController();
  const done = uploadFile(file, name, (share) => useUploads.setState({ [localId]: share }), stop.signal).then(
    (upload) => {
      useUploads.setState({ [localId]: 1 });
      return upload;
    },
    (error: unknown) => {
      running.delete(localId); // The next start is a new try.
      throw error;
    },
  );
  running.set(localId, { done, stop });
  return done;
}

export function forgetUpload(localId: string): void {
  running.get(localId)?.stop.abort();
  running.delete(localId);
  useUploads.setState((state) => Object.fromEntries(Object.entries(state).filter(([id]) => id !== localId)), true);
}
