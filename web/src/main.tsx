import { createRoot } from 'react-dom/client';
import '@/shared/ui/fonts.css';
import '@/shared/ui/tokens.css';
import '@/shared/ui/mantine.css';
import '@/shared/ui/base.css';
import { App, isSessionMissing, queries } from '@/app/App';
import { beginWork } from '@/app/lifecycle';
import { applyPreferences } from '@/app/preferences';
import { ServerDown } from '@/app/ServerDown';
import { readSession } from '@/features/accounts/api';
import { startI18n } from '@/shared/i18n/i18n';

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no #root');
const root = createRoot(element);

async function start(): Promise<void> {
  const session = readSession().then(
    (found) => ({ found, error: null }),
    (error: unknown) => ({ found: null, error }),
  );
  await startI18n({ tr: () => import('@/app/i18n/tr'), en: () => import('@/app/i18n/en') });
  const { found, error } = await session;
  if (found) {
    await applyPreferences(found, null);
    beginWork(found, queries);
  } else if (!isSessionMissing(error)) {
    root.render(<ServerDown onRetry={() => void start()} />);
    return;
  }
  root.render(<App />);
}

void start();
