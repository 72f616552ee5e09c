/** Says in words why something did not work: our own sentence for a code we know, else the server's. */
import i18next from 'i18next';
import { ApiError, NetworkError } from '@/shared/api/client';
import { toast } from './toasts';

export function errorText(code: string, message: string, params: Record<string, unknown>): string {
  const key = `shared:errors.${code}`;
  if (i18next.exists(key)) return String(i18next.t(key as 'shared:errors.offline', params as never));
  return message || i18next.t('shared:errors.unexpected');
}

export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return errorText(error.code, error.message, error.params);
  if (error instanceof NetworkError) return i18next.t('shared:errors.offline');
  return i18next.t('shared:errors.unexpected');
}

export function showError(error: unknown): void {
  // The sign-in page is coming: it says it better.
  if (error instanceof ApiError && error.status === 401) return;
  toast(sentenceOf(error), { tone: 'error' });
}
