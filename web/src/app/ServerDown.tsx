import { MantineProvider } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ErrorBar } from '@/shared/ui/states';
import { resolver, theme } from '@/shared/ui/theme';
import { schemes } from './preferences';

/** The page came (from the cache of a proxy, say) but the server behind it does not answer. */
export function ServerDown({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation('app');
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolver} colorSchemeManager={schemes} defaultColorScheme="auto">
      <main style={{ maxInlineSize: 480, margin: '20vh auto 0' }}>
        <h1 className="visually-hidden">Invekto</h1>
        <ErrorBar onRetry={onRetry}>{t('serverDown')}</ErrorBar>
      </main>
    </MantineProvider>
  );
}
