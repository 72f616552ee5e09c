import { NotFound } from '@/app/NotFound';
import { ChannelsPage } from '@/features/channels/ui/ChannelsPage';
import { useCan } from '@/shared/session/session';

/** Without the permission the page does not exist, as on the server. */
export default function Channels() {
  return useCan('channels.manage') ? <ChannelsPage /> : <NotFound />;
}
