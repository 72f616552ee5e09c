/** What is played after a voice note. Apart from the player, whose code comes with the first note. */
import type { Id } from '@/shared/api/types';

export interface Track {
  id: Id;
  url: string;
}

let following: (id: Id) => Track | null = () => null;

/** Told by the place that knows their order. */
export function setFollowing(next: (id: Id) => Track | null): () => void {
  following = next;
  return () => {
    if (following === next) following = () => null;
  };
}

export const trackAfter = (id: Id): Track | null => following(id);
