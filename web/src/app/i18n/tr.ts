import conversations from '@/features/conversations/i18n/tr.json';
import shared from '@/shared/i18n/tr.json';
import app from './app.tr.json';

export default { app, shared, conversations };
