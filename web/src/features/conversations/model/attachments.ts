/** Which files a channel takes. Checked before anything is sent, so that the reason is shown beside the file. */
import type { Capabilities } from '@/shared/api/types';
import type { SendableKind } from '@/shared/offline/outbox';

export const MAX_FILES = 10;
const SENDABLE: SendableKind[] = ['image', 'video', 'audio', 'document'];

export type FileVerdict =
  | { ok: true; kind: SendableKind }
  | { ok: false; reason: 'tooLarge'; maxBytes: number }
  | { ok: false; reason: 'notAccepted' | 'empty' };

const accepts = (mimes: string[], mime: string): boolean =>
  mimes.some((allowed) => {
    const plain = allowed.split(';')[0]?.trim().toLowerCase() ?? '';
    return plain === '*/*' || plain === mime || (plain.endsWith('/*') && mime.startsWith(plain.slice(0, -1)));
  });

/** The kind that shows the file best and takes its type; too large for one kind may still fit as a document. */
export function judgeFile(file: { type: string; size: number }, capabilities: Capabilities): FileVerdict {
  if (file.size === 0) return { ok: false, reason: 'empty' };
  const mime = (file.type || 'application/octet-stream').split(';')[0]?.trim().toLowerCase() ?? '';
  const fitting = SENDABLE.filter((kind) => accepts(capabilities.media[kind]?.mimes ?? [], mime));
  if (fitting.length === 0) return { ok: false, reason: 'notAccepted' };
  const kind = fitting.find((held) => file.size <= (capabilities.media[held]?.max_bytes ?? 0));
  if (kind) return { ok: true, kind };
  return {
    ok: false,
    reason: 'tooLarge',
    maxBytes: Math.max(...fitting.map((held) => capabilities.media[held]?.max_bytes ?? 0)),
  };
}

/** For the file dialog. */
export const acceptedTypes = (capabilities: Capabilities): string =>
  [...new Set(SENDABLE.flatMap((kind) => capabilities.media[kind]?.mimes ?? []))]
    .map((mime) => mime.split(';')[0]?.trim())
    .join(',');
