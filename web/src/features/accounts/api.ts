import { answer, api } from '@/shared/api/client';

export interface Credentials {
  firm: string;
  user: string;
  password: string;
}

export const signIn = (body: Credentials) => answer(api.POST('/api/v1/session', { body }));
export const signOut = () => answer(api.DELETE('/api/v1/session'));
export const readSession = () => answer(api.GET('/api/v1/session'));
