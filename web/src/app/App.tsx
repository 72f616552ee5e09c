import { MantineProvider, useMantineColorScheme } from '@mantine/core';
import { MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, isRetryable, onUnauthorized } from '@/shared/api/client';
import { handleKey } from '@/shared/keys/registry';
import { useSession } from '@/shared/session/session';
import { lazyPart } from '@/shared/ui/lazyPart';
import { showError } from '@/shared/ui/showError';
import { resolver, theme } from '@/shared/ui/theme';
import { endWork } from './lifecycle';
import { schemes, setThemeApplier } from './preferences';
import { router } from './router';

const Floating = lazyPart(() => import('./shell/Floating'));

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 60_000, retry: (count, error) => count < 3 && isRetryable(error), refetchOnWindowFocus: false },
  },
  mutationCache: new MutationCache({
    // `quiet`: the place that asked says it itself, and for as long as it is true.
    onError: (error, _variables, _result, mutation) => {
      if (!mutation.meta?.quiet) showError(error);
    },
  }),
});

onUnauthorized(() => {
  if (!useSession.getState().session) return;
  const back = router.state.location.href;
  void endWork(queries, true).then(() => router.navigate({ to: '/sign-in', search: { back }, replace: true }));
});

function ThemeBridge() {
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => setThemeApplier(setColorScheme), [setColorScheme]);
  return null;
}

function Overlays() {
  const { t } = useTranslation('app');
  return <section id="overlays" aria-label={t('overlays')} />;
}

export function App() {
  useEffect(() => {
    document.addEventListener('keydown', handleKey);
    return () => document.removeEventListener('keydown', handleKey);
  }, []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolver} colorSchemeManager={schemes} defaultColorScheme="auto">
      <ThemeBridge />
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Suspense>
          <Floating />
        </Suspense>
        <Overlays />
      </QueryClientProvider>
    </MantineProvider>
  );
}

export const isSessionMissing = (error: unknown): boolean => error instanceof ApiError && error.status === 401;
