/** The message that an address leads to. The thread goes there once it is shown, and forgets it. */
import { create } from 'zustand';
import type { Id } from '@/shared/api/types';

interface Arrival {
  conversationId: Id;
  id: Id;
  seq: number;
}

export const useArrival = create<{ at: Arrival | null }>(() => ({ at: null }));

export const arriveAt = (at: Arrival): void => useArrival.setState({ at });
export const arrived = (): void => useArrival.setState({ at: null });
