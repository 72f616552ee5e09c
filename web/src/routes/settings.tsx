import { NotFound } from '@/app/NotFound';
import { SettingsPage } from '@/features/settings/ui/SettingsPage';
import { useCan } from '@/shared/session/session';

/** Without the permission the page does not exist, as on the server. */
export default function Settings() {
  return useCan('settings.manage') ? <SettingsPage /> : <NotFound />;
}
