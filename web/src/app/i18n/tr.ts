import accounts from '@/features/accounts/i18n/tr.json';
import channels from '@/features/channels/i18n/tr.json';
import contacts from '@/features/contacts/i18n/tr.json';
import conversations from '@/features/conversations/i18n/tr.json';
import shared from '@/shared/i18n/tr.json';
import app from './app.tr.json';

export default { app, shared, accounts, conversations, contacts, channels };
