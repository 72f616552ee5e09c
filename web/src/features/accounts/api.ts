import { request } from '@/shared/api/client';
import type { Session } from '@/shared/api/types';

export interface Credentials {
  firm: string;
  user: string;
  password: string;
}

export const signIn = (credentials: Credentials) => request<Session>('POST', '/session', { body: credentials });
export const signOut = () => request<void>('DELETE', '/session');
export const readSession = () => request<Session>('GET', '/session', { timeoutMs: 10_000 });
