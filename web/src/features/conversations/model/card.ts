/** A contact card while it is being written. */
import type { Card } from '@/shared/api/sending';

export const CARD_PHONES_MAX = 3;

export interface CardDraft {
  /** Tells one card from another while they are being written. */
  id: string;
  name: string;
  phones: string[];
  email: string;
  organization: string;
}

export const newCard = (): CardDraft => ({ id: crypto.randomUUID(), name: '', phones: [''], email: '', organization: '' });

/** Digits with the signs people put between them. */
export const isPhone = (text: string): boolean => /^\+?[\d\s().-]+$/.test(text) && text.replace(/\D/g, '').length >= 7;
export const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);

/** Null while something is missing or is not what its field asks for. */
export function cardOf(draft: CardDraft): Card | null {
  const name = draft.name.trim();
  const phones = draft.phones.map((phone) => phone.trim()).filter((phone) => phone !== '');
  const email = draft.email.trim();
  const organization = draft.organization.trim();
  if (!name || !phones.every(isPhone) || (email && !isEmail(email)) || (phones.length === 0 && !email)) return null;
  return { name, phones, ...(email && { emails: [email] }), ...(organization && { organization }) };
}
