import { createRoot } from 'react-dom/client';
import '@/shared/ui/fonts.css';
import '@/shared/ui/tokens.css';
import '@/shared/ui/base.css';
import { startI18n } from '@/shared/i18n/i18n';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

await startI18n({ tr: () => import('./app/i18n/tr'), en: () => import('./app/i18n/en') });
createRoot(root).render(<main />);
