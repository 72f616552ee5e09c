/** What the desk knows of a number, asked once it is whole and the fingers rest. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, isRetryable } from '@/shared/api/client';
import type { Id } from '@/shared/api/types';
import { checkPhone } from '../api';

const REST_MS = 300;

export function usePhoneCheck(channelId: Id | undefined, e164: string | null) {
  const [rested, setRested] = useState(e164);
  useEffect(() => {
    const timer = setTimeout(() => setRested(e164), REST_MS);
    return () => clearTimeout(timer);
  }, [e164]);
  const current = rested === e164 ? e164 : null;
  const check = useQuery({
    queryKey: ['phoneCheck', channelId, current],
    queryFn: ({ signal }) => checkPhone(channelId ?? '', current ?? '', signal),
    enabled: channelId !== undefined && current !== null,
    // A colleague may have written a moment ago.
    staleTime: 0,
    gcTime: 0,
    retry: (count, error) => count < 2 && isRetryable(error),
  });
  return { check, known: current ? check.data : undefined, refused: current ? refusalOf(check.error) : null };
}

/** Why the server does not take the number. */
export function refusalOf(error: unknown): 'wrong_format' | 'not_mobile' | null {
  if (!(error instanceof ApiError)) return null;
  const code = error.fields.find(({ path }) => path === 'phone')?.code;
  return code === 'not_mobile' ? 'not_mobile' : code ? 'wrong_format' : null;
}
