import { useQueryClient } from '@tanstack/react-query';
import { ApiError } from '@/shared/api/client';
import type { Contact, ContactField, FieldValue, Id } from '@/shared/api/types';
import { showError } from '@/shared/ui/showError';
import { contactKey, fillField } from '../api';

/** `was`: what stood there when the editor was opened. The code of what is wrong with the value, else null. */
export type Fill = (field: ContactField, value: FieldValue | null, was: FieldValue | undefined) => Promise<string | null>;

/** Sets a field: shown at once, and taken back if the server does not take it. */
export function useFillField(contactId: Id): Fill {
  const queries = useQueryClient();
  const key = contactKey(contactId);
  const put = (fieldKey: string, value: FieldValue | null | undefined, masked: boolean) =>
    queries.setQueryData<Contact>(key, (card) => {
      if (!card) return card;
      const { [fieldKey]: _, ...others } = card.fields;
      return {
        ...card,
        fields: value === null || value === undefined ? others : { ...others, [fieldKey]: value },
        masked_fields: [...card.masked_fields.filter((one) => one !== fieldKey), ...(masked ? [fieldKey] : [])],
      };
    });
  return async (field, value, was) => {
    await queries.cancelQueries({ queryKey: key, exact: true });
    const card = queries.getQueryData<Contact>(key);
    const before = card?.fields[field.key] ?? null;
    const wasMasked = card?.masked_fields.includes(field.key) ?? false;
    put(field.key, value, false);
    try {
      const now = await fillField(contactId, field.key, value, was ?? null);
      put(field.key, now.fields[field.key], now.masked_fields.includes(field.key));
      return null;
    } catch (error) {
      put(field.key, before, wasMasked);
      const refused = error instanceof ApiError && error.status === 422 ? error.fields[0]?.code : undefined;
      if (refused) return refused;
      showError(error);
      void queries.invalidateQueries({ queryKey: key });
      return null;
    }
  };
}
