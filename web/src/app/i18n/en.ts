import conversations from '@/features/conversations/i18n/en.json';
import shared from '@/shared/i18n/en.json';
import app from './app.en.json';

export default { app, shared, conversations };
