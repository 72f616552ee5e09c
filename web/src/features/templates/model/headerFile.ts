/** The file of a template's header: checked against what the channel takes, uploaded when it is chosen, forgotten when it is not sent. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Channel, Id } from '@/shared/api/types';
import { newClientId } from '@/shared/offline/outbox';
import { forgetUpload, startUpload, useUploads } from '@/shared/offline/uploads';
import { sentenceOf } from '@/shared/ui/showError';
import type { MediaHeader } from './template';

export type FileRefusal = { reason: 'empty' | 'type' } | { reason: 'size'; maxBytes: number };

export interface HeaderFile {
  localId: string;
  name: string;
  size: number;
  /** A picture to look at; null for other kinds. */
  url: string | null;
  attachmentId: Id | null;
  /** Why it cannot be sent: our own check, or the server's sentence. */
  refusal: FileRefusal | null;
  problem: string | null;
}

const plain = (mime: string) => mime.split(';')[0]?.trim().toLowerCase() ?? '';

export const acceptOf = (channel: Channel | undefined, kind: MediaHeader): string =>
  (channel?.capabilities.media[kind]?.mimes ?? []).map(plain).join(',');

export function refusalOf(
  file: { type: string; size: number },
  kind: MediaHeader,
  channel: Channel | undefined,
): FileRefusal | null {
  if (file.size === 0) return { reason: 'empty' };
  const limit = channel?.capabilities.media[kind];
  if (!limit) return null; // The server decides.
  if (!limit.mimes.some((mime) => plain(mime) === '*/*' || plain(mime) === plain(file.type))) return { reason: 'type' };
  return file.size > limit.max_bytes ? { reason: 'size', maxBytes: limit.max_bytes } : null;
}

export function useHeaderFile(channel: Channel | undefined, kind: MediaHeader | null) {
  const [file, setFile] = useState<HeaderFile | null>(null);
  const latest = useRef<HeaderFile | null>(null);
  const share = useUploads((state) => (file ? (state[file.localId] ?? 0) : 0));

  const drop = useCallback(() => {
    const held = latest.current;
    if (held) {
      forgetUpload(held.localId);
      if (held.url) URL.revokeObjectURL(held.url);
    }
    latest.current = null;
    setFile(null);
  }, []);
  useEffect(() => drop, [drop]);

  const choose = (chosen: File) => {
    if (!kind) return;
    drop();
    const refusal = refusalOf(chosen, kind, channel);
    const made: HeaderFile = {
      localId: newClientId(),
      name: chosen.name,
      size: chosen.size,
      url: kind === 'image' && !refusal ? URL.createObjectURL(chosen) : null,
      attachmentId: null,
      refusal,
      problem: null,
    };
    const keep = (change: Partial<HeaderFile>) => {
      if (latest.current?.localId !== made.localId) return;
      latest.current = { ...latest.current, ...change };
      setFile(latest.current);
    };
    latest.current = made;
    setFile(made);
    if (refusal) return;
    startUpload(made.localId, chosen, chosen.name).then(
      (upload) => keep({ attachmentId: upload.id }),
      (error: unknown) => keep({ problem: sentenceOf(error) }),
    );
  };

  return { file, share, choose, drop };
}
