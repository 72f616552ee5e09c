/** What is being looked for in the open thread. `query` is folded; the texts of the thread mark it. */
import { create } from 'zustand';
import type { Id } from '@/shared/api/types';

export const useFind = create<{ openIn: Id | null; query: string }>(() => ({ openIn: null, query: '' }));

export const openFind = (id: Id): void => useFind.setState({ openIn: id, query: '' });
export const closeFind = (): void => useFind.setState({ openIn: null, query: '' });
