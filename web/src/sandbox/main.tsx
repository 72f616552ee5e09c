import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/shared/ui/fonts.css';
import '@/shared/ui/tokens.css';
import '@/shared/ui/base.css';
import './sandbox.css';
import { startLocale } from './i18n';
import { App } from './ui/App';

startLocale();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
