/** Recorded clips by themselves, without the code that records. */

export interface Clip {
  blob: Blob;
  /** Seconds. */
  duration: number;
  /** Loudness of each tenth of a second, 0 to 1. */
  levels: number[];
}

export const canRecord = (): boolean =>
  typeof MediaRecorder !== 'undefined' && typeof navigator.mediaDevices?.getUserMedia === 'function';

/** What was said in a conversation that was left before sending: it waits there to be heard and sent. */
const kept = new Map<string, Clip>();

export const keepClip = (conversationId: string, clip: Clip): void => void kept.set(conversationId, clip);
export const hasClip = (conversationId: string): boolean => kept.has(conversationId);

export function takeClip(conversationId: string): Clip | null {
  const clip = kept.get(conversationId) ?? null;
  kept.delete(conversationId);
  return clip;
}
