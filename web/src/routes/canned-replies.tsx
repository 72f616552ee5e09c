import { NotFound } from '@/app/NotFound';
import { CannedPage } from '@/features/canned/ui/CannedPage';
import { useCan } from '@/shared/session/session';

/** Without the permission the page does not exist, as on the server. */
export default function CannedReplies() {
  return useCan('canned_replies.manage') ? <CannedPage /> : <NotFound />;
}
