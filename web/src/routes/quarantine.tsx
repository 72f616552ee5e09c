import { NotFound } from '@/app/NotFound';
import { QuarantinePage } from '@/features/channels/ui/QuarantinePage';
import { useCan } from '@/shared/session/session';

/** Without the permission the page does not exist, as on the server. */
export default function Quarantine() {
  return useCan('quarantine.manage') ? <QuarantinePage /> : <NotFound />;
}
