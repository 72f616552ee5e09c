/** A voice note on its way from the microphone to the outbox. */
import type { Id } from '@/shared/api/types';
import type { Clip } from '@/shared/media/clips';
import { barsOf } from '@/shared/media/recorder';
import { voiceExtension } from '@/shared/media/voiceNote';
import { enqueue, newClientId } from '@/shared/offline/outbox';
import { takeQuoted } from './messageMenu';

/** WhatsApp's 16 MB last longer; nobody listens so long. */
export const VOICE_MAX_S = 15 * 60;
const PEAKS = 64;

export function sendClip(conversationId: Id, clip: Clip): void {
  const peaks = barsOf(clip.levels, Math.min(PEAKS, Math.max(1, clip.levels.length))).map((level) => Math.round(level * 100));
  const media = {
    localId: newClientId(),
    kind: 'audio',
    mime: clip.blob.type,
    name: `voice.${voiceExtension(clip.blob.type)}`,
    size: clip.blob.size,
    blob: clip.blob,
    attachmentId: null,
    voice: { peaks, duration: clip.duration },
  } as const;
  void enqueue({ conversationId, type: 'media', text: '', media, replyTo: takeQuoted(conversationId) });
}
