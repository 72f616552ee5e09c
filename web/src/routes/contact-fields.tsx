import { NotFound } from '@/app/NotFound';
import { FieldsPage } from '@/features/contacts/ui/FieldsPage';
import { useCan } from '@/shared/session/session';

/** Without the permission the page does not exist, as on the server. */
export default function ContactFields() {
  return useCan('contact_fields.manage') ? <FieldsPage /> : <NotFound />;
}
